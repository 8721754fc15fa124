"""`python -m vinculo.population`: people to measure with, in a log and read model of their own."""

import asyncio
import os
import sys
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from vinculo.local.process_spec import StartFailedError
from vinculo.local.state import DEFAULT_DIRECTORY, running_environment
from vinculo.population import MOST_PEOPLE

People = Annotated[int, typer.Option(min=1, max=MOST_PEOPLE, help="how many people")]
Name = Annotated[str, typer.Option(help="goes before their topics and databases")]
Seed = Annotated[int, typer.Option(min=0, max=2**31, help="the same seed, the same people")]
Until = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="the day before which the last one registers; today"),
]
Processes = Annotated[
    int | None, typer.Option(min=1, help="how many write; as many as cores, up to 4")
]
Replace = Annotated[bool, typer.Option("--replace", help="drop whoever is there under this name")]
LogOnly = Annotated[bool, typer.Option("--log-only", help="write events, make no read model")]


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def populate(
    *,
    people: People = 10_000,
    name: Name = "people",
    seed: Seed = 1,
    until: Until = None,
    processes: Processes = None,
    replace: Replace = False,
    log_only: LogOnly = False,
    directory: Annotated[
        Path, typer.Option("--dir", help="of the running system")
    ] = DEFAULT_DIRECTORY,
) -> None:
    """Write invented people into topics of their own and make their read model.

    Works on the servers of the environment, else on those of the running system, whose own people
    are not touched. Prints the settings with which a query service shows these people.
    """
    # Imported here, because no other command needs names, Kafka or the databases for itself.
    from vinculo.population import populating  # noqa: PLC0415

    last = None if until is None else until.replace(tzinfo=UTC)
    today = datetime.combine(datetime.now(UTC).date(), time(), UTC)
    asked = populating.Asked(
        invention=populating.Invention(people=people, seed=seed, until=last or today),
        until=last,
        processes=processes or populating.default_processes(),
        is_replaced=replace,
        is_log_only=log_only,
    )
    namespace = populating.Namespace(name=name, servers=_servers(directory))
    asyncio.run(populating.populate(namespace, asked, Console(stderr=True)))
    for variable, value in namespace.environment().items():
        typer.echo(f"export {variable}={value!r}")


def _servers(directory: Path) -> dict[str, str]:
    if "VINCULO_KAFKA" in os.environ:
        return dict(os.environ)
    environment = running_environment(directory)
    if environment is None:
        raise StartFailedError(
            "no servers: start the system with make up, or servers alone with vinculo servers "
            "and take over the addresses that it prints"
        )
    return environment


def main() -> None:
    try:
        app(standalone_mode=True)
    except StartFailedError as failure:
        sys.stderr.write(f"{failure}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
