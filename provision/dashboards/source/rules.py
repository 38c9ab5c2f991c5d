"""What the alert rules say, so that a panel's thresholds and words are theirs: a panel names its alert, no number is
written twice."""

import re
from dataclasses import dataclass
from pathlib import Path

RULES = Path(__file__).resolve().parents[2] / "rules"


@dataclass
class Alert:
    """All levels of one alert."""

    levels: dict  # severity to threshold
    above: bool  # whether it fires above its threshold or below
    runbook: str
    floored: bool  # whether it is silent where requests are few


def read_alerts() -> dict:
    """Every alert that compares a value with one number, by name."""
    alerts = {}
    for path in sorted(RULES.glob("*.yml")):
        for rule in re.split(r"\n\s+- (?=alert:|record:)", path.read_text(encoding="utf-8"))[1:]:
            name = re.match(r"alert: (\w+)", rule)
            # A floor of traffic is no threshold of the value.
            rule, floors = re.subn(r"\n\s+unless on \(service\) service:http_requests:rate5m < [^\n]*", "", rule)
            compared = re.search(r"(>=?|<=?) ([0-9.e]+)\n\s+(?:for|labels):", rule)
            if not (name and compared):
                continue
            severity = re.search(r"severity: (\w+)", rule).group(1)
            runbook = re.search(r"runbook: ([\w-]+)", rule).group(1)
            alert = alerts.setdefault(name.group(1), Alert({}, compared.group(1).startswith(">"), runbook, floors > 0))
            alert.levels[severity] = float(compared.group(2))
    return alerts


ALERTS = read_alerts()
