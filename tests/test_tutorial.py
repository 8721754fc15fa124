"""The shell blocks of `docs/tutorial.md` are executed in order, on a system of their own.

`make` starts the same commands as the Makefile, with another folder and port. The limits of the
salary are those of the chosen person, because the tutorial's people differ in every run.
"""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from vinculo.local.ports import free_ports
from vinculo.local.settings import ADDRESS_VARIABLES
from vinculo.testing.waiting import eventually

TUTORIAL = Path(__file__).parents[1] / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^(make|export|curl|person=|REGISTRY_POLICIES=)")
PASSWORD = re.compile(r"sign in as operator\s+operator@staff\.example\s+(\S+)")
SIGN_IN = "export GATEWAY"
LIMITS = ("200000000", "100000000")
MAKE = """
make() {
    target=$1; shift
    case $target in
        down) set -- ;;
        demo) set -- --people "${1#PEOPLE=}" --port "$PORT" ;;
        up) set -- --port "$PORT" ;;
    esac
    "$PYTHON" -m vinculo.local "$target" --dir "$PWD/.vinculo" "$@"
}
if [ -e variables ]; then . ./variables; fi
trap 'declare -p GATEWAY token person 2> /dev/null > variables' EXIT
"""

pytestmark = pytest.mark.timeout(1200)


class Shell:
    """Executes blocks in one folder; the variables of one are known to the next."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._port = str(port)
        servers = set(ADDRESS_VARIABLES.values())  # the tutorial starts its own
        given = {name: text for name, text in os.environ.items() if name not in servers}
        self._environment = {
            **given,
            "PORT": self._port,
            "PYTHON": sys.executable,
            "VINCULO_NATIVE": "1",
            "COLUMNS": "300",
        }

    async def run(self, block: str) -> str:
        """What it prints; the exit code is not looked at, because a start is to fail."""
        script = MAKE + block.replace("127.0.0.1:8080", f"127.0.0.1:{self._port}")
        process = await asyncio.create_subprocess_exec(
            "/bin/bash",
            "-c",
            script,
            cwd=self._folder,
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        return output.decode()


@pytest_asyncio.fixture(loop_scope="session")
async def shell(tmp_path: Path) -> AsyncIterator[Shell]:
    shell = Shell(tmp_path, free_ports(["gateway"])["gateway"])
    yield shell
    await shell.run("make down")


class Reader:
    """Follows the tutorial, with the values that it tells readers to fill in."""

    def __init__(self, shell: Shell, folder: Path) -> None:
        self._shell = shell
        self._policies = folder / ".vinculo" / "policies.toml"
        self._password = ""
        self._sign_in = ""
        self._salary_cents = 0
        self._output = ""
        self._repeated = ""

    async def read(self, language: str, block: str) -> None:
        if language == "toml":
            self._write(block)
        elif COMMAND.match(block):
            await self._execute(block)
        elif self._output:
            await eventually(lambda: self._expect(block), timeout=90)

    async def _execute(self, block: str) -> None:
        if block.startswith("person="):
            block = await self._with_own_person(block)
        if block.startswith(SIGN_IN):
            self._sign_in = block
        self._output = await self._shell.run(block.replace("<password>", self._password))
        self._repeated = block if "curl" in block else ""
        if found := PASSWORD.search(self._output):
            self._password = found[1]
        if "Vínculo is up" in self._output:
            await self._shell.run(self._sign_in.replace("<password>", self._password))

    async def _with_own_person(self, block: str) -> str:
        """The first one in the list of step 3 for whom only the documents are open."""
        ask = block.partition("\n")[2]
        for line in self._output.splitlines():
            person = f"person={line.split()[0]}\n"
            if (await self._shell.run(person + ask)).count('"missing"') == 1:
                profile = 'curl -s "$GATEWAY/query/v1/people/$person" -H "Authorization: Bearer '
                found = json.loads(await self._shell.run(profile + '$token"'))
                self._salary_cents = _salary_of(found)
                return person + ask
        raise AssertionError(f"no applicant has only the documents open in:\n{self._output}")

    def _write(self, block: str) -> None:
        """The file, or the lines in place of those of the rule about the salary."""
        for limit, cents in zip(LIMITS, (self._salary_cents + 1, self._salary_cents), strict=True):
            block = block.replace(limit, str(cents))
        if block.startswith("["):
            self._policies.write_text(block, "utf-8")
            return
        head, rule, tail = self._policies.read_text("utf-8").partition('"salary_sufficient"\n')
        for line in block.splitlines():
            key = line.partition(" = ")[0]
            tail = re.sub(rf"^{key} = .*$", line, tail, count=1, flags=re.MULTILINE)
        self._policies.write_text(head + rule + tail, "utf-8")

    async def _expect(self, documented: str) -> bool:
        """Each documented line occurs, apart from what differs in every run."""
        if self._repeated:
            self._output = await self._shell.run(self._repeated)
        actual = _general(self._output)
        for line in documented.replace(LIMITS[0], str(self._salary_cents + 1)).splitlines():
            assert _general(line) in actual, f"{line!r} is not in\n{self._output}"
        return True


def _salary_of(profile: object) -> int:
    """The salary in cents, wherever the profile has it."""
    found = re.search(r'"net_monthly_salary_cents": (\d+)', json.dumps(profile))
    assert found is not None, profile
    return int(found[1])


def _general(text: str) -> str:
    """Without ids, times, numbers of people, addresses and people's names."""
    for pattern, general in (
        (r"^[0-9a-f]{8}-[0-9a-f-]{27} .*", "PERSON"),
        (r"^\d{4}-\d\d-\d\dT\S+ ", "TIME "),
        (r"^│.*$", ""),
        (r'("pre_customer"|"customer"):\{[^}]*\}', r"\1"),
        (r"127\.0\.0\.1:\d+", "ADDRESS"),
        (r"operator@staff\.example +\S+", "operator@staff.example"),
        (r"see \S+/\.vinculo", "see .vinculo"),
        (r"…(/\.vinculo)?", ""),
        (r" +", " "),
    ):
        text = re.sub(pattern, general, text, flags=re.MULTILINE)
    return text


async def test_the_tutorial_is_executed_as_written(shell: Shell, tmp_path: Path) -> None:
    reader = Reader(shell, tmp_path)

    for language, block in BLOCK.findall(TUTORIAL.read_text("utf-8")):
        await reader.read(language, block)
