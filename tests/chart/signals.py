"""What alert rules and dashboard ask Prometheus for."""

import json
import re

import yaml

from chart.helm import CHART

RULES = yaml.safe_load((CHART / "files" / "alerts.yaml").read_text())["groups"]
DASHBOARD = json.loads((CHART / "files" / "dashboards" / "accredit.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
TARGETS = {f"{panel['title']} {target['refId']}": target for panel in PANELS for target in panel["targets"]}
RULE_EXPRESSIONS = {rule["alert"]: rule["expr"] for group in RULES for rule in group["rules"]}
EXPRESSIONS = RULE_EXPRESSIONS | {name: target["expr"] for name, target in TARGETS.items()}


def selectors(expression):
    """Yield each metric and the matchers on it, as (label, operator, value)."""
    for name, braces in re.findall(r"(accredit_\w+)(?:\{([^}]*)\})?", expression):
        yield name, re.findall(r'(\w+)(=~|!~|!=|=)"([^"]*)"', braces)
