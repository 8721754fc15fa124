"""An operator looks at a person as they were, at what has changed since, and leaves a trace."""

from typing import Any
from uuid import UUID

from vinculo.testing.eventually import eventually

from .lender import Lender


async def test_a_customer_is_shown_as_the_pre_customer_they_were(lender: Lender) -> None:
    applicant = await lender.customer()
    person_id = applicant.person_id
    await lender.listed("customers", applicant, status="enabled")
    completed = await event(lender, person_id, "application-completed.v1")
    promoted = await event(lender, person_id, "pre-customer-promoted.v1")

    now = await look(lender, person_id)
    then = await look(lender, person_id, as_of=completed["event_id"])
    again = await look(lender, person_id, as_of=promoted["at"])

    assert (now["kind"], then["kind"], again["kind"]) == ("customer", "pre_customer", "customer")
    assert (then["customer_id"], then["status"]) == (None, "pending")
    assert then["last_event"]["event_id"] == completed["event_id"]
    for part in ("personal", "employment"):
        assert timeless(then["customer_details"][part]) == timeless(now["customer_details"][part])
    assert {file["state"] for file in then["customer_details"]["documents"]["files"]} <= {
        "received",
        "screened",
    }

    changes = await lender.operator.call(
        "GET", f"/query/v1/people/{person_id}/changes", params={"from": completed["event_id"]}
    )
    by_field = {change["field"]: change for change in changes.body["changes"]}
    kind = by_field["kind"]
    assert (kind["before"], kind["after"]) == ("pre_customer", "customer")
    assert kind["events"] == [promoted["event_id"]]
    assert by_field["customer_details.documents.state"]["after"] == "accepted"


async def test_administrators_see_who_looked(lender: Lender) -> None:
    applicant = await lender.activated()
    person_id = applicant.person_id
    await lender.listed("pre-customers", applicant)
    await look(lender, person_id)
    started = await event(lender, person_id, "application-started.v1")
    activated = await event(lender, person_id, "pre-customer-activated.v1")
    await look(lender, person_id, as_of=activated["event_id"])

    trail = await lender.admin.call("GET", "/query/v1/audit", params={"person_id": str(person_id)})

    assert started["event_id"] != activated["event_id"]
    viewed = [entry for entry in trail.body["items"] if entry["action"] == "profile-viewed"]
    assert [entry["facts"] for entry in viewed] == [{"as_of": activated["event_id"]}, {}]
    assert len({entry["by"] for entry in viewed}) == 1


async def look(lender: Lender, person_id: UUID, **asked: str) -> dict[str, Any]:
    answer = await lender.operator.call("GET", f"/query/v1/people/{person_id}", params=asked)
    return dict(answer.body)


async def event(lender: Lender, person_id: UUID, type_: str) -> dict[str, Any]:
    async def shown() -> list[dict[str, Any]]:
        path = f"/query/v1/people/{person_id}/timeline"
        answer = await lender.operator.call("GET", path)
        return [item for item in answer.body["items"] if item["type"] == type_]

    found: list[dict[str, Any]] = await eventually(shown)
    return found[0]


def timeless(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name not in {"age_days", "is_stale"}}
