"""`python -m vinculo.contracts`: topics, schemas and the AsyncAPI document.

Only `topics` is used at run time; what the other commands need is a development dependency, and is
imported by them.
"""

# ruff: noqa: PLC0415

import asyncio
import json
import os
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from vinculo.contracts.creating_topics import Layout, TopicsRefused, create_topics
from vinculo.contracts.topics import PARTITIONS

app = typer.Typer(no_args_is_help=True, add_completion=False)

MEMBER = Path(__file__).parents[3]
CheckOption = Annotated[bool, typer.Option("--check", help="Write nothing; fail when outdated.")]
FolderOption = Annotated[Path, typer.Option(help="The folder of schemas/ and asyncapi.json.")]


@app.command()
def topics(
    partitions: Annotated[int, typer.Option(min=1, help="Never change it later.")] = PARTITIONS,
    replication: Annotated[int, typer.Option(min=1, help="3 where there are 3 brokers.")] = 1,
) -> None:
    """Create the topics at VINCULO_KAFKA that are missing, waiting for it up to a minute."""
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
    typer.echo(f"{len(created)} topics created, {len(layout.names()) - len(created)} there already")


@app.command()
def schemas(
    *,
    check: CheckOption = False,
    folder: FolderOption = MEMBER,
    never_written: Annotated[
        list[str] | None,
        typer.Option(help="A type no event was ever written of: its schema may change freely."),
    ] = None,
) -> None:
    """Renew the committed JSON Schemas, unless a change would break writers or readers."""
    from vinculo.contracts import schemas as schema_files

    target = folder / "schemas"
    if found := schema_files.complaints(target, replaceable=frozenset(never_written or ())):
        _fail("\n".join(found))
    if check:
        if changed := schema_files.outdated(target):
            _fail(f"outdated, run `python -m vinculo.contracts schemas`: {', '.join(changed)}")
        return
    typer.echo(f"{len(schema_files.write(target))} schemas written")


@app.command()
def asyncapi(*, check: CheckOption = False, folder: FolderOption = MEMBER) -> None:
    """Renew the committed AsyncAPI document."""
    from vinculo.contracts import schemas as schema_files
    from vinculo.contracts.asyncapi import asyncapi_document

    target = folder / "asyncapi.json"
    document = asyncapi_document()
    if not check:
        target.write_text(schema_files.rendered(document))
    elif not target.exists() or json.loads(target.read_text()) != document:
        _fail("outdated, run `python -m vinculo.contracts asyncapi`")


def _fail(complaint: str) -> NoReturn:
    typer.echo(complaint, err=True)
    raise typer.Exit(1)


if __name__ == "__main__":
    app()
