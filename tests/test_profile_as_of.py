"""Past states of a profile, the changes since then, and their audit trail."""

from typing import Any
from uuid import UUID

from vinculo.testing.waiting import eventually

from .system_harness import SystemHarness


async def test_a_customer_can_be_viewed_as_a_former_pre_customer(harness: SystemHarness) -> None:
    applicant = await harness.customer()
    person_id = applicant.person_id
    await harness.wait_for_row("customers", applicant, status="enabled")
    completed = await find_event(harness, person_id, "application-completed.v1")
    promoted = await find_event(harness, person_id, "pre-customer-promoted.v1")

    now = await view_profile(harness, person_id)
    then = await view_profile(harness, person_id, as_of=completed["event_id"])
    again = await view_profile(harness, person_id, as_of=promoted["at"])

    assert (now["kind"], then["kind"], again["kind"]) == ("customer", "pre_customer", "customer")
    assert (then["customer_id"], then["status"]) == (None, "pending")
    assert then["last_event"]["event_id"] == completed["event_id"]
    for part in ("personal", "employment"):
        assert without_age(then["customer_details"][part]) == without_age(
            now["customer_details"][part]
        )
    assert {file["state"] for file in then["customer_details"]["documents"]["files"]} <= {
        "received",
        "screened",
    }

    changes = await harness.operator.call(
        "GET", f"/query/v1/people/{person_id}/changes", params={"from": completed["event_id"]}
    )
    by_field = {change["field"]: change for change in changes.body["changes"]}
    kind = by_field["kind"]
    assert (kind["before"], kind["after"]) == ("pre_customer", "customer")
    assert kind["events"] == [promoted["event_id"]]
    assert by_field["customer_details.documents.state"]["after"] == "accepted"


async def test_the_audit_trail_contains_every_view(harness: SystemHarness) -> None:
    applicant = await harness.activated_applicant()
    person_id = applicant.person_id
    await harness.wait_for_row("pre-customers", applicant)
    await view_profile(harness, person_id)
    started = await find_event(harness, person_id, "application-started.v1")
    activated = await find_event(harness, person_id, "pre-customer-activated.v2")
    await view_profile(harness, person_id, as_of=activated["event_id"])

    trail = await harness.admin.call("GET", "/query/v1/audit", params={"person_id": str(person_id)})

    assert started["event_id"] != activated["event_id"]
    viewed = [entry for entry in trail.body["items"] if entry["action"] == "profile-viewed"]
    assert [entry["facts"] for entry in viewed] == [{"as_of": activated["event_id"]}, {}]
    assert len({entry["by"] for entry in viewed}) == 1


async def view_profile(
    harness: SystemHarness, person_id: UUID, **parameters: str
) -> dict[str, Any]:
    response = await harness.operator.call(
        "GET", f"/query/v1/people/{person_id}", params=parameters
    )
    return dict(response.body)


async def find_event(harness: SystemHarness, person_id: UUID, type_: str) -> dict[str, Any]:
    async def shown() -> list[dict[str, Any]]:
        path = f"/query/v1/people/{person_id}/timeline"
        response = await harness.operator.call("GET", path)
        return [item for item in response.body["items"] if item["type"] == type_]

    found: list[dict[str, Any]] = await eventually(shown)
    return found[0]


def without_age(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name not in {"age_days", "is_stale"}}
