"""Every response to every role conforms to the OpenAPI document and is no server error.

The generated requests are the same in every run; `VINCULO_FUZZ_EXAMPLES` is their number.
"""

import asyncio
from collections.abc import Mapping
from uuid import uuid4

import pytest
import pytest_asyncio

from vinculo.access import PUBLIC_ROLES, Role
from vinculo.simulation.payers import Payer, check_digit
from vinculo.simulation.staff import create_staff_account, staff_account

from .openapi_fuzzing import EXAMPLES, ApiFuzzer
from .system_harness import SystemHarness

PREFIXES = {
    "onboarding-api": "onboarding",
    "documents-api": "documents",
    "customer-registry-api": "registry",
    "notifications-api": "notifications",
    "query-api": "query",
}
STAFF_ROLES = [role for role in Role if role not in PUBLIC_ROLES]
SECONDS_PER_EXAMPLE = 60

pytestmark = pytest.mark.timeout(240 + SECONDS_PER_EXAMPLE * EXAMPLES)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def staff(harness: SystemHarness) -> dict[str, Mapping[str, str]]:
    """Bodies to sign in with, of a member of staff of every role; a service is one, too."""
    environment = harness.system.environment
    accounts = [
        staff_account(role, environment["VINCULO_HASH_KEY"], f"{role}-{uuid4().hex[:8]}")
        for role in STAFF_ROLES
    ]
    await asyncio.gather(*(create_staff_account(each, environment) for each in accounts))
    return {each.role: {"email": each.email, "password": each.password} for each in accounts}


@pytest_asyncio.fixture(params=PREFIXES, scope="module", loop_scope="session")
async def fuzzer(
    request: pytest.FixtureRequest, harness: SystemHarness, staff: dict[str, Mapping[str, str]]
) -> ApiFuzzer:
    """Each service gets its own people and payer, because many requests change them."""
    applicant, known_person = [await harness.activated_applicant() for _ in range(2)]
    person = applicant.person
    account = {"document_number": person.document_number, "password": person.password}
    number = str(800_000_000 + uuid4().int % 10**8)
    payer = Payer(name=f"Pagaduría {number}", tax_id=f"{number}-{check_digit(number)}")
    return ApiFuzzer(
        harness.system.process_url(request.param),
        PREFIXES[request.param],
        sign_in_url=f"{harness.system.url}/onboarding/v1/sessions",
        accounts={Role.APPLICANT: account, **staff},
        known={
            "person_id": str(known_person.person_id),
            "payer_id": str(await harness.operator.register_payer(payer)),
        },
    )


def test_every_response_conforms_to_the_document(fuzzer: ApiFuzzer) -> None:
    assert fuzzer.response_violations() == []


def test_malformed_bodies_are_rejected(fuzzer: ApiFuzzer) -> None:
    assert fuzzer.body_violations() == []


def test_undocumented_methods_are_rejected(fuzzer: ApiFuzzer) -> None:
    assert fuzzer.method_violations() == []
