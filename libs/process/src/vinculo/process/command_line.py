"""The command line that every service has: its processes and `migrate`.

A command imports its own parts when it runs, or each process would pay for those of all others.
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
    """A Typer application with a command for each process and `migrate`; a service adds its own.

    The help text of a command is the first line of its function's docstring.
    """
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    app.callback(help=description)(_no_options)
    for name, run in processes:
        app.command(name=name, help=run.__doc__)(_process_command(run))

    @app.command(name="migrate", help=migrate.__doc__)
    def migrate_command() -> None:
        asyncio.run(_awaited(migrate))

    return app


def _no_options() -> None:
    """Options before the command; there are none."""


def _process_command(run: RunProcess) -> Callable[..., None]:
    def command(port: Port, host: Host = LOOPBACK) -> None:
        run(host, port)

    return command


async def _awaited(work: Callable[[], Awaitable[None]]) -> None:
    await work()
