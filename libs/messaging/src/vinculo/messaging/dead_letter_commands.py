"""The command group `dead-letters` of a service: list, show, replay, resync, discard.

Exit codes: 0 when done, 1 when something of what was asked for is left, 2 for a wrong argument.
"""

import asyncio
import base64
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from getpass import getuser
from typing import Annotated, Any, NoReturn, TypeVar

import orjson
import typer

from vinculo.messaging.cloud_events import rfc3339
from vinculo.messaging.consumer import Consumer
from vinculo.messaging.dead_letters import DeadLetter
from vinculo.messaging.replay import (
    EarlierVersionPending,
    NotDiverged,
    ReplayReport,
    UnknownDeadLetter,
    discard,
    list_dead_letters,
    replay,
    resync,
)

Result = TypeVar("Result")
Location = Annotated[str, typer.Argument(metavar="TOPIC/PARTITION/OFFSET")]
Stream = Annotated[str, typer.Argument(metavar="STREAM")]
Reason = Annotated[str, typer.Option(help="Why the record is skipped; it is recorded.")]
OpenConsumer = Callable[[], AbstractAsyncContextManager[Consumer]]


def dead_letter_commands(consumer: OpenConsumer) -> typer.Typer:
    """The commands. `consumer` opens the consumer; each command calls it once and closes it."""
    app = typer.Typer(no_args_is_help=True, help="Records that could not be applied.")
    _add_reading_commands(app, consumer)
    _add_resolving_commands(app, consumer)
    return app


def _add_reading_commands(app: typer.Typer, consumer: OpenConsumer) -> None:
    @app.command(name="list")
    def list_command() -> None:
        """List the unresolved dead letters: place, reason, time, source, type, person, error."""
        for letter in asyncio.run(_with(consumer, list_dead_letters)):
            typer.echo("\t".join(_columns(letter)))

    @app.command(name="show")
    def show_command(location: Location) -> None:
        """Show one dead letter: headers and value, personal parts encrypted as they are."""
        name = "/".join(map(str, parse_location(location)))
        letters = asyncio.run(_with(consumer, list_dead_letters))
        letter = next((each for each in letters if each.name == name), None)
        if letter is None:
            _fail(f"no dead letter {name} is waiting")
        typer.echo(orjson.dumps(_described(letter), option=orjson.OPT_INDENT_2).decode())


def _add_resolving_commands(app: typer.Typer, consumer: OpenConsumer) -> None:
    @app.command(name="replay")
    def replay_command() -> None:
        """Apply all dead letters that can be applied now, in order."""
        _print(asyncio.run(_with(consumer, replay)))

    @app.command(name="resync")
    def resync_command(stream: Stream) -> None:
        """Continue a diverged stream with the history that is in Kafka now."""
        try:
            report = asyncio.run(_with(consumer, lambda opened: resync(opened, stream)))
        except NotDiverged as error:
            _fail(str(error))
        _print(report)

    @app.command(name="discard")
    def discard_command(location: Location, reason: Reason) -> None:
        """Skip one dead letter; its stream continues after it."""
        topic, partition, offset = parse_location(location)

        async def discarded(opened: Consumer) -> None:
            await discard(opened, topic, partition, offset, discarded_by=getuser(), reason=reason)

        try:
            asyncio.run(_with(consumer, discarded))
        except (UnknownDeadLetter, EarlierVersionPending) as error:
            _fail(str(error))
        typer.echo(f"discarded {location}")


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


async def _with(
    consumer: OpenConsumer, work: Callable[[Consumer], Coroutine[Any, Any, Result]]
) -> Result:
    async with consumer() as opened:
        return await work(opened)


def _columns(letter: DeadLetter) -> tuple[str, ...]:
    return (
        letter.name,
        letter.reason or "-",
        rfc3339(letter.dead_lettered_at),
        letter.source or "-",
        letter.type or "-",
        "-" if letter.subject is None else str(letter.subject),
        letter.error,
    )


def _described(letter: DeadLetter) -> dict[str, Any]:
    """The dead letter as JSON; bytes that are not UTF-8 text are in Base64."""
    record = letter.record
    return {
        "place": letter.name,
        "reason": letter.reason,
        "error": letter.error,
        "dead_lettered_at": rfc3339(letter.dead_lettered_at),
        "person": letter.subject,
        "key": _text(record.key),
        "headers": [[name, _text(content)] for name, content in record.headers],
        "value": _json_or_text(record.value),
    }


def _text(content: bytes | None) -> str | None:
    if content is None:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return f"base64:{base64.b64encode(content).decode()}"


def _json_or_text(value: bytes | None) -> Any:  # noqa: ANN401 - any JSON
    try:
        return orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return _text(value)


def _print(report: ReplayReport) -> None:
    for line in report.lines():
        typer.echo(line)
    if report.waiting:
        raise typer.Exit(1)


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)
