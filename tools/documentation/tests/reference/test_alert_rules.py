"""The alert rules for Prometheus are about metrics that exist, and cover what the status shows."""

import re
from typing import Any

import pytest
import yaml

from vinculo.documentation.reference.metrics import Metric, metrics
from vinculo.httpapi.status import RULES, Severity
from vinculo.local.paths import ROOT

ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
METRICS = {each.name: each for each in metrics()}
TARGET_LABELS = {"instance"}
NAME = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
OTHER_WORDS = {"exported_job"}


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(ALERTS.read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def metrics_of(rule: dict[str, Any]) -> list[Metric]:
    """Raises KeyError for a name that is no metric."""
    return [METRICS[name] for name in NAME.findall(rule["expr"]) if name not in OTHER_WORDS]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_a_rule_is_about_metrics_and_labels_that_exist(rule: dict[str, Any]) -> None:
    found = metrics_of(rule)
    assert found
    grouped = re.findall(r"by \(([^)]*)\)", rule["expr"])
    selected = re.findall(r"\{(\w+)", rule["expr"])
    shown = re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])
    known = {"exported_job" if label == "job" else label for m in found for label in m.labels}
    labels = {label.strip() for group in grouped for label in group.split(",")}
    assert labels | set(selected) <= known | TARGET_LABELS
    assert set(shown) <= labels
    assert rule["labels"]["severity"] in {"page", "ticket"}


def test_every_alarm_of_the_status_has_a_rule() -> None:
    paged = {
        m.name for rule in rules() if rule["labels"]["severity"] == "page" for m in metrics_of(rule)
    }
    every = {m.name for rule in rules() for m in metrics_of(rule)}

    assert {each.metric for each in RULES.values() if each.severity is Severity.RED} <= paged
    assert {each.metric for each in RULES.values()} <= every


def test_names_of_alerts_are_given_once() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names))
