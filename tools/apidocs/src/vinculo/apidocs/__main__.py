"""`python -m vinculo.apidocs [--check]`: writes the OpenAPI documents, or compares them."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from vinculo.apidocs.service_apps import service_apps
from vinculo.httpapi.openapi import prefix_of

FOLDER = Path("contracts/openapi")


def openapi_documents() -> dict[str, dict[str, Any]]:
    """The document of each service, by the first part of its paths at the gateway."""
    apps = asyncio.run(service_apps())
    return {prefix_of(app).strip("/"): app.openapi() for app in apps.values()}


def main(
    *,
    check: Annotated[bool, typer.Option(help="Write nothing, fail if outdated.")] = False,
    folder: Annotated[Path, typer.Option(help="Where the documents are.")] = FOLDER,
) -> None:
    """Write the OpenAPI document of each service that has operations."""
    texts = {
        f"{name}.json": json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        for name, document in openapi_documents().items()
    }
    if not check:
        folder.mkdir(exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    if outdated := _different_files(folder, texts):
        typer.echo(f"outdated, run `make contracts`: {', '.join(outdated)}", err=True)
        raise typer.Exit(1)


def _different_files(folder: Path, texts: dict[str, str]) -> list[str]:
    """Files that differ, are missing, or belong to no service."""
    found = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
    return sorted(
        name for name in texts.keys() | found.keys() if texts.get(name) != found.get(name)
    )


if __name__ == "__main__":
    typer.run(main)
