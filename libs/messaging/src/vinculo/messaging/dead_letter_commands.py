"""The commands by which a service's operators look after its dead letters."""

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

Place = Annotated[str, typer.Argument(metavar="TOPIC/PARTITION/OFFSET")]


def dead_letter_commands(
    consumer: Callable[[], AbstractAsyncContextManager[Consumer]],
) -> typer.Typer:
    """Give `list`, `replay` and `discard`; `consumer` opens what they replay with.

    It is called by a command only, and closed when the command is done.
    """
    app = typer.Typer(no_args_is_help=True, help="Records that could not be applied.")

    @app.command(name="list")
    def list_them() -> None:
        """Name those that nothing has become of yet."""
        asyncio.run(_list(consumer()))

    @app.command(name="replay")
    def replay_them() -> None:
        """Apply those that can be applied now, in order."""
        asyncio.run(_replay(consumer()))

    @app.command(name="discard")
    def discard_one(place: Place) -> None:
        """Give one up; its stream goes on after it."""
        topic, partition, offset = place_of(place)
        asyncio.run(_discard(consumer(), topic, partition, offset))

    return app


def place_of(name: str) -> tuple[str, int, int]:
    """Topic, partition and offset of a dead letter, by the name that `list` prints."""
    match name.split("/"):
        case [topic, partition, offset] if topic and partition.isdecimal() and offset.isdecimal():
            return topic, int(partition), int(offset)
        case _:
            raise typer.BadParameter("name it as TOPIC/PARTITION/OFFSET, as `list` prints it")


async def _list(opened: AbstractAsyncContextManager[Consumer]) -> None:
    async with opened as consumer:
        for letter in await list_dead_letters(consumer):
            typer.echo(f"{letter.name}\t{letter.attempts}\t{letter.error}")


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
    except (UnknownDeadLetter, EarlierVersionPending) as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(1) from None
