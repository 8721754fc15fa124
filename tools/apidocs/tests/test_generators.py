"""Code generators read the committed documents without a warning."""

import json
from pathlib import Path

import pytest

from .generators import LOCKS, Generators, installed_generators
from .test_openapi_documents import FILES, ROOT

documents = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)

pytestmark = pytest.mark.timeout(600)  # the first run on a machine installs the generators


@pytest.fixture(scope="module")
def generators() -> Generators:
    return installed_generators()


@documents
def test_openapi_python_client_generates(
    generators: Generators, path: Path, tmp_path: Path
) -> None:
    output = generators.run_python(
        "openapi-python-client",
        *("generate", "--path", str(path), "--meta", "none", "--output-path", "client"),
        *("--config", str(LOCKS / "openapi-python-client.yml"), "--fail-on-warning"),
        cwd=tmp_path,
    )

    assert "warning" not in output.lower()
    paths = json.loads(path.read_text(encoding="utf-8"))["paths"].values()
    for operation in (operation for path in paths for operation in path.values()):
        assert list(tmp_path.glob(f"client/api/*/{operation['operationId']}.py"))


@documents
def test_openapi_typescript_generates(generators: Generators, path: Path, tmp_path: Path) -> None:
    output = generators.run_node(
        "openapi-typescript/bin/cli.js", str(path), "--output", "api.d.ts", cwd=tmp_path
    )
    types = (tmp_path / "api.d.ts").read_text(encoding="utf-8")

    assert "warn" not in output.lower()
    for name in json.loads(path.read_text(encoding="utf-8"))["components"]["schemas"]:
        assert f"        {name}: " in types
    generators.run_node(
        "typescript/bin/tsc", "--noEmit", "--strict", "--lib", "es2022", "api.d.ts", cwd=tmp_path
    )


def test_modelina_generates_named_types_from_the_events(
    generators: Generators, tmp_path: Path
) -> None:
    script, document = LOCKS / "asyncapi_types.mjs", ROOT / "contracts" / "asyncapi.json"
    output = generators.run_node(
        str(script),
        str(document),
        str(tmp_path / "ts"),
        str(tmp_path / "java"),
        cwd=generators.folder,
    )
    names = {path.stem for path in tmp_path.glob("ts/*.ts")}
    models = json.loads(document.read_text(encoding="utf-8"))["components"]["schemas"]
    severities = {line.partition(" ")[0] for line in output.splitlines()}

    assert severities <= {"2", "3"}, output  # information and hints, such as a newer AsyncAPI
    assert models.keys() <= names
    assert [name for name in names if "Anonymous" in name] == []
    generators.run_node(
        "typescript/bin/tsc",
        "--noEmit",
        "--strict",
        "--lib",
        "es2022",
        "LoanOpened.ts",
        cwd=tmp_path / "ts",
    )
    java = (tmp_path / "java" / "LoanOpened.java").read_text(encoding="utf-8")
    assert "private LoanStatus status;" in java
    assert "private long principalCents;" in java
