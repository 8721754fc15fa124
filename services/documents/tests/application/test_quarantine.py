"""What is left in quarantine is deleted within the hour."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from vinculo.access import Role
from vinculo.documents.application.quarantine import KEPT_FOR, QuarantineSweep
from vinculo.documents.application.uploads import FORM_LIFETIME
from vinculo.documents.storage.uploads import clean_key, owner_prefixes, quarantine_key

from ..conftest import MakeServiceFixture
from ..sample_files import pdf
from ..service_fixture import ServiceFixture
from ..upload_client import announce, complete, request_screening, send_form

pytestmark = pytest.mark.servers


async def keys_of(service: ServiceFixture, person: UUID) -> list[str]:
    versions = await service.connections.objects.list_versions(owner_prefixes(person))
    return sorted(version.key for version in versions)


async def test_leftovers_are_deleted_and_documents_kept(service: ServiceFixture) -> None:
    person = await service.person()
    async with service.caller(Role.APPLICANT, person) as applicant:
        abandoned, used = [await announce(applicant, "payslip") for _ in range(2)]
        assert await send_form(abandoned, pdf()) == 204
        assert await send_form(used, pdf()) == 204
        await complete(applicant, used["upload_id"])
        assert await send_form(used, pdf()) == 204
    sent_at = datetime.now(UTC)
    now = sent_at + FORM_LIFETIME
    sweep = QuarantineSweep(
        engine=service.connections.database,
        objects=service.connections.objects,
        clock=lambda: now,
    )
    assert len(await keys_of(service, person)) == 3

    await sweep.run()
    assert len(await keys_of(service, person)) == 3

    now = sent_at + KEPT_FOR + timedelta(seconds=5)
    await sweep.run()
    assert await keys_of(service, person) == [clean_key(person, UUID(used["upload_id"]))]


async def test_a_file_that_waits_for_its_screening_is_kept(
    make_service: MakeServiceFixture,
) -> None:
    service = await make_service(has_worker=False)
    person = await service.person()
    async with service.caller(Role.APPLICANT, person) as applicant:
        form = await announce(applicant, "payslip")
        assert await send_form(form, pdf()) == 204
        await request_screening(applicant, form["upload_id"])
    sweep = QuarantineSweep(
        engine=service.connections.database,
        objects=service.connections.objects,
        clock=lambda: datetime.now(UTC) + timedelta(days=1),
    )

    await sweep.run()
    assert await keys_of(service, person) == [quarantine_key(person, UUID(form["upload_id"]))]
