"""A person registers, goes through the five steps, is reviewed and becomes a customer."""

import csv
import io
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.document_files import required_files
from vinculo.simulation.gateway_client import RequestRefused
from vinculo.testing.eventually import eventually

from .lender import Lender

BOGOTA = ZoneInfo("America/Bogota")
TODAY = date(2026, 11, 1)
UNAUTHENTICATED = 401


async def test_a_person_becomes_a_customer(lender: Lender) -> None:
    applicant = lender.applicant(wants_marketing=True)
    await applicant.register()
    await applicant.activation_link()
    await eventually(lambda: waiting_for_validation(lender, applicant))
    with pytest.raises(RequestRefused) as refused:
        await applicant.sign_in()
    assert refused.value.status == UNAUTHENTICATED

    await applicant.activate()
    person_id = applicant.person_id
    pending = await lender.listed("pre-customers", applicant, status="pending")
    facts = await events_of(lender, applicant)
    registered = facts["application-started.v1"]["started_at"]
    assert pending["created"] == instant(registered)
    assert pending["modified"] == instant(facts["pre-customer-activated.v1"]["activated_at"])

    await lender.finish_steps(applicant)
    assert (await applicant.sign_in()) == person_id
    queue = await lender.operator.review_queue(100)
    assert str(person_id) in {entry["person_id"] for entry in queue}
    await lender.operator.accept_dossier(person_id)
    shown = await applicant.wait_for_application(status="enabled")
    assert shown["message"].startswith("Registro exitoso.")
    assert "puede iniciar sesión para solicitar su crédito" in shown["message"]

    row = await lender.listed("customers", applicant, status="enabled")
    facts = await events_of(lender, applicant)
    completed = facts["application-completed.v1"]["completed_at"]
    promoted = facts["pre-customer-promoted.v1"]["promoted_at"]
    consented = facts["consent-given.v1"]["given_at"]
    assert row["created"] == instant(completed)
    assert row["modified"] == instant(promoted)
    assert row["personal_data_acceptance"] == instant(consented)
    assert row["commercial_approval"] is not None
    assert row["customer_id"] == facts["pre-customer-promoted.v1"]["customer_id"]
    assert row["customer_id"] != row["person_id"]
    assert row["national_id"] == applicant.person.document_number
    assert row["name"] == applicant.person.name
    registration = await lender.listed("registrations", applicant)
    assert registration["registered_at"] == instant(registered)
    assert registration["payer"] == applicant.person.employment.payer.name
    assert await lender.found("pre-customers", applicant) == []

    await the_file_shows(lender, row)
    await the_profile_tells_the_way(lender, applicant, registered, completed, promoted)


async def waiting_for_validation(lender: Lender, applicant: ApplicantClient) -> bool:
    found = await lender.operator.rows(
        "registrations", q=applicant.person.document_number, status="pending_email_verification"
    )
    return [row["status"] for row in found["items"]] == ["pending_email_verification"]


async def the_file_shows(lender: Lender, row: dict[str, Any]) -> None:
    export = await lender.operator.export("customers", q=row["national_id"], status=["enabled"])
    (line,) = csv.DictReader(io.StringIO(export.content.decode("utf-8-sig")), delimiter=";")

    assert line["Nombre"] == row["name"]
    assert line["ID de cliente"] == row["customer_id"]
    assert line["Fecha de creación"] == local(row["created"])
    assert line["Fecha de modificación"] == local(row["modified"])
    assert line["Aceptación de datos personales"] == local(row["personal_data_acceptance"])


async def the_profile_tells_the_way(
    lender: Lender, applicant: ApplicantClient, registered: str, completed: str, promoted: str
) -> None:
    profile = await lender.operator.profile(applicant.person_id)
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


async def test_the_promoted_are_told_and_may_have_loans(lender: Lender) -> None:
    applicant = await lender.customer()
    mail = await lender.mails.wait_for(
        applicant.person.email, subject_contains="solicitar su crédito"
    )
    assert "Registro exitoso" in mail.text

    loan = await lender.credit.open_loan(applicant.person_id, principal_cents=5_000_000_00)
    assert (await lender.listed("customers", applicant, active_loans=1))["active_loans"] == 1
    await lender.credit.refinance(loan, principal_cents=8_000_000_00)
    await lender.credit.report(loan, outstanding_cents=1)

    async def replaced() -> list[Any]:
        profile = await lender.operator.profile(applicant.person_id)
        assert profile["credit_overview"]["active_loans"] == 1
        return list(profile.get("refinanced_loans", ()))

    (refinanced,) = await eventually(replaced)
    assert refinanced["loan_id"] == loan.loan_id
    assert refinanced["replaced_by_loan_id"] is not None


async def test_a_rejected_document_reopens_the_dossier_until_a_better_one_comes(
    lender: Lender,
) -> None:
    applicant = await lender.completed()
    await lender.operator.reject_kind(
        applicant.person_id, "payslip", "illegible", "No se lee el valor neto"
    )
    await lender.operator.accept_dossier(applicant.person_id)
    told = await lender.mails.wait_for(applicant.person.email, subject_contains="documentos")
    assert "no se lee bien" in told.text
    assert "No se lee el valor neto" in told.text
    assert (await applicant.dossier())["status"] == "open"
    assert (await lender.operator.record(applicant.person_id))["kind"] == "pre_customer"

    again = [file for file in required_files(applicant.person, TODAY) if file.kind == "payslip"]
    await applicant.upload_all(again)
    await lender.operator.accept_dossier(applicant.person_id)

    await lender.operator.wait_for_status(applicant.person_id, "enabled")


async def test_the_blocked_are_out_until_an_administrator_unblocks(lender: Lender) -> None:
    applicant = await lender.customer()
    await lender.operator.block(applicant.person_id, "Documento reportado como robado")
    await lender.listed("customers", applicant, status="blocked")

    await eventually(lambda: cannot_sign_in(applicant))
    with pytest.raises(RequestRefused) as forbidden:
        await lender.operator.unblock(applicant.person_id)
    assert forbidden.value.status == 403
    await lender.admin.unblock(applicant.person_id)
    await lender.listed("customers", applicant, status="pending")


async def cannot_sign_in(applicant: ApplicantClient) -> bool:
    try:
        await applicant.sign_in()
    except RequestRefused as refused:
        return refused.status == UNAUTHENTICATED
    return False


async def events_of(lender: Lender, applicant: ApplicantClient) -> dict[str, dict[str, Any]]:
    """Facts by type; of a type that came more than once the first."""
    timeline = await lender.operator.timeline(applicant.person_id)
    return {entry["type"]: entry["facts"] for entry in timeline["items"]}


def instant(text: str) -> str:
    """As lists show it: UTC, to the millisecond."""
    moment = datetime.fromisoformat(text).astimezone(UTC)
    cut = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    return cut.isoformat().replace("+00:00", "Z")


def local(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(BOGOTA).strftime("%Y-%m-%d %H:%M:%S")
