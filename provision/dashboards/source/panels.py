"""The kinds of panels, each with this house's settings. A panel has no place yet: `layout` gives it one."""

from style import CRITICAL, NUMBER, PLAIN, UNKNOWN_TEXT, WARNING, runbook_words, steps, steps_of
from variables import DATASOURCE_REF


def targets(queries, **how):
    """Query targets A, B, C ... of (expression, legend) pairs."""
    return [
        {
            "datasource": DATASOURCE_REF,
            "editorMode": "code",
            "exemplar": False,
            "expr": expression,
            "legendFormat": legend,
            "refId": chr(ord("A") + position),
            **how,
        }
        for position, (expression, legend) in enumerate(queries)
    ]


RANGE = {"instant": False, "range": True}
INSTANT = {"instant": True, "range": False}


def panel(kind, title, description, width, queries, defaults, options, overrides=(), alert=None, **more):
    """What every panel has. With `alert` its thresholds and a word about what to run."""
    if alert:
        defaults = {**defaults, "thresholds": {"mode": "absolute", "steps": steps_of(alert)}}
        description = f"{description}\n\n{runbook_words(alert)}"
    return {
        "datasource": DATASOURCE_REF,
        "description": description,
        "fieldConfig": {"defaults": defaults, "overrides": list(overrides)},
        "gridPos": {"w": width},
        "options": options,
        "targets": queries,
        "title": title,
        "type": kind,
        **more,
    }


def fields(unit, steps=PLAIN, low=None, high=None, decimals=None, mappings=(), links=(), color="thresholds"):
    """Field defaults. What has no value says so."""
    defaults = {
        "color": {"mode": color},
        "mappings": list(mappings),
        "noValue": UNKNOWN_TEXT,
        "thresholds": {"mode": "absolute", "steps": steps},
        "unit": unit,
    }
    optional = {"decimals": decimals, "links": list(links) or None, "max": high, "min": low}
    return {**defaults, **{key: value for key, value in optional.items() if value is not None}}


