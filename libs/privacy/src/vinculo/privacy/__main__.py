"""`python -m vinculo.privacy migrate`: creates or updates the tables of the key ring."""

import asyncio

import typer
from pydantic import SecretStr

from vinculo.eventstore.migrations import migrate as migrate_to_head
from vinculo.process import EnvironmentSettings, settings_or_exit

app = typer.Typer(no_args_is_help=True, add_completion=False)


class Settings(EnvironmentSettings):
    vinculo_keyring_url: SecretStr
    """PostgreSQL database of the key ring, `postgresql://user:password@host:port/name`."""


@app.callback()
def keyring() -> None:
    """Manage the database of the key ring."""


@app.command()
def migrate() -> None:
    """Create or update the tables of the key ring at VINCULO_KEYRING_URL."""
    url = settings_or_exit(Settings).vinculo_keyring_url.get_secret_value()
    asyncio.run(migrate_to_head(url, "vinculo.privacy"))


if __name__ == "__main__":
    app()
