"""What the services cost, and how much of it is used."""

import queries as q
from layout import dashboard, link_to, row
from panels import Column, stat, table, text, timeseries
from style import BYTES, DOLLARS, NUMBER, OK, PERCENT, WARNING, steps
from variables import architecture, datasource, region, services

# A month as AWS counts it.
HOURS = 730


def price(item, by_architecture=True):
    """One price of the list; no value where the list has none."""
    chosen = ', architecture="$architecture"' if by_architecture else ""
    return f'scalar(aws_price_usd{{item="{item}", region="$region"{chosen}}})'


VCPUS = f"sum by (service) (ecs_reserved_vcpus{{{q.SERVICE}}})"
GIGABYTES = f"sum by (service) (ecs_reserved_memory_bytes{{{q.SERVICE}}}) / 1024 ^ 3"
VCPU_COST = f"{VCPUS} * {price('fargate_vcpu_hour')}"
MEMORY_COST = f"{GIGABYTES} * {price('fargate_gb_hour')}"
COST = f"({VCPU_COST} + {MEMORY_COST})"
IDLE = f"({VCPU_COST} * (1 - {q.CPU} / 100) + {MEMORY_COST} * (1 - {q.MEMORY} / 100))"
PER_REQUEST = f"1e6 * {COST} / 3600 / ({q.REQUESTS} > 0)"

STORAGE = 'aws_efs_storage_bytes_average{storage_class="Total"}'
STORAGE_COST = f"{STORAGE} / 1024 ^ 3 * {price('efs_gb_month', False)}"
REQUESTS_A_MONTH = "sum(rate(cloudwatch_requests_total[1h])) * 3600 * 730"
BLOCKS = 'prometheus_tsdb_storage_blocks_bytes{job="prometheus"}'
# What a sample takes on disk, measured where Prometheus has compacted some and the usual 1.5 bytes elsewhere.
SAMPLES_A_DAY = 'rate(prometheus_tsdb_head_samples_appended_total{job="prometheus"}[1h]) * 86400'
BYTES_A_SAMPLE = """(
  sum(rate(prometheus_tsdb_compaction_chunk_size_bytes_sum{job="prometheus"}[3h]))
  / (sum(rate(prometheus_tsdb_compaction_chunk_samples_sum{job="prometheus"}[3h])) > 0)
  or vector(1.5)
)"""

ABOUT = """
Fargate is billed by what a task reserves, used or not: vCPUs and GB, by the hour, here times 730 for a month. Prices are
the list prices in `rules/prices.yml`, without tax, savings plans and spot; choose region and architecture above.

Not in here: load balancers, NAT, data transfer, logs. `rounds cost` has those, with the arithmetic of each line, and
what ten or twenty services would cost.

A service whose reservation is mostly idle for a week can have a smaller one; one near its thresholds needs a larger.
"""


def board():
    return dashboard(
        "rounds-cost",
        "Cost",
        "What does each service cost, how much of that is used, and what does the monitoring itself cost?",
        [datasource(), services(), region(), architecture()],
        [
            row(
                None,
                4,
                stat("A month", "Fargate, of all services chosen, if they run on as they do now.", 6, [(f"sum({COST}) * {HOURS}", "a month")], DOLLARS),
                stat("Of it idle", "Reserved and not used: the price of what CPU and memory leave free.", 6, [(f"sum({IDLE}) * {HOURS}", "idle")], DOLLARS),
                stat("Idle", "In percent of the whole.", 6, [(f"100 * sum({IDLE}) / sum({COST})", "idle")], PERCENT, steps=steps(OK, (80, WARNING)), decimals=0),
                stat("A month and service", "The mean of the services chosen.", 6, [(f"avg({COST}) * {HOURS}", "mean")], DOLLARS),
            ),
            row(
                "Each service",
                10,
                table(
                    "Services",
                    "Estimated from what runs now. Idle is what is reserved and not used.",
                    24,
                    "service",
                    [
                        Column("vCPUs", VCPUS, decimals=2),
                        Column("CPU", q.CPU, PERCENT, alert="HighCPUUsage", decimals=0),
                        Column("GB", GIGABYTES, decimals=2),
                        Column("Memory", q.MEMORY, PERCENT, alert="HighMemoryUsage", decimals=0),
                        Column("vCPUs a month", f"{VCPU_COST} * {HOURS}", DOLLARS),
                        Column("Memory a month", f"{MEMORY_COST} * {HOURS}", DOLLARS),
                        Column("A month", f"{COST} * {HOURS}", DOLLARS),
                        Column("Idle a month", f"{IDLE} * {HOURS}", DOLLARS),
                        Column("A million requests", PER_REQUEST, DOLLARS),
                    ],
                    links=[link_to("rounds-service", "This service", "service", "${__value.text}")],
                    sort="A month",
                ),
            ),
            row(
                "Over time",
                9,
                timeseries("Cost of a month", "As if every hour of the month were like this one, by service.", 12, [(f"{COST} * {HOURS}", "{{service}}")], DOLLARS, stacked=True),
                timeseries("Idle share", "What is reserved and not used, in percent of the cost.", 12, [(f"100 * {IDLE} / {COST}", "{{service}}")], PERCENT, high=100),
            ),
            row(
                "The monitoring itself",
                4,
                stat("Storage a month", "EFS, of all file systems the exporter sees.", 6, [(f"sum({STORAGE_COST})", "storage")], DOLLARS),
                stat("CloudWatch requests a month", "What the exporter asks, at the rate of the last hour.", 6, [(REQUESTS_A_MONTH, "requests")], NUMBER, interval="2m"),
                stat("Their price", "Of a month's requests, free ones not taken off.", 6, [(f"{REQUESTS_A_MONTH} / 1000 * {price('cloudwatch_1000_requests', False)}", "requests")], DOLLARS, interval="2m"),
                stat("Growth of a day", "Of Prometheus' storage, from the samples it takes now.", 6, [(f"sum({SAMPLES_A_DAY}) * {BYTES_A_SAMPLE}", "a day")], BYTES),
            ),
            row(
                None,
                9,
                timeseries("Storage", "What EFS bills, and the blocks of Prometheus in it.", 12, [(STORAGE, "{{file_system_id}}"), (BLOCKS, "blocks of Prometheus")], BYTES),
                text("How it is computed", 12, ABOUT),
            ),
        ],
        since="now-7d",
    )
