"""`python -m vinculo.privacy migrate`: prepares the key ring and the erasure ledger."""

import asyncio

import typer
from pydantic import SecretStr

from vinculo.eventstore.migrations import migrate as migrate_to_head
from vinculo.privacy.erasure_ledger import erasure_ledger
from vinculo.process import LedgerSettings, settings_or_exit

app = typer.Typer(no_args_is_help=True, add_completion=False)


class Settings(LedgerSettings):
    vinculo_keyring_url: SecretStr
    """PostgreSQL database of the key ring, `postgresql://user:password@host:port/name`."""


@app.callback()
def keyring() -> None:
    """Manage the database of the key ring."""


@app.command()
def migrate() -> None:
    """Create or update the tables of the key ring, and the bucket of the erasure ledger."""
    settings = settings_or_exit(Settings)

    async def prepare() -> None:
        url = settings.vinculo_keyring_url.get_secret_value()
        await migrate_to_head(url, "vinculo.privacy")
        ledger = erasure_ledger(settings)
        if ledger is not None:
            await ledger.create_bucket_when_available()

    asyncio.run(prepare())


if __name__ == "__main__":
    app()
