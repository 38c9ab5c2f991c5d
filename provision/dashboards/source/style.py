"""What all dashboards have in common: colours, the words of a verdict, units."""

from rules import ALERTS

# One colour for one verdict, on every dashboard.
OK, WARNING, CRITICAL, UNKNOWN = "green", "orange", "red", "purple"

# As Grafana calls them.
PERCENT, SECONDS, BYTES, BYTES_PER_SECOND = "percent", "s", "bytes", "Bps"
REQUESTS_PER_SECOND, DOLLARS, NUMBER, DAYS = "reqps", "currencyUSD", "short", "d"

UNKNOWN_TEXT = "unknown"


def steps(base, *more):
    """Threshold steps: the colour below the first, then (from, colour)."""
    return [{"color": base, "value": None}] + [{"color": color, "value": value} for value, color in more]


# A value that is neither good nor bad has no colour: colour is for trouble.
PLAIN = steps("text")


def steps_of(alert_name):
    """The thresholds of an alert rule as steps."""
    alert = ALERTS[alert_name]
    colors = {"warning": WARNING, "critical": CRITICAL}
    # Grafana's steps include their value, so "more than none" begins at one.
    levels = sorted((number(value) or 1, colors[severity]) for severity, value in alert.levels.items())
    if alert.above:
        return steps(OK, *levels)
    # Fires below: each colour reaches up to its threshold.
    values, below = [value for value, _ in levels], [color for _, color in levels]
    return steps(below[0], *zip(values, below[1:] + [OK]))


def number(value):
    """Whole numbers without a fraction."""
    return int(value) if value == int(value) else value


def runbook_words(alert_name):
    """What a description says of the alert it belongs to."""
    alert = ALERTS[alert_name]
    floor = " It is silent below the least rate of requests that the service is judged by." if alert.floored else ""
    return f"Alert {alert_name}; `rounds run {alert.runbook}`.{floor}"


def value_map(**words):
    """Values as words: `value_map(**{"0": ("down", CRITICAL)})`. No value at all is unknown, never ok."""
    options = {value: {"color": color, "index": index, "text": text} for index, (value, (text, color)) in enumerate(words.items())}
    unknown = {"color": UNKNOWN, "index": len(words), "text": UNKNOWN_TEXT}
    return [
        {"options": options, "type": "value"},
        {"options": {"match": "null+nan", "result": unknown}, "type": "special"},
    ]


VERDICTS = value_map(**{"0": ("ok", OK), "1": ("warning", WARNING), "2": ("critical", CRITICAL)})
UP = value_map(**{"0": ("down", CRITICAL), "1": ("up", OK)})
