"""Which changes of an event are allowed within its version."""

from typing import Any

import pytest
from pydantic import create_model

from vinculo.contracts.compatibility import closed, incompatibility, same_meaning
from vinculo.contracts.customer_registry import Evidence
from vinculo.contracts.envelope import Facts, Instant


def schema(docstring: str = "", **fields: Any) -> dict[str, Any]:
    model: type[Facts] = create_model("Event", __base__=Facts, __doc__=docstring, **fields)
    return model.model_json_schema(mode="serialization")


BEFORE: dict[str, Any] = {"a": (int, ...), "b": (str | None, None)}


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(BEFORE, id="nothing"),
        pytest.param(BEFORE | {"c": (str | None, None)}, id="optional-field-added"),
        pytest.param({"a": (int, ...)}, id="optional-field-removed"),
        pytest.param(BEFORE | {"c": (list[Evidence], [])}, id="optional-list-added"),
    ],
)
def test_readers_and_stored_events_bear_this(after: dict[str, Any]) -> None:
    assert incompatibility(schema(**BEFORE), schema(**after)) is None


@pytest.mark.parametrize(
    ("after", "broken"),
    [
        pytest.param(BEFORE | {"c": (str, ...)}, "written so far", id="required-field-added"),
        pytest.param({"b": (str | None, None)}, "readers of today", id="required-field-removed"),
        pytest.param(BEFORE | {"a": (str, ...)}, "written so far", id="type-changed"),
        pytest.param(
            {"a2": (int, ...), "b": (str | None, None)}, "written so far", id="field-renamed"
        ),
        pytest.param({"a": (int, ...), "b": (str, ...)}, "written so far", id="made-required"),
        pytest.param(
            {"a": (int | None, None), "b": (str | None, None)},
            "readers of today",
            id="made-optional",
        ),
        pytest.param(BEFORE | {"a": (int | str, ...)}, "readers of today", id="type-widened"),
    ],
)
def test_this_breaks_someone(after: dict[str, Any], broken: str) -> None:
    found = incompatibility(schema(**BEFORE), schema(**after))

    assert found is not None
    assert broken in found


def test_a_change_deep_inside_is_found() -> None:
    inner: dict[str, Any] = {"type": "object", "properties": {"x": {"type": "integer"}}}
    before = {"$defs": {"I": inner}, "type": "object", "properties": {"i": {"$ref": "#/$defs/I"}}}
    changed = {**inner, "properties": {"x": {"type": "string"}}}

    assert incompatibility(before, {**before, "$defs": {"I": changed}}) is not None


def test_words_do_not_matter() -> None:
    one, other = schema("One.", a=(Instant, ...)), schema("Other.", a=(Instant, ...))

    assert one != other
    assert same_meaning(one, other)


def test_a_field_called_title_is_not_taken_for_words() -> None:
    assert not same_meaning(schema(title=(int, ...)), schema(description=(int, ...)))


def test_closing_leaves_open_what_is_a_free_mapping() -> None:
    shut = closed(schema(a=(int, ...), free=(dict[str, Any], {})))

    assert shut["additionalProperties"] is False
    assert shut["properties"]["free"]["additionalProperties"] is True
