"""The commands of `vinculo`: up, down, status, logs, servers, demo, populate, minio."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from vinculo.local import background, compose
from vinculo.local.display import StartDisplay, print_addresses
from vinculo.local.docker import docker_answers
from vinculo.local.program import StartFailedError
from vinculo.local.progress import Step
from vinculo.local.running import DIRECTORY, addresses_of, environment_of, is_up
from vinculo.local.server_set import ServerSet
from vinculo.local.servers.minio_build import build_minio
from vinculo.local.servers.mongodb import CACHE_GB
from vinculo.local.stack_file import StackFile
from vinculo.local.status import states

Directory = Annotated[Path, typer.Option("--dir", help="where data, logs and settings are kept")]
Port = Annotated[int, typer.Option(help="the gateway's port")]
Native = Annotated[bool, typer.Option("--native", help="no containers, even where Docker answers")]
GATEWAY_PORT = 8080
INTERRUPTED = 130


def application() -> typer.Typer:
    app = typer.Typer(
        help="Vínculo on one machine.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    for command in (up, down, status, logs, servers, demo, minio):
        app.command()(command)
    app.command(
        add_help_option=False,
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    )(populate)
    return app


def up(
    directory: Directory = DIRECTORY,
    port: Port = GATEWAY_PORT,
    native: Native = False,  # noqa: FBT002  # an option of the command line
) -> None:
    """Start the whole system behind the gateway and leave it running."""
    _ensure_up(Console(), directory, port, native=native)


def down(directory: Directory = DIRECTORY) -> None:
    """Stop the system: no process and no port is left."""
    console = Console()
    if compose.is_up():
        compose.down()
    stopped = asyncio.run(background.stop(directory))
    console.print("Vínculo is down." if stopped else "Vínculo was not running.")


def status(directory: Directory = DIRECTORY) -> None:
    """Show what runs and whether it is ready."""
    console = Console()
    if not is_up(directory):
        console.print("Vínculo is not running; start it with: make up")
        raise typer.Exit(1)
    for name, address, state in asyncio.run(states(directory)):
        console.print(f"{name:24} {address:22} {state}")


def logs(
    name: Annotated[str, typer.Argument(help="a process, as `vinculo status` names it")],
    directory: Directory = DIRECTORY,
    lines: Annotated[int, typer.Option("-n", help="how many of the last lines")] = 50,
) -> None:
    """Print the end of a process' log and where it is."""
    path = directory / "logs" / f"{name}.log"
    if not path.exists():
        known = sorted(log.stem for log in (directory / "logs").glob("*.log"))
        raise StartFailedError(f"there is no log of {name}; there are: {', '.join(known)}")
    with path.open(encoding="utf-8", errors="replace") as log:
        typer.echo("".join(deque(log, maxlen=lines)), nl=False)
    typer.echo(f"({path})", err=True)


def servers(
    directory: Directory = DIRECTORY / "servers",
    mongo_cache_gb: Annotated[float, typer.Option(min=0.25, help="MongoDB's memory")] = CACHE_GB,
) -> None:
    """Start the servers alone, print their addresses and stay until interrupted."""
    asyncio.run(_serve(directory, mongo_cache_gb))


def demo(
    people: Annotated[int, typer.Option(min=1, help="how many people to generate")] = 200,
    directory: Directory = DIRECTORY,
    port: Port = GATEWAY_PORT,
    native: Native = False,  # noqa: FBT002  # an option of the command line
) -> None:
    """Drive generated people through the system, starting it if needed."""
    _ensure_up(Console(), directory, port, native=native)
    environment = environment_of(directory)
    if environment is None:
        raise typer.Exit(compose.demo(people))
    exports = ["--exports", str(directory / "exports")]
    raise typer.Exit(
        _run_tool("vinculo.simulation", ["--people", str(people), *exports], environment)
    )


def populate(context: typer.Context) -> None:
    """Write generated people into topics and a read model of their own; --help tells more."""
    raise typer.Exit(_run_tool("vinculo.population", context.args, {}))


def minio() -> None:
    """Build the real MinIO once, into the user's cache; needs Go."""
    typer.echo(f"MinIO is at {build_minio(typer.echo)}")


def _ensure_up(console: Console, directory: Path, port: int, *, native: bool) -> None:
    if not native and not is_up(directory) and docker_answers():
        console.print("Docker answers: starting with containers (--native does without).")
        compose.up()
        console.print(f"Vínculo is up at http://127.0.0.1:{compose.PORT}")
        return
    try:
        with StartDisplay(console) as display:
            started = background.start(directory, port=port, show=display.show)
    except KeyboardInterrupt as interrupted:
        console.print("Interrupted; nothing is left running.")
        raise typer.Exit(INTERRUPTED) from interrupted
    environment = environment_of(directory) or {}
    console.print("[green]Vínculo is up.[/]" if started else "Vínculo is already up.")
    print_addresses(console, addresses_of(environment), directory)


def _run_tool(module: str, arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run another member as a process, which receives interrupts as well; give its exit code."""
    command = [sys.executable, "-m", module, *arguments]
    process = subprocess.Popen(command, env={**os.environ, **environment})  # noqa: S603  # our own
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


async def _serve(directory: Path, mongo_cache_gb: float) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)

    def report(name: str, step: Step, detail: str = "") -> None:
        typer.echo(f"# {name} {step} {detail}", err=True)

    server_set = ServerSet(
        directory, StackFile(directory), report=report, given={}, mongo_cache_gb=mongo_cache_gb
    )
    try:
        addresses = await server_set.start()
        for variable, value in addresses.environment().items():
            typer.echo(f"export {variable}={value!r}")
        await stopped.wait()
    finally:
        await server_set.stop()
