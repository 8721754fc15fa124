"""The command group `dead-letters` of a service: list, replay, discard."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Annotated

import typer

from vinculo.messaging.consumer import Consumer
from vinculo.messaging.replay import (
    EarlierVersionPending,
    UnknownDeadLetter,
    discard,
    list_dead_letters,
    replay,
)

Location = Annotated[str, typer.Argument(metavar="TOPIC/PARTITION/OFFSET")]


def dead_letter_commands(
    consumer: Callable[[], AbstractAsyncContextManager[Consumer]],
) -> typer.Typer:
    """The commands. `consumer` opens the consumer; each command calls it once and closes it."""
    app = typer.Typer(no_args_is_help=True, help="Records that could not be applied.")

    @app.command(name="list")
    def list_command() -> None:
        """List the unresolved dead letters: name, attempts and error."""
        asyncio.run(_list(consumer()))

    @app.command(name="replay")
    def replay_command() -> None:
        """Apply all dead letters that can be applied now, in order."""
        asyncio.run(_replay(consumer()))

    @app.command(name="discard")
    def discard_command(location: Location) -> None:
        """Skip one dead letter; its stream continues after it."""
        topic, partition, offset = parse_location(location)
        asyncio.run(_discard(consumer(), topic, partition, offset))

    return app


def parse_location(name: str) -> tuple[str, int, int]:
    """Topic, partition and offset from the name that `list` prints.

    Raises:
        typer.BadParameter: the name does not have these three parts.

    """
    match name.split("/"):
        case [topic, partition, offset] if topic and partition.isdecimal() and offset.isdecimal():
            return topic, int(partition), int(offset)
        case _:
            raise typer.BadParameter("must be TOPIC/PARTITION/OFFSET, as `list` prints it")


async def _list(opened: AbstractAsyncContextManager[Consumer]) -> None:
    async with opened as consumer:
        for dead_letter in await list_dead_letters(consumer):
            typer.echo(f"{dead_letter.name}\t{dead_letter.attempts}\t{dead_letter.error}")


async def _replay(opened: AbstractAsyncContextManager[Consumer]) -> None:
    async with opened as consumer:
        for line in (await replay(consumer)).lines():
            typer.echo(line)


async def _discard(
    opened: AbstractAsyncContextManager[Consumer], topic: str, partition: int, offset: int
) -> None:
    try:
        async with opened as consumer:
            await discard(consumer, topic, partition, offset)
    except (UnknownDeadLetter, EarlierVersionPending) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
