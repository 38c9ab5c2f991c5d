"""One service, whichever: its requests, its answers, its errors, its tasks."""

import queries as q
from layout import dashboard, row
from panels import alerts, fixed_color, heatmap, stat, states, text, timeseries
from style import BYTES_PER_SECOND, CRITICAL, NUMBER, OK, PERCENT, REQUESTS_PER_SECOND, SECONDS, UP, VERDICTS, steps
from variables import datasource, service

RECORDED = f"sum by (service) (service:http_requests:rate5m{{{q.SERVICE}}}"
CLASSES = [fixed_color("2..", "green"), fixed_color("3..", "blue"), fixed_color("4..", "yellow"), fixed_color("5..", CRITICAL)]
P95_BY_TASK = f"""histogram_quantile(0.95,
  sum by (le, instance) (rate(http_request_duration_seconds_bucket{{{q.SERVICE}}}[$__rate_interval]))) >= 0"""
LATENCIES = [(q.latency(50), "p50"), (q.latency(95), "p95"), (q.latency(99), "p99")]
PATTERN = [(f"{RECORDED})", "now"), (f"{RECORDED} offset 1d)", "a day ago"), (f"{RECORDED} offset 1w)", "a week ago")]
UPTIME = f'time() - process_start_time_seconds{{job="ecs-services", {q.SERVICE}}}'

WHAT_TO_DO = """
| what you see | what to run |
| --- | --- |
| CPU above its line | `rounds run high-cpu --service $service` |
| memory above its line, tasks killed | `rounds run high-memory --service $service` |
| errors or latency above their line | `rounds run error-rate --service $service` |
| targets down or replaced again and again | `rounds run bad-deploy --service $service` |
| gaps, or no data at all | `rounds run metrics-stopped --service $service` |

Its logs: `rounds logs $service --since 1h`
"""


def board():
    return dashboard(
        "rounds-service",
        "Service",
        "What does one service get, what does it answer, and what is wrong with it?",
        [datasource(), service()],
        [
            row(
                None,
                4,
                stat("State", "The worst alert of the service.", 4, [(q.VERDICT, "{{service}}")], NUMBER, mappings=VERDICTS, filled=True),
                stat("Targets up", "Of its tasks, those whose last scrape succeeded.", 4, [(q.TARGETS_UP, "{{service}}")], NUMBER, steps=steps(CRITICAL, (1, OK))),
                stat("CPU", "In percent of its reservation.", 4, [(q.CPU, "{{service}}")], PERCENT, alert="HighCPUUsage", decimals=0),
                stat("Memory", "In percent of its reservation.", 4, [(q.MEMORY, "{{service}}")], PERCENT, alert="HighMemoryUsage", decimals=0),
                stat("Error rate", "Server errors in percent of its requests.", 4, [(q.ERRORS, "{{service}}")], PERCENT, alert="HighErrorRate", decimals=2),
                stat("Latency p95", "95 % of its requests are answered within this time.", 4, [(q.latency(95), "{{service}}")], SECONDS, alert="HighLatency"),
            ),
            row(
                "Requests and answers",
                9,
                timeseries("Requests by status", "A second, by the status of the answer.", 8, [(f"sum by (code) (service_code:http_requests:rate5m{{{q.SERVICE}}})", "{{code}}")], REQUESTS_PER_SECOND, stacked=True, overrides=CLASSES),
                timeseries("Latency", "Half, 95 % and 99 % of the requests are answered within this time.", 8, LATENCIES, SECONDS, alert="HighLatency"),
                heatmap("Answer times", "How many requests took how long. Two bands mean two kinds of request, or a slow task.", 8, f"sum by (le) (increase(http_request_duration_seconds_bucket{{{q.SERVICE}}}[$__rate_interval]))", SECONDS),
            ),
            row(
                None,
                9,
                timeseries("Requests against yesterday and last week", "The same hour of other days: is this much usual?", 12, PATTERN, REQUESTS_PER_SECOND, overrides=[fixed_color("a day ago", "super-light-blue"), fixed_color("a week ago", "light-purple")]),
                timeseries("Requests by task", "One task with more or less than the others: the load balancer prefers or avoids it.", 12, [(f"sum by (instance) (rate(http_requests_total{{{q.SERVICE}}}[$__rate_interval]))", "{{instance}}")], REQUESTS_PER_SECOND),
            ),
            row(
                "Errors",
                9,
                timeseries("Error rate", "Server errors in percent of its requests.", 8, [(q.ERRORS, "{{service}}")], PERCENT, alert="HighErrorRate"),
                timeseries("Errors by task", "Server errors a second. Of one task only: that task is broken; of all: what they share is.", 8, [(f"sum by (instance) (\n  {q.failed(q.SERVICE)}\n) or 0 * sum by (instance) (rate(http_requests_total{{{q.SERVICE}}}[$__rate_interval]))", "{{instance}}")], REQUESTS_PER_SECOND),
                timeseries("Latency p95 by task", "One slow task makes a service slow.", 8, [(P95_BY_TASK, "{{instance}}")], SECONDS, alert="HighLatency"),
            ),
            row(
                "Usage",
                9,
                timeseries("CPU", "In percent of its reservation.", 8, [(q.CPU, "{{service}}")], PERCENT, alert="HighCPUUsage"),
                timeseries("Memory", "In percent of its reservation; at 100 % its tasks are killed.", 8, [(q.MEMORY, "{{service}}")], PERCENT, alert="HighMemoryUsage"),
                timeseries("Network", "Of all its tasks. From Container Insights.", 8, [(q.RECEIVED, "received"), (q.SENT, "sent")], BYTES_PER_SECOND),
            ),
            row(
                "Tasks",
                9,
                timeseries("Tasks", "Wanted and running, as ECS counts them, and targets that answer.", 8, [(f"sum(ecs_desired_tasks{{{q.SERVICE}}})", "wanted"), (f"sum(ecs_running_tasks{{{q.SERVICE}}})", "running"), (f"sum({q.TARGETS})", "answering")], NUMBER, stepped=True, decimals=0),
                states("Targets", "Which of its tasks answered when. A new line is a new task.", 8, [(q.TARGETS, "{{instance}}")], UP),
                timeseries("Age of its tasks", "Falls to zero when a process starts anew.", 8, [(UPTIME, "{{instance}}")], SECONDS),
            ),
            row(
                "What to do",
                9,
                alerts("Alerts of this service", "What fires now. Empty is good.", 12, f'ALERTS{{alertstate="firing", {q.SERVICE}}}', hidden=["service"]),
                text("Runbooks", 12, WHAT_TO_DO),
            ),
        ],
        since="now-3h",
    )
