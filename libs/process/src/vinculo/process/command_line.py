"""The command line of every service: its processes and `migrate`.

Each command imports its modules when it runs, so that a process does not load those of the others.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated

import typer

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.")]
LOOPBACK = "127.0.0.1"

RunProcess = Callable[[str, int], None]
"""Run a process that listens on host and port until a signal ends it."""


def service_command_line(
    *,
    description: str,
    processes: Iterable[tuple[str, RunProcess]],
    migrate: Callable[[], Awaitable[None]],
) -> typer.Typer:
    """A Typer application with `migrate` and a command per process; a service may add more.

    The help text of a command is the docstring of its function.
    """
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    app.callback(help=description)(_no_options)
    for name, run in processes:
        app.command(name=name, help=run.__doc__)(_process_command(run))

    @app.command(name="migrate", help=migrate.__doc__)
    def migrate_command() -> None:
        asyncio.run(_await(migrate))

    return app


def _no_options() -> None:
    """Accept no options before the command."""


def _process_command(run: RunProcess) -> Callable[..., None]:
    def command(port: Port, host: Host = LOOPBACK) -> None:
        run(host, port)

    return command


async def _await(migrate: Callable[[], Awaitable[None]]) -> None:
    await migrate()
