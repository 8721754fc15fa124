"""The commands of `vinculo`: up, down, status, logs, servers, demo, backup, restore and others."""

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

from vinculo.local.compose import (
    compose_addresses,
    compose_available,
    compose_demo,
    compose_down,
    compose_is_running,
    compose_logs,
    compose_states,
    compose_up,
    docker_available,
    secrets_folder,
)
from vinculo.local.compose_secrets import make_secrets
from vinculo.local.daemon import start_daemon, stop_daemon
from vinculo.local.display import StartDisplay, print_addresses
from vinculo.local.process_spec import StartFailedError
from vinculo.local.server_set import ServerSet
from vinculo.local.servers.minio import build_minio
from vinculo.local.servers.mongodb import CACHE_GB
from vinculo.local.state import (
    DEFAULT_DIRECTORY,
    StackState,
    component_states,
    is_running,
    printable_addresses,
    running_environment,
)
from vinculo.local.supervisor import StartStep
from vinculo.local.web_build import build_web, check_web

Directory = Annotated[Path, typer.Option("--dir", help="folder for data, logs and settings")]
Port = Annotated[int, typer.Option(help="the gateway's port")]
Native = Annotated[bool, typer.Option("--native", help="no containers, even with Docker installed")]
GATEWAY_PORT = 8080
INTERRUPTED = 130


def make_app() -> typer.Typer:
    app = typer.Typer(
        help="Vínculo on one machine.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    for command in (
        *(up, down, status, logs, servers, demo, backup, restore, web, minio),
        secrets,
    ):
        app.command()(command)
    app.command(
        add_help_option=False,
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    )(populate)
    return app


def up(
    directory: Directory = DEFAULT_DIRECTORY,
    port: Port = GATEWAY_PORT,
    native: Native = False,  # noqa: FBT002  # an option of the command line
) -> None:
    """Start the whole system behind the gateway and leave it running."""
    _ensure_running(Console(), directory, port, native=native)


def down(
    directory: Directory = DEFAULT_DIRECTORY,
    volumes: Annotated[bool, typer.Option(help="remove the data of containers, too")] = False,  # noqa: FBT002  # an option of the command line
) -> None:
    """Stop the system with all its processes or containers."""
    stopped_containers = compose_down(with_data=volumes)
    stopped = asyncio.run(stop_daemon(directory))
    running = stopped or stopped_containers
    Console().print("Vínculo is down." if running else "Vínculo was not running.")


