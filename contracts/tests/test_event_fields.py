"""Every field of an event is described, and its closed values are those of the examples."""

import pytest

from vinculo.contracts import event_fields
from vinculo.contracts.catalogue import EVENTS
from vinculo.contracts.event_fields import closed_values

from .golden_examples import ALL_EXAMPLES, Example


def test_no_field_lacks_a_description() -> None:
    assert event_fields.field_problems() == []


def test_missing_and_superfluous_descriptions_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = {**event_fields._descriptions(), "unknown_field": "x"}  # noqa: SLF001 - what the file has
    del texts["tax_id"]
    monkeypatch.setattr(event_fields, "_descriptions", lambda: texts)

    problems = event_fields.field_problems()

    assert "PayerProposed.tax_id: no description in event_fields.toml" in problems
    assert problems[-1] == "event_fields.toml: no field unknown_field"


def test_closed_values_of_a_field_that_no_event_has_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = {**event_fields.CLOSED_VALUES, "Unknown.kind": event_fields.CLOSED_VALUES["kind"]}
    monkeypatch.setattr(event_fields, "CLOSED_VALUES", values)

    assert event_fields.field_problems() == ["CLOSED_VALUES: no field Unknown.kind"]


@pytest.mark.parametrize("example", ALL_EXAMPLES, ids=str)
def test_the_values_of_the_examples_are_among_the_closed_ones(example: Example) -> None:
    model = EVENTS[example.topic][example.event_type]

    for name, value in example.value.items():
        values = closed_values(model, name)
        assert values is None or value is None or value in list(values), name
