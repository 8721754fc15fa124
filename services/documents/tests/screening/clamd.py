"""Debian's clamd with a signature of the tests' own, because its database cannot be downloaded."""

import asyncio
import hashlib
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from vinculo.documents.screening.scanner import Scanner, ScannerUnavailableError
from vinculo.testing.waiting import eventually

EICAR: Final = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The file with which scanners are tested: https://www.eicar.org/download-anti-malware-testfile/."""
SIGNATURE: Final = "Eicar-Test-Signature.UNOFFICIAL"
"""As clamd names what a signature without a vendor's seal has found."""
STREAM_MAX_BYTES: Final = 1_000_000


def clamd_path() -> str:
    found = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise RuntimeError("clamd is missing; try: apt-get install clamav-daemon")
    return found


@asynccontextmanager
async def running_clamd(folder: Path, port: int | None = None) -> AsyncIterator[str]:
    """The address of a clamd that knows EICAR, at a Unix socket or a port."""
    signatures = folder / "signatures"
    signatures.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(EICAR).hexdigest()
    (signatures / "tests.hsb").write_text(
        f"{digest}:{len(EICAR)}:{SIGNATURE.removesuffix('.UNOFFICIAL')}:73\n"
    )
    socket = folder / "clamd.sock"
    listens = f"LocalSocket {socket}" if port is None else f"TCPAddr 127.0.0.1\nTCPSocket {port}"
    configuration = folder / "clamd.conf"
    configuration.write_text(
        f"{listens}\nDatabaseDirectory {signatures}\nForeground yes\nMaxThreads 2\n"
        f"StreamMaxLength {STREAM_MAX_BYTES}\nLogFile {folder / 'clamd.log'}\n"
    )
    process = await asyncio.create_subprocess_exec(
        clamd_path(),
        "--config-file",
        configuration,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    url = f"unix://{socket}" if port is None else f"tcp://127.0.0.1:{port}"
    try:
        await eventually(lambda: _replies(Scanner(url=url)), timeout=30)
        yield url
    finally:
        process.terminate()
        await process.wait()
        socket.unlink(missing_ok=True)


async def _replies(scanner: Scanner) -> bool:
    try:
        await scanner.check()
    except ScannerUnavailableError:
        return False
    return True
