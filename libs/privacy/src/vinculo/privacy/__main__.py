"""`python -m vinculo.privacy migrate`: the key ring's schema, on VINCULO_KEYRING_URL."""

import asyncio
import os
import sys

import typer

from vinculo.eventstore.migrations import migrate as migrate_to_head

BAD_SETTING = 78

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def keyring() -> None:
    """One key per person."""


@app.command()
def migrate() -> None:
    """Create the key ring's tables, or bring them up to date."""
    url = os.environ.get("VINCULO_KEYRING_URL")
    if not url:
        print("VINCULO_KEYRING_URL: missing", file=sys.stderr)  # noqa: T201 - the command's answer
        raise typer.Exit(BAD_SETTING)
    asyncio.run(migrate_to_head(url, "vinculo.privacy"))


if __name__ == "__main__":
    app()
