"""A system whose services are stand-ins; as a script it owns one: `stub_system.py FOLDER PORT`."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from vinculo.local.holder import hold, report
from vinculo.local.members import Commands, Process
from vinculo.local.system import System

STUB = Path(__file__).with_name("stub_service.py")
OWNER = (sys.executable, str(Path(__file__)))


def stub_command(process: Process, port: int) -> Sequence[str]:
    return [sys.executable, str(STUB), process.name, str(port)]


STUBS = Commands(service=stub_command, jobs=["true"])

if __name__ == "__main__":
    sys.exit(
        asyncio.run(
            hold(System(Path(sys.argv[1]), port=int(sys.argv[2]), report=report, commands=STUBS))
        )
    )
