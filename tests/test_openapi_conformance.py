"""Every response conforms to the service's OpenAPI document and is never a server error.

The generated requests are the same in every run; `VINCULO_FUZZ_EXAMPLES` is their number.
"""

from uuid import uuid4

import pytest
import pytest_asyncio

from vinculo.simulation.payers import Payer, check_digit
from vinculo.simulation.staff import signed_in_operator, staff_account

from .openapi_fuzzing import EXAMPLES, ApiFuzzer
from .system_harness import SystemHarness

PREFIXES = {
    "onboarding-api": "onboarding",
    "documents-api": "documents",
    "customer-registry-api": "registry",
    "query-api": "query",
}
SECONDS_PER_EXAMPLE = 60

pytestmark = pytest.mark.timeout(240 + SECONDS_PER_EXAMPLE * EXAMPLES)


@pytest_asyncio.fixture(params=PREFIXES, scope="module", loop_scope="session")
async def fuzzer(request: pytest.FixtureRequest, harness: SystemHarness) -> ApiFuzzer:
    """Each service gets its own people and payer, because many requests change them."""
    environment = harness.system.environment
    applicant = await harness.activated_applicant()
    tokens: dict[str, str | None] = {"an anonymous caller": None, "an applicant": applicant.token}
    for role in ("operator", "admin"):
        made = staff_account(
            role, environment["VINCULO_HASH_KEY"], name=f"{role}-{uuid4().hex[:8]}"
        )
        member = await signed_in_operator(harness.gateway, made, environment)
        tokens[f"an {role}"] = member.token
    number = str(800_000_000 + uuid4().int % 10**8)
    payer = Payer(name=f"Pagaduría {number}", tax_id=f"{number}-{check_digit(number)}")
    return ApiFuzzer(
        harness.system.process_url(request.param),
        PREFIXES[request.param],
        tokens=tokens,
        known={
            "person_id": str(applicant.person_id),
            "payer_id": str(await harness.operator.register_payer(payer)),
        },
    )


def test_every_response_conforms_to_the_document(fuzzer: ApiFuzzer) -> None:
    assert fuzzer.response_violations() == []


def test_malformed_bodies_are_rejected(fuzzer: ApiFuzzer) -> None:
    assert fuzzer.body_violations() == []


def test_undocumented_methods_are_rejected(fuzzer: ApiFuzzer) -> None:
    assert fuzzer.method_violations() == []
