"""Staff are managed by commands that read passwords from standard input."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from uuid import UUID

import pytest
from typer.testing import CliRunner

from vinculo.access.tokens import subject_id
from vinculo.onboarding.__main__ import app
from vinculo.testing.fixture_types import NewDatabase

from .service_fixture import migrate_onboarding

GOOD = "nueve faroles junto al muelle"

BETTER = "doce barcas detrás de la niebla"


async def staff_add(
    database_url: str, email: str, role: str, password: str
) -> tuple[int | None, str, str]:
    return await run_command(
        ["staff", "add", "--email", email, "--role", role],
        {"ONBOARDING_DATABASE_URL": database_url},
        password + "\n",
    )


async def run_command(
    arguments: list[str], environment: Mapping[str, str], given: str = ""
) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "vinculo.onboarding",
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.environ["PATH"], **environment},
    )
    said, complained = await process.communicate(given.encode())
    return process.returncode, said.decode(), complained.decode()


@pytest.mark.servers
async def test_members_are_listed_given_passwords_and_removed_by_command(
    new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await new_database(migrate_onboarding, "onboarding")
    monkeypatch.setenv("ONBOARDING_DATABASE_URL", url)

    async def staff(*arguments: str, given: str = "") -> tuple[int, str, str]:
        """In another thread, because the command runs its own event loop."""
        result = await asyncio.to_thread(
            CliRunner().invoke, app, ["staff", *arguments], input=given + "\n"
        )
        return result.exit_code, result.stdout, result.stderr

    _, viewer_id, _ = await staff(
        "add", "--email", "Vi@example.com", "--role", "viewer", given=GOOD
    )
    _, admin_id, _ = await staff("add", "--email", "ad@example.com", "--role", "admin", given=GOOD)
    _, listed, _ = await staff("list")
    changed = await staff("password", "--email", "vi@example.com", given=BETTER)
    weak = await staff("password", "--email", "vi@example.com", given="weak")
    removed = await staff("remove", "--email", "AD@example.com")
    again = await staff("remove", "--email", "ad@example.com")
    _, left, _ = await staff("list")

    assert [line.split("\t")[:3] for line in listed.splitlines()] == [
        [admin_id.strip(), "ad@example.com", "admin"],
        [viewer_id.strip(), "vi@example.com", "viewer"],
    ]
    assert changed == (0, viewer_id, "")
    assert weak == (1, "", "password: Must have at least 15 characters; a sentence will do\n")
    assert removed == (0, admin_id, "")
    assert again == (1, "", "there is no member of staff with the e-mail ad@example.com\n")
    assert left == listed.splitlines(keepends=True)[1]


@pytest.mark.servers
async def test_a_member_is_added_once(new_database: NewDatabase) -> None:
    url = await new_database(migrate_onboarding, "onboarding")
    code, said, _ = await staff_add(url, "Operator@example.com", "operator", GOOD)
    again, _, complaint = await staff_add(url, "operator@example.com", "admin", GOOD)

    assert code == 0
    assert UUID(said.strip())
    assert again == 1
    assert complaint == "there is already a member of staff with the e-mail operator@example.com\n"


async def test_a_weak_password_is_refused_with_a_sentence() -> None:
    code, said, complaint = await staff_add("postgresql://x", "a@example.com", "operator", "weak")

    assert (code, said) == (1, "")
    assert complaint == "password: Must have at least 15 characters; a sentence will do\n"


@pytest.mark.servers
async def test_subjects_of_configured_issuers_are_denied_and_allowed_by_command(
    new_database: NewDatabase,
) -> None:
    issuer = {
        "issuer": "https://idp.example",
        "audience": "vinculo",
        "jwks_url": "https://idp.example/keys",
        "roles": {},
    }
    environment = {
        "ONBOARDING_DATABASE_URL": await new_database(migrate_onboarding, "onboarding"),
        "VINCULO_OIDC_ISSUERS": json.dumps([issuer]),
    }
    subject = ["--issuer", "https://idp.example", "--subject", "4711"]
    stranger = ["--issuer", "https://other.example", "--subject", "4711"]

    denied = await run_command(["staff", "deny", *subject], environment)
    allowed = await run_command(["staff", "allow", *subject], environment)
    again = await run_command(["staff", "allow", *subject], environment)
    unknown = await run_command(["staff", "deny", *stranger], environment)

    expected = f"{subject_id('https://idp.example', '4711')}\n"
    assert denied == allowed == (0, expected, "")
    assert (again[0], again[2]) == (1, "the subject of this issuer is not denied\n")
    assert (unknown[0], unknown[2]) == (
        1,
        "VINCULO_OIDC_ISSUERS has no issuer https://other.example\n",
    )
