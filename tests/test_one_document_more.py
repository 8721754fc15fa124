"""A reviewer asks for one document more: the person is told, sends it, and is promoted with it."""

from dataclasses import replace
from datetime import UTC, datetime

from vinculo.simulation.document_files import make_file

from .lender import Lender

NOTE = "De los últimos tres meses, de la cuenta de la nómina."


async def test_a_document_more_is_asked_for_sent_and_reviewed(lender: Lender) -> None:
    applicant = await lender.completed()
    demands = f"/documents/v1/people/{applicant.person_id}/dossier/demands"
    await lender.operator.call("POST", demands, json={"kind": "bank_statement", "note": NOTE})
    await lender.operator.accept_dossier(applicant.person_id)

    mail = await lender.mails.wait_for(applicant.person.email, subject_contains="un documento más")
    asked = (await applicant.dossier())["requirements"][-1]
    record = await lender.operator.record(applicant.person_id)

    assert "extracto bancario" in mail.text
    assert NOTE in mail.text
    assert (asked["code"], asked["state"], asked["note"]) == ("bank_statement", "missing", NOTE)
    assert record["kind"] == "pre_customer"

    payslip = make_file("payslip", applicant.person, datetime.now(UTC).date())
    await applicant.upload(replace(payslip, kind="bank_statement"))
    await lender.operator.accept_dossier(applicant.person_id)

    await lender.listed("customers", applicant, status="enabled")
    said = [
        entry["words"] for entry in (await lender.operator.timeline(applicant.person_id))["items"]
    ]
    assert "Se pidió un documento más: extracto bancario" in said
