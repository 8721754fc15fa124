"""Members of staff are made by a command that reads the password from standard input."""

import asyncio
import os
import sys
from collections.abc import Mapping
from uuid import UUID

import pytest

from vinculo.access import Role
from vinculo.local.testing import NewDatabase
from vinculo.onboarding.accounts.staff import NotARoleOfStaff, checked_member
from vinculo.onboarding.fields.refusals import FormRefused

from .service_under_test import migrate_onboarding

GOOD = "nueve faroles junto al muelle"


async def staff_add(
    database_url: str, email: str, role: str, password: str
) -> tuple[int | None, str, str]:
    return await command(
        ["staff", "add", "--email", email, "--role", role],
        {"ONBOARDING_DATABASE_URL": database_url},
        password + "\n",
    )


async def command(
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
async def test_a_member_is_added_once(new_database: NewDatabase) -> None:
    url = await new_database(migrate_onboarding, "onboarding")
    code, said, _ = await staff_add(url, "Operator@example.com", "operator", GOOD)
    again, _, complaint = await staff_add(url, "operator@example.com", "admin", GOOD)

    assert code == 0
    assert UUID(said.strip())
    assert again == 1
    assert complaint == "there is a member of staff with the e-mail operator@example.com already\n"


async def test_a_weak_password_is_refused_by_a_sentence() -> None:
    code, said, complaint = await staff_add("postgresql://x", "a@example.com", "operator", "weak")

    assert (code, said) == (1, "")
    assert complaint == "password: Must have at least 15 characters; a sentence will do\n"


async def test_a_missing_setting_is_one_line_and_its_own_exit_code() -> None:
    code, said, complaint = await command(["migrate"], {})

    assert (code, said, complaint) == (78, "", "ONBOARDING_DATABASE_URL: missing\n")


def test_an_applicant_is_not_made_by_the_command() -> None:
    with pytest.raises(NotARoleOfStaff):
        checked_member("a@example.com", Role.APPLICANT, GOOD)


def test_the_password_may_not_be_made_of_the_address() -> None:
    with pytest.raises(FormRefused):
        checked_member("operaciones@cooperativa.com", Role.VIEWER, "operaciones.cooperativa")
