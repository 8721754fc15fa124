"""The commands `republish` and `compare-topics` of a service.

Exit codes: 0 when all is published or equal, 1 when not, 2 for a wrong argument.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from typing import Annotated, Final

import asyncpg
import typer
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]

from vinculo.messaging.republish import (
    Progress,
    PublishedStreams,
    RelayNotPublishing,
    RepublishRunning,
    UnknownTopic,
    republish,
)
from vinculo.messaging.topic_comparison import (
    TopicsMissing,
    UnstoredRecord,
    compare_topics,
)

PROGRESS_SECONDS: Final = 2.0

Topics = Annotated[
    list[str] | None,
    typer.Option("--topic", help="Only this topic, with its prefix; may be repeated."),
]


def add_topic_commands(app: typer.Typer, published: Callable[[], PublishedStreams]) -> None:
    """Add the commands; `published` reads the settings of the service."""
    _add_republish_command(app, published)
    _add_compare_topics_command(app, published)


def _add_republish_command(app: typer.Typer, published: Callable[[], PublishedStreams]) -> None:

    @app.command(name="republish")
    def republish_command(topic: Topics = None) -> None:
        """Publish all stored events again, for topics that lost them; a worker must run."""
        streams = published()
        try:
            done = asyncio.run(republish(streams, topic or (), report=_report_progress()))
        except UnknownTopic as error:
            raise typer.BadParameter(str(error), param_hint="--topic") from error
        except (RepublishRunning, RelayNotPublishing) as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from error
        except (OSError, asyncpg.PostgresError) as error:
            typer.echo(f"the database cannot be used: {error}", err=True)
            raise typer.Exit(1) from error
        typer.echo(f"published {done.events:,} events of {done.streams:,} streams again")


def _add_compare_topics_command(
    app: typer.Typer, published: Callable[[], PublishedStreams]
) -> None:
    @app.command(name="compare-topics")
    def compare_topics_command(topic: Topics = None) -> None:
        """List the records in Kafka that the event store lacks, with the remedy for each."""
        streams = published()
        try:
            found = asyncio.run(compare_topics(streams, topic or (), report=_report_records()))
        except UnknownTopic as error:
            raise typer.BadParameter(str(error), param_hint="--topic") from error
        except TopicsMissing as error:
            typer.echo(f"{error}; python -m vinculo.contracts topics creates it", err=True)
            raise typer.Exit(1) from error
        except KafkaError as error:
            typer.echo(f"Kafka cannot be used: {error}", err=True)
            raise typer.Exit(1) from error
        except (OSError, asyncpg.PostgresError) as error:
            typer.echo(f"the database cannot be used: {error}", err=True)
            raise typer.Exit(1) from error
        for each in found.unstored:
            typer.echo("\t".join(_columns(each)))
        count = len(found.unstored)
        typer.echo(f"{count:,} of {found.records:,} records are not in the store", err=True)
        if count:
            raise typer.Exit(1)


def _columns(each: UnstoredRecord) -> tuple[str, ...]:
    return (
        f"{each.topic}/{each.partition}/{each.offset}",
        each.difference,
        each.stream_id or "-",
        str(each.version),
        each.type or "-",
        each.remedy,
    )


def _report_progress() -> Callable[[Progress], None]:
    is_due = _at_intervals()

    def report(progress: Progress) -> None:
        if is_due():
            typer.echo(
                f"{progress.streams:,} of {progress.total_streams:,} streams, "
                f"{progress.events:,} of {progress.total_events:,} events"
            )
            sys.stdout.flush()

    return report


def _report_records() -> Callable[[int], None]:
    is_due = _at_intervals()

    def report(records: int) -> None:
        if is_due():
            typer.echo(f"{records:,} records read", err=True)

    return report


def _at_intervals() -> Callable[[], bool]:
    """A function that returns True at most every `PROGRESS_SECONDS`."""
    reported_at = time.monotonic()

    def is_due() -> bool:
        nonlocal reported_at
        if time.monotonic() - reported_at < PROGRESS_SECONDS:
            return False
        reported_at = time.monotonic()
        return True

    return is_due