def timeseries(title, description, width, queries, unit, alert=None, low=0, high=None, stacked=False, stepped=False, overrides=(), decimals=None, interval=None):
    """Lines over time. A gap stays a gap."""
    defaults = fields(unit, low=low, high=high, decimals=decimals, color="palette-classic")
    defaults["custom"] = {
        "axisCenteredZero": False,
        "axisColorMode": "text",
        "axisLabel": "",
        "axisPlacement": "auto",
        "barAlignment": 0,
        "drawStyle": "line",
        "fillOpacity": 30 if stacked else 8,
        "gradientMode": "none",
        "hideFrom": {"legend": False, "tooltip": False, "viz": False},
        "lineInterpolation": "stepAfter" if stepped else "linear",
        "lineWidth": 1,
        "pointSize": 4,
        "scaleDistribution": {"type": "linear"},
        "showPoints": "auto",
        "spanNulls": False,
        "stacking": {"group": "A", "mode": "normal" if stacked else "none"},
        "thresholdsStyle": {"mode": "line" if alert else "off"},
    }
    options = {
        "legend": {"calcs": ["lastNotNull", "max"], "displayMode": "table", "placement": "bottom", "showLegend": True, "sortBy": "Max", "sortDesc": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    more = {"interval": interval} if interval else {}
    return panel("timeseries", title, description, width, targets(queries, **RANGE), defaults, options, overrides, alert, **more)


def stat(title, description, width, queries, unit, alert=None, steps=PLAIN, mappings=(), decimals=None, links=(), filled=False, named=False, interval=None):
    """One number now, from an instant query: where nothing is known, no last value stands in for it."""
    defaults = fields(unit, steps=steps, decimals=decimals, mappings=mappings, links=links)
    options = {
        "colorMode": "background" if filled else "value",
        "graphMode": "none",
        "justifyMode": "center" if filled else "auto",
        "orientation": "auto",
        "percentChangeColorMode": "standard",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "showPercentChange": False,
        "text": {},
        "textMode": "value_and_name" if named else "value",
        "wideLayout": True,
    }
    more = {"interval": interval} if interval else {}
    return panel("stat", title, description, width, targets(queries, **INSTANT), defaults, options, (), alert, **more)


def bars(title, description, width, queries, unit, alert=None, high=None, decimals=None):
    """One bar for each series, longest first where the query sorts."""
    defaults = fields(unit, steps=steps("blue"), low=0, high=high, decimals=decimals)
    options = {
        "displayMode": "basic",
        "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": False},
        "maxVizHeight": 300,
        "minVizHeight": 10,
        "minVizWidth": 0,
        "namePlacement": "auto",
        "orientation": "horizontal",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "showUnfilled": True,
        "sizing": "auto",
        "text": {},
        "valueMode": "color",
    }
    return panel("bargauge", title, description, width, targets(queries, **INSTANT), defaults, options, (), alert)


def states(title, description, width, queries, mappings):
    """Words over time, in the colours of verdicts."""
    defaults = fields(NUMBER, mappings=mappings)
    defaults["custom"] = {"fillOpacity": 80, "hideFrom": {"legend": False, "tooltip": False, "viz": False}, "lineWidth": 0}
    options = {
        "alignValue": "left",
        "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True},
        "mergeValues": True,
        "rowHeight": 0.85,
        "showValue": "never",
        "tooltip": {"mode": "single", "sort": "none"},
    }
    return panel("state-timeline", title, description, width, targets(queries, **RANGE), defaults, options)


def heatmap(title, description, width, expression, unit):
    """How many in each bucket of a histogram, over time."""
    defaults = {"custom": {"hideFrom": {"legend": False, "tooltip": False, "viz": False}, "scaleDistribution": {"type": "linear"}}, "noValue": UNKNOWN_TEXT, "unit": unit}
    options = {
        "calculate": False,
        "cellGap": 1,
        "color": {"exponent": 0.5, "fill": "blue", "mode": "scheme", "reverse": False, "scale": "exponential", "scheme": "Blues", "steps": 64},
        "exemplars": {"color": "rgba(255,0,255,0.7)"},
        "filterValues": {"le": 1e-9},
        "legend": {"show": True},
        "rowsFrame": {"layout": "auto"},
        "showValue": "never",
        # `show` is what Grafana 9 reads, `mode` its successors.
        "tooltip": {"mode": "single", "show": True, "yHistogram": False},
        "yAxis": {"axisPlacement": "left", "reverse": False, "unit": unit},
    }
    queries = targets([(expression, "{{le}}")], format="heatmap", **RANGE)
    return panel("heatmap", title, description, width, queries, defaults, options)


class Column:
    """One column of a table: its heading, its query and how its cells look."""

    def __init__(self, heading, query, unit=NUMBER, alert=None, mappings=(), decimals=None, width=None, steps=None):
        self.heading, self.query, self.unit, self.alert = heading, query, unit, alert
        self.mappings, self.decimals, self.width, self.steps = mappings, decimals, width, steps

    def override(self):
        """Its field settings."""
        look = [("unit", self.unit), ("decimals", self.decimals), ("custom.width", self.width)]
        if self.mappings:
            look.append(("mappings", list(self.mappings)))
        steps = steps_of(self.alert) if self.alert else self.steps
        if steps:
            look.append(("thresholds", {"mode": "absolute", "steps": steps}))
        if steps or self.mappings:
            look.append(("custom.cellOptions", {"type": "color-text"}))
            # The same for Grafana 9.0 to 9.2.
            look.append(("custom.displayMode", "color-text"))
        return override(self.heading, *look)


def override(name, *properties):
    """Settings of one field."""
    return {
        "matcher": {"id": "byName", "options": name},
        "properties": [{"id": key, "value": value} for key, value in properties if value is not None],
    }


def table(title, description, width, key, columns, links=(), sort=None):
    """One line for each value of the label `key`, one column for each query."""
    queries = targets([(column.query, column.heading) for column in columns], format="table", **INSTANT)
    letters = [f"Value #{query['refId']}" for query in queries] if len(queries) > 1 else ["Value"]
    first = override(key.capitalize(), ("links", list(links) or None))
    organize = {
        "excludeByName": {"Time": True},
        "indexByName": {name: index for index, name in enumerate([key, *letters])},
        "renameByName": {key: key.capitalize(), **{letter: column.heading for letter, column in zip(letters, columns)}},
    }
    merge = [{"id": "merge", "options": {}}] if len(queries) > 1 else []
    overrides = [first] if first["properties"] else []
    return panel(
        "table",
        title,
        description,
        width,
        queries,
        table_fields(),
        table_options(sort),
        overrides + [column.override() for column in columns],
        transformations=merge + [{"id": "organize", "options": organize}],
    )


def alerts(title, description, width, expression, hidden=()):
    """The alerts that fire, each with its labels as columns."""
    order = ["severity", "alertname", "service", "job", "instance", "cluster"]
    organize = {
        "excludeByName": {name: True for name in ("Time", "Value", "__name__", "alertstate", *hidden)},
        "indexByName": {name: index for index, name in enumerate(order)},
        "renameByName": {name: name.capitalize() for name in order} | {"alertname": "Alert"},
    }
    colors = [{"options": {"critical": {"color": CRITICAL, "index": 0}, "warning": {"color": WARNING, "index": 1}}, "type": "value"}]
    severity = override("Severity", ("mappings", colors), ("custom.cellOptions", {"type": "color-text"}), ("custom.displayMode", "color-text"))
    defaults = table_fields()
    defaults["noValue"] = "none"
    return panel(
        "table",
        title,
        description,
        width,
        targets([(expression, "")], format="table", **INSTANT),
        defaults,
        table_options("Severity", down=False),
        [severity],
        transformations=[{"id": "organize", "options": organize}],
    )


def table_fields():
    """What every table's cells have."""
    return {**fields(NUMBER), "custom": {"align": "auto", "cellOptions": {"type": "auto"}, "filterable": False, "inspect": False}}


def table_options(sort, down=True):
    """What every table has."""
    return {"cellHeight": "sm", "frameIndex": 0, "showHeader": True, "sortBy": [{"desc": down, "displayName": sort}] if sort else []}


def text(title, width, content):
    """Words."""
    return {
        "description": "",
        "gridPos": {"w": width},
        "options": {"code": {"language": "plaintext", "showLineNumbers": False, "showMiniMap": False}, "content": content, "mode": "markdown"},
        "title": title,
        "type": "text",
    }


def fixed_color(legend_pattern, color):
    """One colour for the series whose name matches."""
    return {"matcher": {"id": "byRegexp", "options": legend_pattern}, "properties": [{"id": "color", "value": {"fixedColor": color, "mode": "fixed"}}]}