def status(directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Show which components are running and ready."""
    console = Console()
    if is_running(directory):
        states = asyncio.run(component_states(directory))
    elif compose_is_running():
        states = compose_states()
    else:
        console.print("Vínculo is not running; start it with: make up")
        raise typer.Exit(1)
    for name, address, state in states:
        console.print(f"{name:24} {address:22} {state}")


def logs(
    name: Annotated[str, typer.Argument(help="a process, as named by `vinculo status`")],
    directory: Directory = DEFAULT_DIRECTORY,
    lines: Annotated[int, typer.Option("-n", help="number of lines")] = 50,
) -> None:
    """Print the last lines of a process's log."""
    if not is_running(directory) and compose_is_running():
        compose_logs(name, lines)
        return
    path = directory / "logs" / f"{name}.log"
    if not path.exists():
        known = sorted(log.stem for log in (directory / "logs").glob("*.log"))
        raise StartFailedError(f"there is no log of {name}; there are: {', '.join(known)}")
    with path.open(encoding="utf-8", errors="replace") as log:
        typer.echo("".join(deque(log, maxlen=lines)), nl=False)
    typer.echo(f"({path})", err=True)


def servers(
    directory: Directory = DEFAULT_DIRECTORY / "servers",
    mongo_cache_gb: Annotated[float, typer.Option(min=0.25, help="MongoDB's cache")] = CACHE_GB,
) -> None:
    """Run only the servers until interrupted; print their addresses."""
    asyncio.run(_serve(directory, mongo_cache_gb))


def demo(
    people: Annotated[int, typer.Option(min=1, help="number of generated people")] = 200,
    directory: Directory = DEFAULT_DIRECTORY,
    port: Port = GATEWAY_PORT,
    native: Native = False,  # noqa: FBT002  # an option of the command line
) -> None:
    """Drive generated people through the system, starting it if needed."""
    if is_running(directory) or native or not compose_is_running():
        _ensure_running(Console(), directory, port, native=native)
    environment = running_environment(directory)
    if environment is None:
        raise typer.Exit(compose_demo(people))
    exports = ["--exports", str(directory / "exports")]
    raise typer.Exit(
        _run_tool("vinculo.simulation", ["--people", str(people), *exports], environment)
    )


def backup(
    target: Annotated[Path, typer.Argument(help="a new folder for the backup")],
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Back up the running system: databases, files, key ring and secrets."""
    from vinculo.local.backup import BackupError, back_up  # noqa: PLC0415 - loads drivers

    environment = running_environment(directory)
    if environment is None and compose_is_running():
        raise StartFailedError("Vínculo runs in containers; see docs/operating/containers.md")
    if environment is None:
        raise StartFailedError("Vínculo is not running; start it with: make up")
    try:
        asyncio.run(back_up(environment, target))
    except BackupError as error:
        raise StartFailedError(str(error)) from error
    typer.echo(f"The backup is in {target}. It has the keys, so keep it encrypted.")


def restore(
    source: Annotated[Path, typer.Argument(help="the folder of a backup")],
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Restore a backup into an empty folder, publish its events and build the read model."""
    from vinculo.local.backup import BackupError  # noqa: PLC0415 - loads drivers
    from vinculo.local.restore import restore_system  # noqa: PLC0415 - loads drivers

    console = Console()
    try:
        with StartDisplay(console) as display:
            asyncio.run(restore_system(source, directory, report=display.show))
    except BackupError as error:
        raise StartFailedError(str(error)) from error
    console.print("Restored; start the system with: make up")


def populate(context: typer.Context) -> None:
    """Write generated people to separate topics and a separate read model; see --help."""
    raise typer.Exit(_run_tool("vinculo.population", context.args, {}))


def web(
    check: Annotated[bool, typer.Option("--check", help="check the sources instead")] = False,  # noqa: FBT002  # an option of the command line
) -> None:
    """Build the browser's pages, or check them, unless their sources are unchanged."""
    if check:
        check_web(typer.echo)
    else:
        typer.echo(f"The browser's pages are in {build_web(typer.echo)}")


def minio() -> None:
    """Build the real MinIO once, into the user's cache; needs Go."""
    typer.echo(f"MinIO is at {build_minio(typer.echo)}")


def secrets(
    folder: Annotated[Path | None, typer.Argument(help="by default that of compose")] = None,
) -> None:
    """Write the files of secrets for containers that are missing, with generated content."""
    target = folder or secrets_folder()
    made = make_secrets(target)
    typer.echo(f"{target}: {', '.join(made) if made else 'nothing is missing'}")


def _ensure_running(console: Console, directory: Path, port: int, *, native: bool) -> None:
    if not native and not is_running(directory) and docker_available():
        if compose_available():
            console.print("Docker is available: starting with containers (--native avoids them).")
            compose_up(port)
            console.print("[green]Vínculo is up.[/]")
            print_addresses(console, compose_addresses(), "make logs NAME=…")
            return
        console.print("Docker has no plug-in compose: starting without containers.")
    try:
        with StartDisplay(console) as display:
            started = start_daemon(directory, port=port, report=display.show)
    except KeyboardInterrupt as interrupted:
        console.print("Interrupted; everything was stopped.")
        raise typer.Exit(INTERRUPTED) from interrupted
    environment = running_environment(directory) or {}
    console.print("[green]Vínculo is up.[/]" if started else "Vínculo is already up.")
    print_addresses(console, printable_addresses(environment), str(directory / "logs"))


def _run_tool(module: str, arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run another member as a child process; its exit code. Ctrl-C reaches the child as well."""
    command = [sys.executable, "-m", module, *arguments]
    process = subprocess.Popen(command, env={**os.environ, **environment})  # noqa: S603  # our own
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


async def _serve(directory: Path, mongo_cache_gb: float) -> None:
    stop_requested = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop_requested.set)

    def report(name: str, step: StartStep, detail: str = "") -> None:
        typer.echo(f"# {name} {step} {detail}", err=True)

    server_set = ServerSet(
        directory, StackState(directory), report=report, given={}, mongo_cache_gb=mongo_cache_gb
    )
    try:
        addresses = await server_set.start()
        for variable, value in addresses.environment().items():
            typer.echo(f"export {variable}={value!r}")
        await stop_requested.wait()
    finally:
        await server_set.stop()
