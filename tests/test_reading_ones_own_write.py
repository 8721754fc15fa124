"""Whoever hands a command's position to a read is shown what the command did, at once."""

from typing import Any
from uuid import UUID, uuid4

from vinculo.simulation.gateway_client import ApiResponse
from vinculo.simulation.payers import Payer, check_digit
from vinculo.testing.eventually import eventually

from .lender import Lender


def position(answer: ApiResponse) -> str:
    return answer.headers["vinculo-position"]


async def profile(lender: Lender, person_id: UUID, since: ApiResponse) -> dict[str, Any]:
    """Of one look at the profile that is to show what was answered."""
    answer = await lender.operator.call(
        "GET", f"/query/v1/people/{person_id}", params={"min_position": position(since)}
    )
    assert answer.headers["vinculo-position"]
    assert float(answer.headers["vinculo-lag"]) >= 0
    return dict(answer.body["customer_details"])


async def test_what_was_written_is_read(lender: Lender) -> None:
    applicant = await lender.completed(wants_marketing=True)
    person_id = applicant.person_id
    await lender.listed("pre-customers", applicant)

    withdrawn = await applicant.call(
        "PUT", "/onboarding/v1/me/consents/marketing", json={"given": False, "channel": "web"}
    )
    assert "marketing" not in (await profile(lender, person_id, withdrawn))["consents"]

    (waiting, *_) = await lender.operator.documents_to_review(person_id)
    accepted = await lender.operator.call(
        "POST", f"/documents/v1/documents/{waiting['document_id']}/acceptance"
    )
    files = (await profile(lender, person_id, accepted))["documents"]["files"]
    states = {file["document_id"]: file["state"] for file in files}
    assert states[waiting["document_id"]] == "accepted"

    seen = await lender.operator.call("GET", f"/registry/v1/people/{person_id}")
    disabled = await lender.operator.call(
        "POST",
        f"/registry/v1/people/{person_id}/status-changes",
        json={"status": "disabled", "reason_code": "requested"},
        headers={"If-Match": seen.headers["ETag"]},
    )
    assert (await profile(lender, person_id, disabled))["status"]["status"] == "disabled"


async def test_a_repeated_command_answers_the_same_position(lender: Lender) -> None:
    number = str(800_000_000 + uuid4().int % 10**8)
    payer = Payer(name=f"Pagaduría {number}", tax_id=f"{number}-{check_digit(number)}")
    payer_id = await lender.operator.register_payer(payer)
    applicant = await lender.activated()
    await applicant.declare_employment(payer_id)
    once = {"Idempotency-Key": str(uuid4()), "If-Match": 'W/"1"'}
    body = {"name": f"Pagaduría {number} S.A."}
    path = f"/onboarding/v1/payers/{payer_id}"

    renamed = await lender.operator.call("PATCH", path, json=body, headers=once)
    again = await lender.operator.call("PATCH", path, json=body, headers=once)

    assert position(again) == position(renamed)

    async def shown() -> bool:
        details = await profile(lender, applicant.person_id, renamed)
        return bool(details["employment"])

    await eventually(shown)
    details = await profile(lender, applicant.person_id, again)
    assert details["employment"]["payer"] == body["name"]
    assert details["employment"]["payer_state"] == "active"


async def test_who_is_not_signed_in_is_told_no_position(lender: Lender) -> None:
    applicant = lender.applicant()
    registered = await applicant.register()
    link = await applicant.activation_link()
    activated = await lender.gateway.call(
        "POST",
        "/onboarding/v1/activations",
        json={"link_id": str(link.link_id), "token": link.token},
    )

    assert "vinculo-position" not in registered.headers
    assert "vinculo-position" in activated.headers
