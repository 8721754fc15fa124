"""What is left in quarantine is deleted within the hour."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from vinculo.access import Role
from vinculo.documents.application.quarantine import KEPT_FOR, QuarantineSweep
from vinculo.documents.application.uploads import FORM_LIFETIME
from vinculo.documents.storage.uploads import clean_key, person_prefixes

from ..sample_files import pdf
from ..service_fixture import ServiceFixture
from ..upload_client import announce, complete, send_form

pytestmark = pytest.mark.servers


async def keys_of(service: ServiceFixture, person: UUID) -> list[str]:
    versions = await service.connections.objects.list_versions(person_prefixes(person))
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
    objects = service.connections.objects
    assert len(await keys_of(service, person)) == 3

    await QuarantineSweep(objects=objects, clock=lambda: sent_at + FORM_LIFETIME).run()
    assert len(await keys_of(service, person)) == 3

    late = sent_at + KEPT_FOR + timedelta(seconds=5)
    await QuarantineSweep(objects=objects, clock=lambda: late).run()
    assert await keys_of(service, person) == [clean_key(person, UUID(used["upload_id"]))]
