"""Expressions that more than one dashboard asks. Recorded series where there is one: a panel then shows what the alert
saw. `SERVICE` matches the variable of that name, which may hold several."""

SERVICE = 'service=~"$service"'
TARGETS = f'up{{job="ecs-services", {SERVICE}}}'

CPU = f"max by (service) (ecs_cpu_utilization{{{SERVICE}}})"
MEMORY = f"max by (service) (ecs_memory_utilization{{{SERVICE}}})"
RECEIVED = f"sum by (service) (ecs_network_receive_bytes{{{SERVICE}}})"
SENT = f"sum by (service) (ecs_network_transmit_bytes{{{SERVICE}}})"
REQUESTS = f"sum by (service) (service:http_requests:rate5m{{{SERVICE}}})"
ERRORS = f"max by (service) (service:http_errors:percent5m{{{SERVICE}}})"
TARGETS_UP = f"sum by (service) ({TARGETS})"
TARGETS_KNOWN = f"count by (service) ({TARGETS})"

FIRING = f'ALERTS{{alertstate="firing", {SERVICE}}}'
# The worst alert of each service: 0 none, 1 warning, 2 critical. A service of which nothing is known has no value.
VERDICT = f"""max by (service) (
  2 * ALERTS{{alertstate="firing", severity="critical", {SERVICE}}}
  or ALERTS{{alertstate="firing", severity="warning", {SERVICE}}}
  or 0 * {TARGETS}
)"""
ALERT_COUNT = f"count by (service) ({FIRING}) or 0 * {TARGETS_KNOWN}"


def latency(quantile):
    """The recorded latency: 50, 95 or 99."""
    return f"max by (service) (service:http_request_duration_seconds:p{quantile}_5m{{{SERVICE}}})"


def failed(selector):
    """Server errors, whichever of the three usual labels has the status."""
    rates = [f'rate(http_requests_total{{{selector}, {label}=~"5.."}}[$__rate_interval])' for label in ("code", "status", "status_code")]
    return "\n  or ".join(rates)


# The monitoring stack's own jobs.
STACK = 'job=~"prometheus|alertmanager|grafana|cloudwatch"'
