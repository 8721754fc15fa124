"""A person registers, completes the five steps, is reviewed and becomes a customer."""

import csv
import io
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.document_files import required_files
from vinculo.simulation.gateway_client import RequestRefused
from vinculo.testing.waiting import eventually

from .system_harness import SystemHarness

BOGOTA = ZoneInfo("America/Bogota")
TODAY = date(2026, 11, 1)
UNAUTHENTICATED = 401


async def test_a_person_becomes_a_customer(harness: SystemHarness) -> None:
    applicant = harness.applicant(wants_marketing=True)
    await applicant.register()
    await applicant.activation_link()
    await eventually(lambda: awaits_email_verification(harness, applicant))
    with pytest.raises(RequestRefused) as refused:
        await applicant.sign_in()
    assert refused.value.status == UNAUTHENTICATED

    await applicant.activate()
    person_id = applicant.person_id
    pending = await harness.wait_for_row("pre-customers", applicant, status="pending")
    facts = await events_of(harness, applicant)
    registered = facts["application-started.v1"]["started_at"]
    assert pending["created"] == instant(registered)
    assert pending["modified"] == instant(facts["pre-customer-activated.v2"]["activated_at"])

    await harness.complete_steps(applicant)
    assert (await applicant.sign_in()) == person_id
    queue = await harness.operator.review_queue(100)
    assert str(person_id) in {entry["person_id"] for entry in queue}
    await harness.operator.accept_dossier(person_id)
    shown = await applicant.wait_for_application(status="enabled")
    assert shown["message"].startswith("Registro exitoso.")
    assert "puede iniciar sesión para solicitar su crédito" in shown["message"]

    row = await harness.wait_for_row("customers", applicant, status="enabled")
    facts = await events_of(harness, applicant)
    completed = facts["application-completed.v1"]["completed_at"]
    promoted = facts["pre-customer-promoted.v1"]["promoted_at"]
    consented = facts["email-verified.v2"]["verified_at"]
    assert row["created"] == instant(completed)
    assert row["modified"] == instant(promoted)
    assert row["personal_data_acceptance"] == instant(consented)
    assert row["commercial_approval"] is not None
    assert row["customer_id"] == facts["pre-customer-promoted.v1"]["customer_id"]
    assert row["customer_id"] != row["person_id"]
    assert row["national_id"] == applicant.person.document_number
    assert row["name"] == applicant.person.name
    registration = await harness.wait_for_row("registrations", applicant)
    assert registration["registered_at"] == instant(registered)
    assert registration["payer"] == applicant.person.employment.payer.name
    assert await harness.rows_of("pre-customers", applicant) == []

    await assert_export_matches(harness, row)
    await assert_profile_shows_history(harness, applicant, registered, completed, promoted)


async def awaits_email_verification(harness: SystemHarness, applicant: ApplicantClient) -> bool:
    found = await harness.operator.rows(
        "registrations", q=applicant.person.document_number, status="pending_email_verification"
    )
    return [row["status"] for row in found["items"]] == ["pending_email_verification"]


async def assert_export_matches(harness: SystemHarness, row: dict[str, Any]) -> None:
    export = await harness.operator.export("customers", q=row["national_id"], status=["enabled"])
    (line,) = csv.DictReader(io.StringIO(export.content.decode("utf-8-sig")), delimiter=";")

    assert line["Nombre"] == row["name"]
    assert line["ID de cliente"] == row["customer_id"]
    assert line["Fecha de creación"] == local(row["created"])
    assert line["Fecha de modificación"] == local(row["modified"])
    assert line["Aceptación de datos personales"] == local(row["personal_data_acceptance"])


