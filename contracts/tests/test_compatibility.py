"""Changes of an event that are allowed within its version."""

from typing import Any

import pytest
from pydantic import create_model

from vinculo.contracts.compatibility import as_closed_schema, incompatibility, same_meaning
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
def test_a_compatible_change_is_allowed(after: dict[str, Any]) -> None:
    assert incompatibility(schema(**BEFORE), schema(**after)) is None


@pytest.mark.parametrize(
    ("after", "broken"),
    [
        pytest.param(BEFORE | {"c": (str, ...)}, "written so far", id="required-field-added"),
        pytest.param({"b": (str | None, None)}, "current readers", id="required-field-removed"),
        pytest.param(BEFORE | {"a": (str, ...)}, "written so far", id="type-changed"),
        pytest.param(
            {"a2": (int, ...), "b": (str | None, None)}, "written so far", id="field-renamed"
        ),
        pytest.param({"a": (int, ...), "b": (str, ...)}, "written so far", id="made-required"),
        pytest.param(
            {"a": (int | None, None), "b": (str | None, None)},
            "current readers",
            id="made-optional",
        ),
        pytest.param(BEFORE | {"a": (int | str, ...)}, "current readers", id="type-widened"),
    ],
)
def test_a_breaking_change_is_refused(after: dict[str, Any], broken: str) -> None:
    found = incompatibility(schema(**BEFORE), schema(**after))

    assert found is not None
    assert broken in found


def test_a_change_of_a_nested_schema_is_found() -> None:
    inner: dict[str, Any] = {"type": "object", "properties": {"x": {"type": "integer"}}}
    before = {"$defs": {"I": inner}, "type": "object", "properties": {"i": {"$ref": "#/$defs/I"}}}
    changed = {**inner, "properties": {"x": {"type": "string"}}}

    assert incompatibility(before, {**before, "$defs": {"I": changed}}) is not None


def test_descriptions_do_not_change_the_meaning() -> None:
    one, other = schema("One.", a=(Instant, ...)), schema("Other.", a=(Instant, ...))

    assert one != other
    assert same_meaning(one, other)


def test_a_field_named_title_is_not_an_annotation() -> None:
    assert not same_meaning(schema(title=(int, ...)), schema(description=(int, ...)))


def test_a_free_mapping_stays_open_in_a_closed_schema() -> None:
    strict = as_closed_schema(schema(a=(int, ...), free=(dict[str, Any], {})))

    assert strict["additionalProperties"] is False
    assert strict["properties"]["free"]["additionalProperties"] is True
