"""Where panels stand, and what surrounds them: a dashboard whole."""

GRID = 24
TAG = "rounds"
# The newest that Grafana 9 reads; newer ones read it too and raise it as they load it.
SCHEMA_VERSION = 37


def row(title, height, *panels):
    """A heading and panels side by side; `None` for no heading."""
    return title, height, list(panels)


def place(rows):
    """Panels with their ids and their places. Every line is exactly as wide as the grid."""
    placed, y = [], 0
    for title, height, panels in rows:
        if title:
            placed.append({"collapsed": False, "gridPos": {"h": 1, "w": GRID, "x": 0, "y": y}, "id": len(placed) + 1, "panels": [], "title": title, "type": "row"})
            y += 1
        x = 0
        for panel in panels:
            width = panel["gridPos"]["w"]
            if x + width > GRID:
                raise ValueError(f"{panel['title']} does not fit its line")
            placed.append({**panel, "gridPos": {"h": height, "w": width, "x": x, "y": y}, "id": len(placed) + 1})
            x += width
            if x == GRID:
                x, y = 0, y + height
        if x:
            raise ValueError(f"the last line under {title} ends at {x}")
    return placed


def grafana_annotations(name, color, **target):
    """Annotations that are kept in Grafana."""
    return {"datasource": {"type": "grafana", "uid": "-- Grafana --"}, "enable": True, "iconColor": color, "name": name, **target}


def annotations():
    """What changed: written by `rounds` with every change it makes, and by whatever deploys."""
    own = grafana_annotations("Annotations & Alerts", "rgba(0, 211, 255, 1)", builtIn=1, hide=True, type="dashboard")
    return {"list": [own, tagged("Changes by rounds", "blue", TAG), tagged("Deployments", "light-blue", "deployment")]}


def tagged(name, color, tag):
    """Annotations that carry a tag, on whichever dashboard they were made."""
    return grafana_annotations(name, color, target={"limit": 100, "matchAny": False, "tags": [tag], "type": "tags"})


def dashboard(uid, title, description, variables, rows, since="now-6h"):
    """A dashboard as Grafana is given it."""
    return {
        "annotations": annotations(),
        "description": description,
        "editable": False,
        "fiscalYearStartMonth": 0,
        "graphTooltip": 1,
        "id": None,
        "links": [
            {
                "asDropdown": False,
                "icon": "dashboard",
                "includeVars": True,
                "keepTime": True,
                "tags": [TAG],
                "targetBlank": False,
                "title": "Dashboards",
                "tooltip": "",
                "type": "dashboards",
                "url": "",
            }
        ],
        "liveNow": False,
        "panels": place(rows),
        "refresh": "30s",
        "schemaVersion": SCHEMA_VERSION,
        "tags": [TAG],
        "templating": {"list": variables},
        "time": {"from": since, "to": "now"},
        "timepicker": {"refresh_intervals": ["15s", "30s", "1m", "5m", "15m", "1h"]},
        "timezone": "browser",
        "title": title,
        "uid": uid,
        "version": 1,
        "weekStart": "",
    }


def link_to(uid, title, variable, value):
    """A data link to another dashboard: its variable set, the time and the data source kept."""
    return {"title": title, "url": f"/d/{uid}?var-{variable}={value}&${{datasource:queryparam}}&${{__url_time_range}}"}
