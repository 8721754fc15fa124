"""Records, requirements and status changes over HTTP, on a real database."""

from uuid import UUID, uuid4

import httpx2
import pytest

from vinculo.access import PERMISSIONS, Role
from vinculo.httpapi import parse_position

from ..http_calls import ADMIN, OPERATOR, PEOPLE, ROUTES, call, caller, problem_type
from ..incoming_events import COMPLETED, STARTED, Applicant
from ..registry_harness import RegistryHarness

pytestmark = pytest.mark.servers


async def change_status(
    http: httpx2.AsyncClient,
    person_id: UUID,
    status: str,
    *,
    role: Role = Role.OPERATOR,
    subject: UUID = OPERATOR,
    version: int | None = None,
    note: str | None = None,
    reason: str | None = None,
) -> httpx2.Response:
    if version is None:
        found = await http.get(f"{PEOPLE}/{person_id}", headers=caller(Role.VIEWER))
        version = found.json()["version"] if found.status_code == 200 else 1
    body = {"status": status, "reason_code": reason or "requested"}
    if note is not None:
        body["note"] = note
    return await http.post(
        f"{PEOPLE}/{person_id}/status-changes",
        json=body,
        headers=caller(role, subject, if_match=f'W/"{version}"'),
    )


async def test_a_record_is_shown_with_its_version_as_etag(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.make_customer(applicant)

    answer = await http.get(f"{PEOPLE}/{applicant.person_id}", headers=caller(Role.VIEWER))

    assert answer.status_code == 200
    shown = answer.json()
    assert answer.headers["etag"] == f'W/"{shown["version"]}"'
    types = await registry.event_types(applicant.person_id)
    assert shown["version"] == len(types) - types.count("requirements-evaluated") < len(types)
    assert (shown["kind"], shown["status"]) == ("customer", "enabled")
    assert shown["registered_at"] == STARTED.isoformat().replace("+00:00", "Z")
    assert shown["completed_at"] == COMPLETED.isoformat().replace("+00:00", "Z")
    assert {"person_id", "registration_number", "customer_id", "promoted_at"} <= shown.keys()


async def test_a_pre_customer_has_no_customer_id_and_shows_when_it_completed(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.make_pending(applicant)

    shown = (await http.get(f"{PEOPLE}/{applicant.person_id}", headers=caller(Role.VIEWER))).json()

    assert (shown["kind"], shown["status"]) == ("pre_customer", "pending")
    assert "completed_at" in shown
    assert "customer_id" not in shown


@pytest.mark.parametrize(
    ("language", "title"),
    [("es-CO,es;q=0.9", "Documentos aceptados por un revisor"), ("en", "Documents accepted")],
)
async def test_requirements_have_titles_in_the_callers_language(
    registry: RegistryHarness, http: httpx2.AsyncClient, language: str, title: str
) -> None:
    applicant = Applicant()
    verified = applicant.verified()
    await registry.deliver(await applicant.started(registry.keys), verified)

    answer = await http.get(
        f"{PEOPLE}/{applicant.person_id}/requirements",
        headers=caller(Role.VIEWER, accept_language=language),
    )

    shown = answer.json()
    assert (shown["policy"], shown["policy_version"], shown["all_met"]) == ("reviewed", 1, False)
    by_code = {each["code"]: each for each in shown["requirements"]}
    assert by_code["documents_accepted"]["title"].startswith(title)
    assert by_code["documents_accepted"]["outcome"] == "missing"
    assert by_code["email_verified"]["observed"] == {"email_verified": True}
    assert by_code["email_verified"]["evidence"] == [
        {"fact": "email_verified", "event_id": str(verified.event_id)}
    ]


async def test_requirements_are_explained_by_the_facts_of_now(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.deliver(await applicant.started(registry.keys), applicant.verified())
    url = f"{PEOPLE}/{applicant.person_id}/requirements"
    viewer = caller(Role.VIEWER)
    explained = []
    for _ in range(2):
        declared = await applicant.employed(registry.keys)
        await registry.deliver(declared)
        answer = (await http.get(url, headers=viewer)).json()
        by_code = {each["code"]: each for each in answer["requirements"]}
        explained.append(by_code["employment_declared"])
        assert explained[-1]["evidence"][0]["event_id"] == str(declared.event_id)

    first, second = explained
    assert first["outcome"] == second["outcome"] == "met"
    assert first["since"] == second["since"] is not None


async def test_a_record_shows_which_changes_the_caller_may_make(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.make_customer(applicant)
    url = f"{PEOPLE}/{applicant.person_id}"

    async def possible(role: Role) -> list[str]:
        shown = (await http.get(url, headers=caller(role))).json()
        return [each["status"] for each in shown["possible_changes"]]

    assert await possible(Role.VIEWER) == []
    assert await possible(Role.OPERATOR) == ["pending", "disabled", "blocked"]
    await change_status(http, applicant.person_id, "blocked")
    assert await possible(Role.OPERATOR) == []
    assert await possible(Role.ADMIN) == ["pending"]


@pytest.mark.parametrize(
    ("reason", "expected"),
    [("reactivated", "reason-does-not-fit"), ("other", "note-missing")],
)
async def test_a_reason_must_fit_the_change_and_say_something(
    registry: RegistryHarness, http: httpx2.AsyncClient, reason: str, expected: str
) -> None:
    applicant = Applicant()
    await registry.make_customer(applicant)

    answer = await change_status(http, applicant.person_id, "blocked", reason=reason)

    assert (answer.status_code, problem_type(answer)) == (422, expected)
    assert answer.json().get("reason_codes", ["fraud_suspected"]) != []
    shown = (await http.get(f"{PEOPLE}/{applicant.person_id}", headers=caller(Role.VIEWER))).json()
    assert shown["status"] == "enabled"


async def test_an_unknown_person_is_neither_shown_nor_changed(http: httpx2.AsyncClient) -> None:
    person_id = uuid4()
    for answer in (
        await http.get(f"{PEOPLE}/{person_id}", headers=caller(Role.VIEWER)),
        await http.get(f"{PEOPLE}/{person_id}/requirements", headers=caller(Role.VIEWER)),
        await change_status(http, person_id, "blocked"),
    ):
        assert (answer.status_code, problem_type(answer)) == (404, "person-unknown")


async def test_a_person_known_by_documents_alone_has_no_record(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.deliver(applicant.submitted())

    answer = await change_status(http, applicant.person_id, "blocked")

    assert (answer.status_code, problem_type(answer)) == (404, "person-unknown")


async def test_a_status_change_is_recorded_and_returns_the_next_version(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.make_customer(applicant)

    disabled = await change_status(
        http, applicant.person_id, "disabled", note="  Pidió una pausa.  "
    )

    assert disabled.status_code == 201
    assert disabled.json()["status"] == "disabled"
    version = disabled.json()["version"]
    assert disabled.headers["etag"] == f'W/"{version}"'
    assert parse_position(disabled.headers["vinculo-position"]) == (
        f"customer-{applicant.person_id}",
        len(await registry.events(applicant.person_id)),
    )
    stored = (await registry.events(applicant.person_id))[-1]
    assert stored.type == "record-disabled.v1"
    assert stored.data["reason_code"] == "requested"
    assert stored.data["disabled_by"] == str(OPERATOR)
    assert stored.meta.actor == str(OPERATOR)
    assert "pausa" not in str(stored.data)
    assert stored.personal is not None
    assert await registry.keys.decrypt(applicant.person_id, stored.event_id, stored.personal) == {
        "v": 1,
        "note": "Pidió una pausa.",
    }


async def test_an_evaluation_does_not_outdate_what_an_operator_has_read(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.make_pending(applicant)
    read = await registry.version(applicant.person_id)
    before = await registry.event_types(applicant.person_id)
    await registry.deliver(applicant.submitted())
    await registry.deliver(applicant.accepted(), applicant.reopened())
    after = await registry.event_types(applicant.person_id)
    assert set(after[len(before) :]) == {"requirements-evaluated"}

    answer = await change_status(http, applicant.person_id, "disabled", version=read)

    assert (answer.status_code, answer.json()["version"]) == (201, read + 1)


async def test_blocking_unblocking_and_erasing_are_published_as_revocations(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.make_customer(applicant)
    person_id = applicant.person_id
    versions = []
    for status in ("blocked", "pending", "blocked", "pending"):
        answer = await change_status(http, person_id, status, role=Role.ADMIN)
        assert answer.status_code == 201, answer.text
        versions.append(await registry.version(person_id))
    denied_and_allowed = [("subject-denied", "subject-allowed")[i % 2] for i in range(4)]
    assert await registry.revocations(person_id) == list(
        zip(denied_and_allowed, versions, strict=True)
    )

    erased = await http.post(
        f"{PEOPLE}/{person_id}/erasures",
        json={"reason_code": "requested"},
        headers=caller(Role.ADMIN, ADMIN, if_match=versions[-1]),
    )
    assert erased.status_code == 202, erased.text
    await registry.deliver_own_erasure(person_id)

    denied = ("subject-denied", await registry.version(person_id))
    assert (await registry.revocations(person_id))[4:] == [denied, denied]


async def test_the_history_of_status_has_reasons_and_notes(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.make_customer(applicant)
    await change_status(http, applicant.person_id, "disabled", note="Pidió una pausa.")
    await change_status(http, applicant.person_id, "enabled")

    response = await http.get(
        f"{PEOPLE}/{applicant.person_id}/status-changes", headers=caller(Role.VIEWER)
    )

    newest, oldest = response.json()["items"]
    assert (oldest["from_status"], oldest["to_status"]) == ("enabled", "disabled")
    assert (oldest["reason_code"], oldest["by"]) == ("requested", str(OPERATOR))
    assert oldest["note"] == "Pidió una pausa."
    assert (newest["to_status"], newest.get("note")) == ("enabled", None)


async def test_an_unknown_person_has_no_history_of_status(http: httpx2.AsyncClient) -> None:
    response = await http.get(f"{PEOPLE}/{uuid4()}/status-changes", headers=caller(Role.VIEWER))

    assert (response.status_code, problem_type(response)) == (404, "person-unknown")


async def test_changing_to_the_same_status_changes_nothing(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.make_customer(applicant)
    before = await registry.version(applicant.person_id)

    answer = await change_status(http, applicant.person_id, "enabled")

    assert (answer.status_code, answer.json()) == (
        201,
        {"status": "enabled", "version": before},
    )


async def test_setting_a_record_pending_promotes_a_person_who_meets_all_requirements(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.make_pending(applicant)
    await change_status(http, applicant.person_id, "disabled")
    await registry.deliver(applicant.submitted(), applicant.accepted())

    answer = await change_status(http, applicant.person_id, "pending")

    assert answer.json()["status"] == "enabled"
    assert (await registry.event_types(applicant.person_id))[-2:] == [
        "record-set-pending",
        "pre-customer-promoted",
    ]


async def test_an_address_verified_while_blocked_makes_the_record_pending_after_unblocking(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.deliver(await applicant.started(registry.keys))
    await change_status(http, applicant.person_id, "blocked")
    await registry.deliver(applicant.verified())

    answer = await change_status(
        http, applicant.person_id, "pending", role=Role.ADMIN, subject=ADMIN
    )

    assert answer.json()["status"] == "pending"
    types = await registry.event_types(applicant.person_id)
    assert types.index("pre-customer-activated") > types.index("record-unblocked")


async def test_enabling_a_pre_customer_names_the_unmet_requirements(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.make_pending(applicant)

    answer = await change_status(http, applicant.person_id, "enabled")

    assert (answer.status_code, problem_type(answer)) == (409, "requirements-not-met")
    assert answer.json()["unmet"] == ["documents_accepted"]
    assert answer.json()["title"] == "Faltan requisitos para ser cliente"


async def test_refused_status_changes_have_their_problem_types(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    new, customer = Applicant(), Applicant()
    await registry.deliver(await new.started(registry.keys))
    await registry.make_customer(customer)

    outstanding = await change_status(http, new.person_id, "pending")
    nowhere = await change_status(http, customer.person_id, "pending_email_verification")
    await change_status(http, customer.person_id, "blocked")
    still_blocked = await change_status(http, customer.person_id, "enabled")
    not_admin = await change_status(http, customer.person_id, "pending")
    own = await change_status(http, customer.person_id, "disabled", subject=customer.person_id)

    assert (outstanding.status_code, problem_type(outstanding)) == (409, "activation-outstanding")
    assert (nowhere.status_code, problem_type(nowhere)) == (409, "move-not-allowed")
    assert (still_blocked.status_code, problem_type(still_blocked)) == (409, "record-blocked")
    assert (not_admin.status_code, problem_type(not_admin)) == (
        403,
        "unblocking-needs-administrator",
    )
    assert (own.status_code, problem_type(own)) == (403, "own-record")


async def test_a_status_change_requires_the_current_version(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.make_customer(applicant)
    path = f"{PEOPLE}/{applicant.person_id}/status-changes"
    body = {"status": "blocked", "reason_code": "fraud_suspected"}

    without = await http.post(path, json=body, headers=caller(Role.OPERATOR))
    outdated = await http.post(path, json=body, headers=caller(Role.OPERATOR, if_match='"1"'))

    assert (without.status_code, problem_type(without)) == (428, "if-match-required")
    assert (outdated.status_code, problem_type(outdated)) == (412, "version-changed")


async def test_a_repeated_request_with_its_key_gets_the_first_response(
    registry: RegistryHarness, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.make_customer(applicant)
    version = (await registry.record(applicant.person_id)).version
    headers = caller(Role.OPERATOR, if_match=version, idempotency_key="once")
    path = f"{PEOPLE}/{applicant.person_id}/status-changes"
    body = {"status": "blocked", "reason_code": "fraud_suspected"}

    first = await http.post(path, json=body, headers=headers)
    second = await http.post(path, json=body, headers=headers)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()


@pytest.mark.parametrize("role", Role)
async def test_each_role_may_do_what_its_permissions_allow(
    http: httpx2.AsyncClient, role: Role
) -> None:
    for route, needed in ROUTES.items():
        answer = await call(http, route, caller(role, if_match=1))

        assert answer.status_code == (404 if needed in PERMISSIONS[role] else 403), route
