"""The command line of every service: its processes and `migrate`.

Each command imports its modules when it runs, so that a process does not load those of the others.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated

import typer

from vinculo.process.running_stack import adopt_running_stack

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

    Commands that a service adds are for operators: they use the settings of a system that runs
    natively in this folder, unless the environment has others. The help text of a command is the
    docstring of its function.
    """
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    own_commands = {"migrate"}
    for name, run in processes:
        own_commands.add(name)
        app.command(name=name, help=run.__doc__)(_process_command(run))

    @app.callback(help=description)
    def before_command(context: typer.Context) -> None:
        if context.invoked_subcommand not in own_commands:
            adopt_running_stack()

    @app.command(name="migrate", help=migrate.__doc__)
    def migrate_command() -> None:
        asyncio.run(_await(migrate))

    return app


def _process_command(run: RunProcess) -> Callable[..., None]:
    def command(port: Port, host: Host = LOOPBACK) -> None:
        run(host, port)

    return command


async def _await(migrate: Callable[[], Awaitable[None]]) -> None:
    await migrate()
