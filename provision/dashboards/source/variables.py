"""Dashboard variables."""

DATASOURCE_REF = {"type": "prometheus", "uid": "${datasource}"}


def datasource():
    """Which Prometheus; the provisioned one unless chosen."""
    return {
        "current": {"selected": False, "text": "Prometheus", "value": "prometheus"},
        "hide": 0,
        "includeAll": False,
        "label": "Data source",
        "multi": False,
        "name": "datasource",
        "options": [],
        "query": "prometheus",
        "refresh": 1,
        "regex": "",
        "skipUrlSync": False,
        "type": "datasource",
    }


def query(name, label, expression, many=False, default=""):
    """The values a label has. Read anew with the time range: a service that is gone today was there last week."""
    # Without a default Grafana takes the first value there is.
    current = {"selected": False, "text": ["All"] if many else default, "value": ["$__all"] if many else default}
    return {
        "current": current,
        "datasource": DATASOURCE_REF,
        "hide": 0,
        "includeAll": many,
        "label": label,
        "multi": many,
        "name": name,
        "options": [],
        "query": {"query": expression, "refId": "PrometheusVariableQueryEditor-VariableQuery"},
        "refresh": 2,
        "regex": "",
        "skipUrlSync": False,
        "sort": 1,
        "type": "query",
    }


# Those that should be scraped and those that are.
SERVICES = 'label_values({__name__=~"up|service:expected", job=~"ecs-services|", service!=""}, service)'


def services():
    """Any number of services."""
    return query("service", "Service", SERVICES, many=True)


def service():
    """One service."""
    return query("service", "Service", SERVICES)


def cluster():
    """One ECS cluster."""
    return query("cluster", "Cluster", "label_values(ecs_cpu_utilization, cluster)")


def region():
    """Whose prices."""
    return query("region", "Prices of", "label_values(aws_price_usd, region)", default="ap-northeast-2")


def architecture():
    """What the tasks run on."""
    return query("architecture", "Architecture", "label_values(aws_price_usd, architecture)", default="x86_64")
