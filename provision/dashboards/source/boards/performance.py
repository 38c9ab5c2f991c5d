"""How fast and how right the services answer, over a day or a week."""

import queries as q
from layout import dashboard, row
from panels import bars, stat, timeseries
from style import NUMBER, PERCENT, REQUESTS_PER_SECOND, SECONDS
from variables import datasource, services

P95 = f"service:http_request_duration_seconds:p95_5m{{{q.SERVICE}}}"
ERRORS = f"service:http_errors:percent5m{{{q.SERVICE}}}"
REQUESTS = f"service:http_requests:rate5m{{{q.SERVICE}}}"
# Weighed by requests: a busy service's errors count for more.
ERRORS_OF_ALL = f"sum({ERRORS} * on (service) {REQUESTS}) / sum({REQUESTS})"


def board():
    return dashboard(
        "rounds-performance",
        "Application Performance",
        "How fast do the services answer, how many requests do they take, and is the error rate going up or down?",
        [datasource(), services()],
        [
            row(
                None,
                4,
                stat("Requests", "Of all services chosen, a second.", 6, [(f"sum({REQUESTS})", "requests")], REQUESTS_PER_SECOND),
                stat("Error rate", "Of all requests of the services chosen, in percent.", 6, [(ERRORS_OF_ALL, "errors")], PERCENT, alert="HighErrorRate", decimals=2),
                stat("Highest latency p95", "Of the slowest service.", 6, [(f"max({P95})", "p95")], SECONDS, alert="HighLatency"),
                stat("Services within their goals", "Error rate below 1 % now; services without requests are not counted.", 6, [(f"count({ERRORS} < 1) or 0 * count({ERRORS})", "within")], NUMBER),
            ),
            row(
                "Latency",
                10,
                timeseries("Latency p50", "Half of the requests are answered within this time.", 8, [(q.latency(50), "{{service}}")], SECONDS),
                timeseries("Latency p95", "95 % of the requests are answered within this time.", 8, [(q.latency(95), "{{service}}")], SECONDS, alert="HighLatency"),
                timeseries("Latency p99", "99 % of the requests are answered within this time; no finer than the histogram's buckets.", 8, [(q.latency(99), "{{service}}")], SECONDS),
            ),
            row(
                "Requests",
                10,
                timeseries("Requests", "A second, by service.", 12, [(q.REQUESTS, "{{service}}")], REQUESTS_PER_SECOND, stacked=True),
                timeseries("Response time at the load balancer", "As the load balancer measures it, by target group: with the time that requests wait for a task.", 12, [("max by (target_group) (aws_applicationelb_target_response_time_average)", "{{target_group}} average"), ("max by (target_group) (aws_applicationelb_target_response_time_maximum)", "{{target_group}} maximum")], SECONDS),
            ),
            row(
                "Errors",
                10,
                timeseries("Error rate", "Server errors in percent of all requests.", 8, [(q.ERRORS, "{{service}}")], PERCENT, alert="HighErrorRate"),
                timeseries("Error rate, mean of a day", "Calm enough to see a trend; each point is the mean of the day before it.", 8, [(f"avg by (service) (avg_over_time({ERRORS}[1d]))", "{{service}}")], PERCENT, alert="HighErrorRate"),
                timeseries("Errors", "Server errors a second.", 8, [(f'sum by (service) (service_code:http_requests:rate5m{{{q.SERVICE}, code=~"5.."}}) or 0 * {q.REQUESTS}', "{{service}}")], REQUESTS_PER_SECOND),
            ),
            row(
                "The whole time range",
                9,
                bars("Mean error rate", "Over the time range chosen above.", 8, [(f"sort_desc(avg by (service) (avg_over_time({ERRORS}[$__range])))", "{{service}}")], PERCENT, alert="HighErrorRate", decimals=2),
                bars("Highest latency p95", "Over the time range chosen above.", 8, [(f"sort_desc(max by (service) (max_over_time({P95}[$__range])))", "{{service}}")], SECONDS, alert="HighLatency"),
                bars("Mean requests", "A second, over the time range chosen above.", 8, [(f"sort_desc(avg by (service) (avg_over_time({REQUESTS}[$__range])))", "{{service}}")], REQUESTS_PER_SECOND),
            ),
        ],
        since="now-24h",
    )
