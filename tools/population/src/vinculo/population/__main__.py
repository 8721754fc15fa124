"""`python -m vinculo.population`: write generated people and build their read model."""

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
from vinculo.population import MAX_PEOPLE

People = Annotated[int, typer.Option(min=1, max=MAX_PEOPLE, help="number of people")]
Name = Annotated[str, typer.Option(help="prefix of their topics and databases")]
Seed = Annotated[int, typer.Option(min=0, max=2**31, help="the same seed gives the same people")]
Until = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="end of the registrations; default: today"),
]
Processes = Annotated[
    int | None, typer.Option(min=1, help="number of writing processes; default: cores, at most 4")
]
Replace = Annotated[bool, typer.Option("--replace", help="delete existing people of this name")]
LogOnly = Annotated[bool, typer.Option("--log-only", help="write events, build no read model")]
Directory = Annotated[Path, typer.Option("--dir", help="folder of the running system")]

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
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Write generated people to separate topics and build their read model.

    Uses the servers given by environment variables, else those of the running system, whose own
    people are not touched. Prints the settings for a query service that shows these people.
    """
    # Imported here, because the imports are slow and --help does not need them.
    from vinculo.population import service  # noqa: PLC0415

    end = None if until is None else until.replace(tzinfo=UTC)
    today = datetime.combine(datetime.now(UTC).date(), time(), UTC)
    request = service.PopulationRequest(
        spec=service.PopulationSpec(people=people, seed=seed, until=end or today),
        until=end,
        processes=processes or service.default_processes(),
        is_replaced=replace,
        is_log_only=log_only,
    )
    namespace = service.Namespace(name=name, servers=_servers(directory))
    asyncio.run(service.populate(namespace, request, Console(stderr=True)))
    for variable, value in namespace.environment().items():
        typer.echo(f"export {variable}={value!r}")


def _servers(directory: Path) -> dict[str, str]:
    if "VINCULO_KAFKA" in os.environ:
        return dict(os.environ)
    environment = running_environment(directory)
    if environment is None:
        raise StartFailedError(
            "no servers are running: start the system with make up, or run vinculo servers and "
            "export the addresses that it prints"
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
