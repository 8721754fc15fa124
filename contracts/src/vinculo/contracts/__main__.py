"""`python -m vinculo.contracts`: creates topics, writes and checks schemas and AsyncAPI document.

Only `topics` is used at run time. The other commands need development dependencies, so they import
them when they run.
"""

# ruff: noqa: PLC0415 - for the reason above

import asyncio
import json
import os
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from vinculo.contracts.topic_admin import Layout, TopicsRefused, create_topics
from vinculo.contracts.topics import PARTITIONS

app = typer.Typer(no_args_is_help=True, add_completion=False)

MEMBER = Path(__file__).parents[3]
CheckOption = Annotated[bool, typer.Option("--check", help="Write nothing, fail if outdated.")]
FolderOption = Annotated[Path, typer.Option(help="Folder with schemas/ and asyncapi.json.")]


@app.command()
def topics(
    partitions: Annotated[int, typer.Option(min=1, help="Cannot be changed later.")] = PARTITIONS,
    replication: Annotated[int, typer.Option(min=1, help="3 with three or more brokers.")] = 1,
) -> None:
    """Create the missing topics at VINCULO_KAFKA; waits up to a minute for it to start."""
    layout = Layout(
        partitions=partitions,
        replication=replication,
        prefix=os.environ.get("VINCULO_TOPIC_PREFIX", ""),
    )
    kafka = os.environ.get("VINCULO_KAFKA", "127.0.0.1:9092")
    try:
        created = asyncio.run(create_topics(kafka, layout))
    except TopicsRefused as refusal:
        _fail(str(refusal))
    existing = len(layout.names()) - len(created)
    typer.echo(f"{len(created)} topics created, {existing} existed already")


@app.command()
def schemas(
    *,
    check: CheckOption = False,
    folder: FolderOption = MEMBER,
    never_written: Annotated[
        list[str] | None,
        typer.Option(help="A type without written events, whose schema may change freely."),
    ] = None,
) -> None:
    """Write the JSON Schemas again, unless a change would break writers or readers."""
    from vinculo.contracts import schemas as schema_files

    target = folder / "schemas"
    if problems := schema_files.schema_problems(target, replaceable=frozenset(never_written or ())):
        _fail("\n".join(problems))
    if check:
        if changed := schema_files.outdated_schemas(target):
            _fail(f"outdated, run `python -m vinculo.contracts schemas`: {', '.join(changed)}")
        return
    typer.echo(f"{len(schema_files.write_schemas(target))} schemas written")


@app.command()
def asyncapi(*, check: CheckOption = False, folder: FolderOption = MEMBER) -> None:
    """Write the AsyncAPI document again."""
    from vinculo.contracts import schemas as schema_files
    from vinculo.contracts.asyncapi import asyncapi_document

    target = folder / "asyncapi.json"
    document = asyncapi_document()
    if not check:
        target.write_text(schema_files.to_json_text(document))
    elif not target.exists() or json.loads(target.read_text()) != document:
        _fail("outdated, run `python -m vinculo.contracts asyncapi`")


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)


if __name__ == "__main__":
    app()
