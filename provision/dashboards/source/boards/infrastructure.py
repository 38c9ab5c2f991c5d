"""Every service at a glance: what the morning begins with."""

import queries as q
from layout import dashboard, link_to, row
from panels import Column, alerts, stat, states, table, timeseries
from style import BYTES_PER_SECOND, CRITICAL, NUMBER, OK, PERCENT, REQUESTS_PER_SECOND, SECONDS, VERDICTS, WARNING, steps
from variables import datasource, services

FROM_TABLE = link_to("rounds-service", "This service", "service", "${__value.text}")
FROM_SERIES = link_to("rounds-service", "This service", "service", "${__field.labels.service}")


def board():
    return dashboard(
        "rounds-infrastructure",
        "Infrastructure Overview",
        "Is every service well, and if not, which one and since when?",
        [datasource(), services()],
        [
            row(
                None,
                5,
                stat(
                    "Services",
                    "The worst alert of each service, the worst service first. Unknown is not ok: its metrics are missing.",
                    24,
                    [(f"sort_desc({q.VERDICT})", "{{service}}")],
                    NUMBER,
                    mappings=VERDICTS,
                    links=[FROM_SERIES],
                    filled=True,
                    named=True,
                ),
            ),
            row(
                None,
                4,
                stat("Critical alerts", "Alerts of severity critical that fire, of everything.", 4, [('count(ALERTS{alertstate="firing", severity="critical"}) or vector(0)', "critical")], NUMBER, steps=steps(OK, (1, CRITICAL))),
                stat("Warnings", "Alerts of severity warning that fire, of everything.", 4, [('count(ALERTS{alertstate="firing", severity="warning"}) or vector(0)', "warning")], NUMBER, steps=steps(OK, (1, WARNING))),
                stat("Targets down", "Targets of services whose last scrape failed.", 4, [(f"count({q.TARGETS} == 0) or 0 * count({q.TARGETS})", "down")], NUMBER, steps=steps(OK, (1, CRITICAL))),
                stat("Requests", "Of all services chosen, a second.", 4, [(f"sum({q.REQUESTS})", "requests")], REQUESTS_PER_SECOND),
                stat("Highest error rate", "Of the service that fails most.", 4, [(f"max({q.ERRORS})", "errors")], PERCENT, alert="HighErrorRate", decimals=2),
                stat("Highest latency p95", "Of the slowest service.", 4, [(f"max({q.latency(95)})", "p95")], SECONDS, alert="HighLatency"),
            ),
            row(
                "Each service",
                9,
                table(
                    "Services now",
                    "One line a service; a click on its name leads to its own dashboard. An empty cell means that the service has no such metric.",
                    24,
                    "service",
                    [
                        Column("State", q.VERDICT, mappings=VERDICTS, width=100),
                        Column("Alerts", q.ALERT_COUNT, steps=steps(OK, (1, WARNING)), width=80),
                        Column("Targets up", q.TARGETS_UP, width=100),
                        Column("Targets", q.TARGETS_KNOWN, width=90),
                        Column("CPU", q.CPU, PERCENT, alert="HighCPUUsage", decimals=0),
                        Column("Memory", q.MEMORY, PERCENT, alert="HighMemoryUsage", decimals=0),
                        Column("Received", q.RECEIVED, BYTES_PER_SECOND),
                        Column("Sent", q.SENT, BYTES_PER_SECOND),
                        Column("Requests", q.REQUESTS, REQUESTS_PER_SECOND),
                        Column("Errors", q.ERRORS, PERCENT, alert="HighErrorRate", decimals=2),
                        Column("Latency p95", q.latency(95), SECONDS, alert="HighLatency"),
                    ],
                    links=[FROM_TABLE],
                    sort="State",
                ),
            ),
            row(
                "Usage",
                9,
                timeseries("CPU", "In percent of the service's reservation.", 8, [(q.CPU, "{{service}}")], PERCENT, alert="HighCPUUsage"),
                timeseries("Memory", "In percent of the service's reservation; at 100 % its tasks are killed.", 8, [(q.MEMORY, "{{service}}")], PERCENT, alert="HighMemoryUsage"),
                timeseries("Network", "Received and sent, of all tasks of the service. From Container Insights.", 8, [(q.RECEIVED, "{{service}} received"), (q.SENT, "{{service}} sent")], BYTES_PER_SECOND),
            ),
            row(
                "Requests",
                9,
                timeseries("Requests", "A second, over five minutes.", 8, [(q.REQUESTS, "{{service}}")], REQUESTS_PER_SECOND),
                timeseries("Error rate", "Server errors in percent of all requests. The goal is below 1 %.", 8, [(q.ERRORS, "{{service}}")], PERCENT, alert="HighErrorRate"),
                timeseries("Latency p95", "95 % of the requests are answered within this time.", 8, [(q.latency(95), "{{service}}")], SECONDS, alert="HighLatency"),
            ),
            row(
                "Since when",
                9,
                states("State", "The worst alert of each service over time.", 12, [(q.VERDICT, "{{service}}")], VERDICTS),
                alerts("Alerts", "What fires now, the worst first. Empty is good.", 12, 'ALERTS{alertstate="firing", alertname!="Watchdog"}'),
            ),
        ],
    )
