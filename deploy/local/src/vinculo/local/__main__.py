"""The command `vinculo`."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer

from vinculo.local.program import StartFailedError
from vinculo.local.progress import Step
from vinculo.local.server_set import ServerSet
from vinculo.local.stack_file import StackFile

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def _vinculo() -> None:
    """Vínculo on one machine."""


@app.command()
def servers(
    directory: Annotated[Path, typer.Option("--dir", help="where data and logs go")],
) -> None:
    """Start the servers alone, print their addresses and stay until interrupted."""
    try:
        asyncio.run(_serve(directory))
    except StartFailedError as failure:
        typer.echo(failure, err=True)
        raise typer.Exit(1) from failure


async def _serve(directory: Path) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)

    def report(name: str, step: Step, detail: str = "") -> None:
        typer.echo(f"# {name} {step} {detail}", err=True)

    servers = ServerSet(directory, StackFile(directory), report=report, given={})
    try:
        addresses = await servers.start()
        for variable, value in addresses.environment().items():
            typer.echo(f"export {variable}={value!r}")
        await stopped.wait()
    finally:
        await servers.stop()


def main() -> None:
    app()


if __name__ == "__main__":
    main()
