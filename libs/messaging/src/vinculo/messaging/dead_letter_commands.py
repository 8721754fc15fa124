"""The command group `dead-letters` of a service: list, show, replay, resync, discard.

Exit codes: 0 when done, 1 when something of the request is left, 2 for a wrong argument.
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
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
OpenConsumers = Callable[[], AbstractAsyncContextManager[Sequence[Consumer]]]


def dead_letter_commands(consumer: OpenConsumer) -> typer.Typer:
    """The commands. `consumer` opens the consumer; each command calls it once and closes it."""

    @asynccontextmanager
    async def only() -> AsyncIterator[Sequence[Consumer]]:
        async with consumer() as opened:
            yield [opened]

    return dead_letter_commands_of_all(only)


def dead_letter_commands_of_all(consumers: OpenConsumers) -> typer.Typer:
    """The commands for several consumers of a service, each with its own checkpoints.

    They act on all consumers, and print what concerns several once.
    """
    app = typer.Typer(no_args_is_help=True, help="Records that could not be applied.")
    _add_reading_commands(app, consumers)
    _add_resolving_commands(app, consumers)
    return app


def _add_reading_commands(app: typer.Typer, consumers: OpenConsumers) -> None:
    @app.command(name="list")
    def list_command() -> None:
        """List the unresolved dead letters: place, reason, time, source, type, person, error."""
        for letter in asyncio.run(_with(consumers, _list_all)):
            typer.echo("\t".join(_columns(letter)))

    @app.command(name="show")
    def show_command(location: Location) -> None:
        """Show one dead letter: headers and value, personal parts encrypted as they are."""
        name = "/".join(map(str, parse_location(location)))
        letters = asyncio.run(_with(consumers, _list_all))
        letter = next((each for each in letters if each.name == name), None)
        if letter is None:
            _fail(f"no dead letter {name} is waiting")
        typer.echo(orjson.dumps(_described(letter), option=orjson.OPT_INDENT_2).decode())


def _add_resolving_commands(app: typer.Typer, consumers: OpenConsumers) -> None:
    @app.command(name="replay")
    def replay_command() -> None:
        """Apply all dead letters that can be applied now, in order."""
        _print(asyncio.run(_with(consumers, _replay_all)))

    @app.command(name="resync")
    def resync_command(stream: Stream) -> None:
        """Continue a diverged stream with the history that is in Kafka now."""
        try:
            report = asyncio.run(_with(consumers, lambda opened: _resync_all(opened, stream)))
        except NotDiverged as error:
            _fail(str(error))
        _print(report)

    @app.command(name="discard")
    def discard_command(location: Location, reason: Reason) -> None:
        """Skip one dead letter; its stream continues after it."""
        topic, partition, offset = parse_location(location)

        async def discard_in(opened: Consumer) -> None:
            await discard(opened, topic, partition, offset, discarded_by=getuser(), reason=reason)

        try:
            asyncio.run(_with(consumers, lambda opened: _discard_all(opened, discard_in)))
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
    consumers: OpenConsumers, work: Callable[[Sequence[Consumer]], Coroutine[Any, Any, Result]]
) -> Result:
    async with consumers() as opened:
        return await work(opened)


async def _list_all(consumers: Sequence[Consumer]) -> list[DeadLetter]:
    letters = [each for consumer in consumers for each in await list_dead_letters(consumer)]
    return list({each.key: each for each in letters}.values())


async def _replay_all(consumers: Sequence[Consumer]) -> ReplayReport:
    report = ReplayReport()
    for consumer in consumers:
        report.add_report(await replay(consumer))
    return report


async def _resync_all(consumers: Sequence[Consumer], stream_id: str) -> ReplayReport:
    """Raises NotDiverged: the stream is diverged in no consumer."""
    report = ReplayReport()
    is_diverged = False
    for consumer in consumers:
        try:
            report.add_report(await resync(consumer, stream_id))
        except NotDiverged:
            continue
        is_diverged = True
    if not is_diverged:
        raise NotDiverged(f"{stream_id} is not diverged")
    return report


async def _discard_all(
    consumers: Sequence[Consumer], discard_in: Callable[[Consumer], Coroutine[Any, Any, None]]
) -> None:
    """Raises UnknownDeadLetter: it waits in no consumer."""
    unknown = UnknownDeadLetter("there is no consumer")
    is_discarded = False
    for consumer in consumers:
        try:
            await discard_in(consumer)
        except UnknownDeadLetter as error:
            unknown = error
            continue
        is_discarded = True
    if not is_discarded:
        raise unknown


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
