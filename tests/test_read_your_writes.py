"""A read with the consistency token of a command shows the effect of the command."""

from typing import Any
from uuid import UUID, uuid4

from vinculo.simulation.gateway_client import ApiResponse
from vinculo.simulation.payers import Payer, check_digit
from vinculo.testing.waiting import eventually

from .system_harness import SystemHarness


def position(response: ApiResponse) -> str:
    return response.headers["vinculo-position"]


async def profile(harness: SystemHarness, person_id: UUID, since: ApiResponse) -> dict[str, Any]:
    """The customer details of a profile at least as new as the response."""
    response = await harness.operator.call(
        "GET", f"/query/v1/people/{person_id}", params={"min_position": position(since)}
    )
    assert response.headers["vinculo-position"]
    assert float(response.headers["vinculo-lag"]) >= 0
    return dict(response.body["customer_details"])


async def test_reads_with_a_token_show_the_write(harness: SystemHarness) -> None:
    applicant = await harness.completed_applicant(wants_marketing=True)
    person_id = applicant.person_id
    await harness.wait_for_row("pre-customers", applicant)

    withdrawn = await applicant.call(
        "PUT", "/onboarding/v1/me/consents/marketing", json={"given": False, "channel": "web"}
    )
    assert "marketing" not in (await profile(harness, person_id, withdrawn))["consents"]

    (document, *_) = await harness.operator.documents_to_review(person_id)
    accepted = await harness.operator.accept(person_id, document["document_id"])
    files = (await profile(harness, person_id, accepted))["documents"]["files"]
    states = {file["document_id"]: file["state"] for file in files}
    assert states[document["document_id"]] == "accepted"

    seen = await harness.operator.call("GET", f"/registry/v1/people/{person_id}")
    disabled = await harness.operator.call(
        "POST",
        f"/registry/v1/people/{person_id}/status-changes",
        json={"status": "disabled", "reason_code": "requested"},
        headers={"If-Match": seen.headers["ETag"]},
    )
    assert (await profile(harness, person_id, disabled))["status"]["status"] == "disabled"


async def test_a_repeated_command_returns_the_same_token(harness: SystemHarness) -> None:
    number = str(800_000_000 + uuid4().int % 10**8)
    payer = Payer(name=f"Pagaduría {number}", tax_id=f"{number}-{check_digit(number)}")
    payer_id = await harness.operator.register_payer(payer)
    applicant = await harness.activated_applicant()
    await applicant.declare_employment(payer_id)
    once = {"Idempotency-Key": str(uuid4()), "If-Match": 'W/"1"'}
    body = {"name": f"Pagaduría {number} S.A."}
    path = f"/onboarding/v1/payers/{payer_id}"

    renamed = await harness.operator.call("PATCH", path, json=body, headers=once)
    again = await harness.operator.call("PATCH", path, json=body, headers=once)

    assert position(again) == position(renamed)

    async def shown() -> bool:
        details = await profile(harness, applicant.person_id, renamed)
        return bool(details["employment"])

    await eventually(shown)
    details = await profile(harness, applicant.person_id, again)
    assert details["employment"]["payer"] == body["name"]
    assert details["employment"]["payer_state"] == "active"


async def test_responses_to_anonymous_callers_have_no_token(harness: SystemHarness) -> None:
    applicant = harness.applicant()
    registered = await applicant.register()
    link = await applicant.activation_link()
    activated = await harness.gateway.call(
        "POST",
        "/onboarding/v1/activations",
        json={
            "link_id": str(link.link_id),
            "token": link.token,
            "password": applicant.person.password,
        },
    )

    assert "vinculo-position" not in registered.headers
    assert "vinculo-position" in activated.headers
