"""A system whose services are stubs; as a script its daemon: `stub_system.py FOLDER PORT`."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from vinculo.local.daemon import emit, run_daemon
from vinculo.local.services import ServiceCommands, ServiceProcess
from vinculo.local.system import System

STUB = Path(__file__).with_name("stub_service.py")
STUB_DAEMON = (sys.executable, str(Path(__file__)))


def stub_command(process: ServiceProcess, port: int) -> Sequence[str]:
    return [sys.executable, str(STUB), process.name, str(port)]


STUB_COMMANDS = ServiceCommands(service=stub_command, migrate_all=["true"])

if __name__ == "__main__":
    system = System(Path(sys.argv[1]), port=int(sys.argv[2]), report=emit, commands=STUB_COMMANDS)
    sys.exit(asyncio.run(run_daemon(system)))
