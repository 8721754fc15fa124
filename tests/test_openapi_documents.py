"""Whatever is sent to a service, it answers as its OpenAPI document says, and never with a failure.

The requests are the same in every run. `VINCULO_FUZZ_EXAMPLES` makes more of them.
"""

from uuid import uuid4

import pytest
import pytest_asyncio

from vinculo.simulation.payers import Payer, check_digit
from vinculo.simulation.staff import signed_in_operator, staff_account

from .fuzzing import EXAMPLES, Service
from .lender import Lender

PREFIXES = {
    "onboarding-api": "onboarding",
    "documents-api": "documents",
    "customer-registry-api": "registry",
    "query-api": "query",
}
SECONDS_AN_EXAMPLE = 60

pytestmark = pytest.mark.timeout(240 + SECONDS_AN_EXAMPLE * EXAMPLES)


@pytest_asyncio.fixture(params=PREFIXES, scope="module", loop_scope="session")
async def service(request: pytest.FixtureRequest, lender: Lender) -> Service:
    """People and a payer of its own, as much of what is sent changes them."""
    environment = lender.system.environment
    applicant = await lender.activated()
    tokens: dict[str, str | None] = {"nobody": None, "an applicant": applicant.token}
    for role in ("operator", "admin"):
        made = staff_account(
            role, environment["VINCULO_HASH_KEY"], name=f"{role}-{uuid4().hex[:8]}"
        )
        member = await signed_in_operator(lender.gateway, made, environment)
        tokens[f"an {role}"] = member.token
    number = str(800_000_000 + uuid4().int % 10**8)
    payer = Payer(name=f"Pagaduría {number}", tax_id=f"{number}-{check_digit(number)}")
    return Service(
        lender.system.process_url(request.param),
        PREFIXES[request.param],
        tokens=tokens,
        known={
            "person_id": str(applicant.person_id),
            "payer_id": str(await lender.operator.register_payer(payer)),
        },
    )


def test_every_answer_is_as_the_document_says(service: Service) -> None:
    assert service.faults() == []


def test_what_is_no_body_is_refused(service: Service) -> None:
    assert service.faults_of_bodies() == []


def test_methods_that_are_not_described_are_refused(service: Service) -> None:
    assert service.faults_of_methods() == []
