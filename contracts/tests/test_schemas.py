"""The committed schemas are the generated ones, and change only compatibly."""

import json
from pathlib import Path
from types import MappingProxyType

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from pydantic import create_model
from typer.testing import CliRunner, Result

from vinculo.contracts import EVENTS, Facts, schemas
from vinculo.contracts.__main__ import app

from .golden_examples import MEMBER

COMMITTED = MEMBER / "schemas"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["schemas", *arguments])


class Published:
    """A folder of schemas, and one event whose model is changed."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch

    def model(self, **fields: object) -> None:
        models = {"thing-made.v1": create_model("ThingMade", __base__=Facts, **fields)}  # type: ignore[call-overload]
        self._monkeypatch.setattr(schemas, "EVENTS", MappingProxyType({"things.made": models}))

    def no_model(self) -> None:
        self._monkeypatch.setattr(schemas, "EVENTS", MappingProxyType({"things.made": {}}))

    def write(self, *arguments: str) -> Result:
        return run("--folder", str(self.folder), *arguments)

    def fields(self) -> set[str]:
        path = self.folder / "schemas" / "things.made" / "thing-made.v1.json"
        return set(json.loads(path.read_text())["properties"])

    def archived(self) -> list[str]:
        return sorted(path.name for path in self.folder.rglob("earlier/*"))


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Published:
    publication = Published(tmp_path, monkeypatch)
    publication.model(a=(int, ...))
    assert publication.write().exit_code == 0
    return publication


def test_the_committed_schemas_are_the_generated_ones() -> None:
    assert schemas.outdated_schemas(COMMITTED) == []
    assert schemas.schema_problems(COMMITTED) == []
    assert run("--check").exit_code == 0


@pytest.mark.parametrize(
    "path", sorted(COMMITTED.glob("*/*.json")), ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_a_committed_schema_is_a_valid_json_schema(path: Path) -> None:
    schema = json.loads(path.read_text())

    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].endswith(f":{path.stem}")


def test_schemas_have_distinct_names() -> None:
    names = [schema["$id"] for _, schema in schemas.generated_schemas(COMMITTED)]

    assert len(set(names)) == len(names) == sum(map(len, EVENTS.values()))


def test_a_compatible_change_is_written_and_the_former_schema_archived(
    published: Published,
) -> None:
    published.model(a=(int, ...), b=(str | None, None))

    assert published.write("--check").exit_code == 1
    assert published.write().exit_code == 0
    assert published.write("--check").exit_code == 0
    assert published.fields() == {"a", "b"}
    assert published.archived() == ["thing-made.v1.001.json"]


def test_a_change_of_descriptions_archives_nothing(published: Published) -> None:
    published.model(__doc__="Now explained.", a=(int, ...))

    assert published.write().exit_code == 0
    assert published.archived() == []


@pytest.mark.parametrize("arguments", [(), ("--check",)])
def test_an_incompatible_change_is_refused_and_nothing_is_written(
    published: Published, arguments: tuple[str, ...]
) -> None:
    published.model(a=(str, ...))

    result = published.write(*arguments)

    assert result.exit_code == 1
    assert "add a new version of the type" in result.stderr
    assert published.fields() == {"a"}


def test_a_change_that_is_incompatible_with_an_earlier_schema_only_is_refused(
    published: Published,
) -> None:
    published.model(a=(int, ...), b=(str | None, None))
    published.write()
    published.model(a=(int, ...))
    published.write()
    assert published.archived() == ["thing-made.v1.001.json", "thing-made.v1.002.json"]

    published.model(a=(int, ...), b=(int | None, None))
    result = published.write()

    assert result.exit_code == 1
    assert "thing-made.v1.002.json" in result.stderr


def test_a_type_named_as_never_written_may_change_freely(published: Published) -> None:
    published.model(other=(str, ...))

    assert published.write("--never-written", "thing-made.v1").exit_code == 0
    assert published.fields() == {"other"}


def test_a_published_type_without_its_model_is_refused(published: Published) -> None:
    published.no_model()

    result = published.write("--check")

    assert result.exit_code == 1
    assert "things.made/thing-made.v1.json" in result.stderr
