"""A reviewer requests an additional document; after its review the person is promoted."""

from dataclasses import replace
from datetime import UTC, datetime

from vinculo.simulation.document_files import make_file

from .system_harness import SystemHarness

NOTE = "De los últimos tres meses, de la cuenta de la nómina."


async def test_an_additional_document_is_requested_uploaded_and_reviewed(
    harness: SystemHarness,
) -> None:
    applicant = await harness.completed_applicant()
    await harness.operator.demand(applicant.person_id, "bank_statement", NOTE)
    await harness.operator.accept_dossier(applicant.person_id)

    mail = await harness.mailbox.wait_for(
        applicant.person.email, subject_contains="un documento más"
    )
    requested = (await applicant.dossier())["requirements"][-1]
    record = await harness.operator.record(applicant.person_id)

    assert "extracto bancario" in mail.text
    assert NOTE in mail.text
    assert (requested["code"], requested["state"], requested["note"]) == (
        "bank_statement",
        "missing",
        NOTE,
    )
    assert record["kind"] == "pre_customer"

    payslip = make_file("payslip", applicant.person, datetime.now(UTC).date())
    await applicant.upload(replace(payslip, kind="bank_statement"))
    await harness.operator.accept_dossier(applicant.person_id)

    await harness.wait_for_row("customers", applicant, status="enabled")
    labels = [
        entry["words"] for entry in (await harness.operator.timeline(applicant.person_id))["items"]
    ]
    assert "Se pidió un documento más: extracto bancario" in labels
