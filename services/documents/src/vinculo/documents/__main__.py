"""`python -m vinculo.documents <command>`.

Each command imports its own parts, or every process would pay for those of all others.
"""

# ruff: noqa: PLC0415

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Annotated

import typer

from vinculo.documents.settings import Settings, StorageSettings
from vinculo.messaging import Consumer
from vinculo.messaging.dead_letter_commands import dead_letter_commands
from vinculo.process import settings_or_exit

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.")]


def _consumer() -> AbstractAsyncContextManager[Consumer]:
    from vinculo.documents.main import consumer_for_commands

    return consumer_for_commands(settings_or_exit(Settings))


app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(dead_letter_commands(_consumer), name="dead-letters")


@app.callback()
def documents() -> None:
    """What is required, whether a file is fit, review."""


@app.command()
def api(port: Port, host: Host = "127.0.0.1") -> None:
    """Serve dossiers, uploads and review."""
    from vinculo.documents.main import run_api

    run_api(settings_or_exit(Settings), host=host, port=port)


@app.command()
def worker(port: Port, host: Host = "127.0.0.1") -> None:
    """Open dossiers, learn who may send files, publish what happens to documents."""
    from vinculo.documents.main import run_worker

    run_worker(settings_or_exit(Settings), host=host, port=port)


@app.command(name="all")
def all_in_one(port: Port, host: Host = "127.0.0.1") -> None:
    """Run api and worker in one process."""
    from vinculo.documents.main import run_all

    run_all(settings_or_exit(Settings), host=host, port=port)


@app.command()
def migrate() -> None:
    """Bring the database up to date and make the bucket."""
    from vinculo.documents.main import prepare

    asyncio.run(prepare(settings_or_exit(StorageSettings)))


if __name__ == "__main__":
    app()
