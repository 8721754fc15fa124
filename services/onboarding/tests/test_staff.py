"""Members of staff are made by a command that reads the password from standard input."""

import asyncio
import os
import sys
from collections.abc import Mapping
from uuid import UUID

import pytest
from typer.testing import CliRunner

from vinculo.access import Role
from vinculo.onboarding.__main__ import app
from vinculo.onboarding.application.staff import NoSuchStaffMember, NotAStaffRole, validate_member
from vinculo.onboarding.forms.validation import InvalidForm
from vinculo.testing.fixture_types import NewDatabase

from .service_under_test import Service, migrate_onboarding

ADDRESS = "operator@example.com"
GOOD = "nueve faroles junto al muelle"
BETTER = "doce barcas detrás de la niebla"


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


async def signed_in(service: Service, password: str) -> dict[str, str] | None:
    answer = await service.post("sessions", {"email": ADDRESS, "password": password})
    session: dict[str, str] = answer.json()
    return session if answer.status_code == 201 else None


async def refreshes(service: Service, session: dict[str, str]) -> bool:
    body = {"refresh_token": session["refresh_token"]}
    return (await service.post("sessions/refresh", body)).status_code == 200


async def added(service: Service, email: str = ADDRESS) -> UUID:
    return await service.staff.add(validate_member(email, Role.OPERATOR, GOOD), service.clock())


@pytest.mark.servers
async def test_a_member_who_is_removed_is_signed_out_and_does_not_come_back(
    service: Service,
) -> None:
    staff_id = await added(service)
    session = await signed_in(service, GOOD)
    assert session is not None

    assert await service.staff.remove(ADDRESS) == staff_id
    assert not await refreshes(service, session)
    assert await signed_in(service, GOOD) is None
    with pytest.raises(NoSuchStaffMember):
        await service.staff.remove(ADDRESS)


@pytest.mark.servers
async def test_another_password_takes_the_place_of_the_first_and_ends_the_sessions(
    service: Service,
) -> None:
    staff_id = await added(service)
    await added(service, "other@example.com")
    session = await signed_in(service, GOOD)
    others = (
        await service.post("sessions", {"email": "other@example.com", "password": GOOD})
    ).json()
    assert session is not None

    assert await service.staff.set_member_password(ADDRESS, BETTER) == staff_id
    assert not await refreshes(service, session)
    assert await signed_in(service, GOOD) is None
    assert await signed_in(service, BETTER) is not None
    assert await refreshes(service, others)
    with pytest.raises(NoSuchStaffMember):
        await service.staff.set_member_password("nobody@example.com", BETTER)


@pytest.mark.servers
async def test_members_are_listed_given_passwords_and_removed_by_command(
    new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await new_database(migrate_onboarding, "onboarding")
    monkeypatch.setenv("ONBOARDING_DATABASE_URL", url)

    async def staff(*arguments: str, given: str = "") -> tuple[int, str, str]:
        """In another thread, as the command has a loop of its own."""
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


async def test_a_weak_password_is_refused_by_a_sentence() -> None:
    code, said, complaint = await staff_add("postgresql://x", "a@example.com", "operator", "weak")

    assert (code, said) == (1, "")
    assert complaint == "password: Must have at least 15 characters; a sentence will do\n"


async def test_a_missing_setting_is_one_line_and_its_own_exit_code() -> None:
    code, said, complaint = await command(["migrate"], {})

    assert (code, said, complaint) == (78, "", "ONBOARDING_DATABASE_URL: missing\n")


def test_an_applicant_is_not_made_by_the_command() -> None:
    with pytest.raises(NotAStaffRole):
        validate_member("a@example.com", Role.APPLICANT, GOOD)


def test_the_password_may_not_be_made_of_the_address() -> None:
    with pytest.raises(InvalidForm):
        validate_member("operaciones@cooperativa.com", Role.VIEWER, "operaciones.cooperativa")
