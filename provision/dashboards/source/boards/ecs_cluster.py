"""An ECS cluster: what it has, what its tasks do, whether autoscaling follows the load."""

from layout import dashboard, link_to, row
from panels import Column, fixed_color, stat, table, timeseries
from style import BYTES, BYTES_PER_SECOND, NUMBER, OK, PERCENT, WARNING, steps
from variables import cluster, datasource

CLUSTER = 'cluster="$cluster"'
RUNNING, DESIRED = f"ecs_running_tasks{{{CLUSTER}}}", f"ecs_desired_tasks{{{CLUSTER}}}"
VCPUS, MEMORY = f"ecs_reserved_vcpus{{{CLUSTER}}}", f"ecs_reserved_memory_bytes{{{CLUSTER}}}"
CPU_PERCENT, MEMORY_PERCENT = f"ecs_cpu_utilization{{{CLUSTER}}}", f"ecs_memory_utilization{{{CLUSTER}}}"
USED_VCPUS = f"sum({CPU_PERCENT} / 100 * on (service, cluster) {VCPUS})"
USED_MEMORY = f"sum({MEMORY_PERCENT} / 100 * on (service, cluster) {MEMORY})"
SCALED = f"sum by (service) (changes({DESIRED.replace('}', '}[1h]')}))"
RESERVED = fixed_color("reserved|wanted", "super-light-blue")


def by_service(metric):
    """One value a service: it is what a table joins by."""
    return f"sum by (service) ({metric})"


def board():
    return dashboard(
        "rounds-ecs-cluster",
        "ECS Cluster",
        "What does the cluster run, how much of it is used, and does it follow the load? Needs Container Insights.",
        [datasource(), cluster()],
        [
            row(
                None,
                4,
                stat("Services", "With at least one running task.", 4, [(f"count({RUNNING} > 0)", "services")], NUMBER),
                stat("Running tasks", "Of all services of the cluster.", 4, [(f"sum({RUNNING})", "running")], NUMBER),
                stat("Missing tasks", "Wanted and not running. `rounds run bad-deploy`.", 4, [(f"sum(({DESIRED} - {RUNNING}) >= 0)", "missing")], NUMBER, steps=steps(OK, (1, WARNING))),
                stat("Reserved vCPUs", "What AWS bills, used or not.", 4, [(f"sum({VCPUS})", "vCPUs")], NUMBER),
                stat("Reserved memory", "What AWS bills, used or not.", 4, [(f"sum({MEMORY})", "memory")], BYTES),
                stat("CPU in use", "Of all reserved vCPUs together.", 4, [(f"100 * {USED_VCPUS} / sum({VCPUS})", "used")], PERCENT, decimals=0),
            ),
            row(
                "Use",
                9,
                timeseries("CPU reserved and used", "Reserved, and of that in use. The distance between them is paid for and idle.", 12, [(f"sum({VCPUS})", "reserved"), (USED_VCPUS, "used")], NUMBER, overrides=[RESERVED], decimals=2),
                timeseries("Memory reserved and used", "Reserved, and of that in use.", 12, [(f"sum({MEMORY})", "reserved"), (USED_MEMORY, "used")], BYTES, overrides=[RESERVED]),
            ),
            row(
                "Tasks",
                9,
                timeseries("Running tasks", "By service.", 8, [(by_service(RUNNING), "{{service}}")], NUMBER, stacked=True, stepped=True, decimals=0),
                timeseries("Missing tasks", "Wanted and not running. For a moment during a deployment; for longer they cannot start or do not stay.", 8, [(by_service(f"({DESIRED} - {RUNNING}) >= 0"), "{{service}}")], NUMBER, alert="ServiceTasksMissing", stepped=True, decimals=0),
                timeseries("New tasks", "Tasks that were not there five minutes before, by service.", 8, [(by_service(f"clamp_min({RUNNING} - {RUNNING} offset 5m, 0)"), "{{service}}")], NUMBER, stepped=True, decimals=0),
            ),
            row(
                "Autoscaling",
                9,
                timeseries("Wanted tasks", "What autoscaling, or a person, asks for.", 8, [(by_service(DESIRED), "{{service}}")], NUMBER, stepped=True, decimals=0),
                timeseries("CPU", "In percent of the reservation: what most scaling policies follow.", 8, [(f"max by (service) ({CPU_PERCENT})", "{{service}}")], PERCENT, alert="HighCPUUsage"),
                timeseries("Scaled in the last hour", "How often the number of wanted tasks changed. Many changes mean a policy that swings.", 8, [(SCALED, "{{service}}")], NUMBER, stepped=True, decimals=0),
            ),
            row(
                "Services",
                10,
                table(
                    "Services of the cluster",
                    "The monitoring stack's own are among them. A click on a name leads to the service.",
                    24,
                    "service",
                    [
                        Column("Wanted", by_service(DESIRED)),
                        Column("Running", by_service(RUNNING)),
                        Column("Missing", by_service(f"{DESIRED} - {RUNNING}"), alert="ServiceTasksMissing"),
                        Column("vCPUs", by_service(VCPUS), decimals=2),
                        Column("CPU", f"max by (service) ({CPU_PERCENT})", PERCENT, alert="HighCPUUsage", decimals=0),
                        Column("Memory reserved", by_service(MEMORY), BYTES),
                        Column("Memory", f"max by (service) ({MEMORY_PERCENT})", PERCENT, alert="HighMemoryUsage", decimals=0),
                        Column("Received", by_service(f"ecs_network_receive_bytes{{{CLUSTER}}}"), BYTES_PER_SECOND),
                        Column("Sent", by_service(f"ecs_network_transmit_bytes{{{CLUSTER}}}"), BYTES_PER_SECOND),
                    ],
                    links=[link_to("rounds-service", "This service", "service", "${__value.text}")],
                    sort="Missing",
                ),
            ),
        ],
    )