async def assert_profile_shows_history(
    harness: SystemHarness,
    applicant: ApplicantClient,
    registered: str,
    completed: str,
    promoted: str,
) -> None:
    profile = await harness.operator.profile(applicant.person_id)
    status = profile["customer_details"]["status"]

    assert status["registered_at"] == instant(registered)
    assert status["completed_at"] == instant(completed)
    assert status["promoted_at"] == instant(promoted)
    results = profile["customer_details"]["requirements"]["results"]
    assert {result["outcome"] for result in results} == {"met"}
    assert all(result["evidence"] for result in results)
    files = profile["customer_details"]["documents"]["files"]
    assert {file["state"] for file in files} == {"accepted"}
    assert len(files) == 4
    assert "refinanced_loans" not in profile


async def test_a_new_customer_is_notified_and_can_have_loans(harness: SystemHarness) -> None:
    applicant = await harness.customer()
    mail = await harness.mailbox.wait_for(
        applicant.person.email, subject_contains="solicitar su crédito"
    )
    assert "Registro exitoso" in mail.text

    loan = await harness.credit.open_loan(applicant.person_id, principal_cents=5_000_000_00)
    assert (await harness.wait_for_row("customers", applicant, active_loans=1))["active_loans"] == 1
    await harness.credit.refinance(loan, principal_cents=8_000_000_00)
    await harness.credit.report(loan, outstanding_cents=1)

    async def replaced() -> list[Any]:
        profile = await harness.operator.profile(applicant.person_id)
        assert profile["credit_overview"]["active_loans"] == 1
        return list(profile.get("refinanced_loans", ()))

    (refinanced,) = await eventually(replaced)
    assert refinanced["loan_id"] == loan.loan_id
    assert refinanced["replaced_by_loan_id"] is not None


async def test_a_rejected_document_reopens_the_dossier_until_it_is_replaced(
    harness: SystemHarness,
) -> None:
    applicant = await harness.completed_applicant()
    await harness.operator.reject_kind(
        applicant.person_id, "payslip", "illegible", "No se lee el valor neto"
    )
    await harness.operator.accept_dossier(applicant.person_id)
    mail = await harness.mailbox.wait_for(applicant.person.email, subject_contains="documentos")
    assert "no se lee bien" in mail.text
    assert "No se lee el valor neto" in mail.text
    assert (await applicant.dossier())["status"] == "open"
    assert (await harness.operator.record(applicant.person_id))["kind"] == "pre_customer"

    again = [file for file in required_files(applicant.person, TODAY) if file.kind == "payslip"]
    await applicant.upload_all(again)
    await harness.operator.accept_dossier(applicant.person_id)

    await harness.operator.wait_for_status(applicant.person_id, "enabled")


async def test_a_blocked_customer_cannot_sign_in_until_unblocked(harness: SystemHarness) -> None:
    applicant = await harness.customer()
    await harness.operator.block(applicant.person_id, "Documento reportado como robado")
    await harness.wait_for_row("customers", applicant, status="blocked")

    await eventually(lambda: cannot_sign_in(applicant))
    with pytest.raises(RequestRefused) as forbidden:
        await harness.operator.unblock(applicant.person_id)
    assert forbidden.value.status == 403
    await harness.admin.unblock(applicant.person_id)
    await harness.wait_for_row("customers", applicant, status="pending")


async def cannot_sign_in(applicant: ApplicantClient) -> bool:
    try:
        await applicant.sign_in()
    except RequestRefused as refused:
        return refused.status == UNAUTHENTICATED
    return False


async def events_of(
    harness: SystemHarness, applicant: ApplicantClient
) -> dict[str, dict[str, Any]]:
    """Event data by type; of several events of a type the first."""
    timeline = await harness.operator.timeline(applicant.person_id)
    return {entry["type"]: entry["facts"] for entry in timeline["items"]}


def instant(text: str) -> str:
    """The format of lists: UTC in milliseconds."""
    moment = datetime.fromisoformat(text).astimezone(UTC)
    cut = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    return cut.isoformat().replace("+00:00", "Z")


def local(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(BOGOTA).strftime("%Y-%m-%d %H:%M:%S")
