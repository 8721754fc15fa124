"""The reference of metrics has every metric, and each has a text on what to do."""

from pathlib import Path

from vinculo.documentation.reference.metrics import (
    ALARMS,
    alarm_sections,
    declared_metrics,
    metrics,
    metrics_page,
    metrics_problems,
)
from vinculo.local.paths import ROOT


def test_the_metrics_are_those_that_the_code_declares() -> None:
    assert {each.name.removesuffix("_total") for each in metrics()} == declared_metrics(ROOT)


def test_every_metric_says_when_it_is_bad_and_what_to_do() -> None:
    assert metrics_problems(ROOT) == []
    for name, text in alarm_sections(ROOT).items():
        bad, _, action = text.partition("\n\n")
        assert bad.startswith("**Bad when** "), name
        assert action, name


def test_the_page_has_every_metric_with_its_labels() -> None:
    page = metrics_page(ROOT)

    assert all(f"[`{each.name}`](../{ALARMS.relative_to('docs')}#" in page for each in metrics())
    assert "| counter | `template`, `reason` | notifications |" in page


def test_metrics_without_text_and_texts_without_metric_are_named(tmp_path: Path) -> None:
    alarms = tmp_path / ALARMS
    alarms.parent.mkdir(parents=True)
    alarms.write_text("# Alarms\n\n### `http_requests_total`\n\n### `old_metric`\nText.\n")

    problems = metrics_problems(tmp_path)

    assert f"{ALARMS}: no text on http_requests_total" in problems
    assert f"{ALARMS}: no text on vinculo_promotions_total" in problems
    assert problems[-1] == f"{ALARMS}: no metric old_metric"
