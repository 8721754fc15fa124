"""What the documents service tells, and the steps of onboarding that rest on it.

The lender of these people asks for one document, so that a measurement's time goes to many people
instead of to many files.
"""

from typing import Final

from vinculo.population.applying import Proofs
from vinculo.population.telling import Telling

PAYSLIP: Final = "payslip"
REQUIREMENTS: Final = [{"code": PAYSLIP, "kinds": [PAYSLIP]}]
FILE_HASH: Final = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"
REVIEWER: Final = "0193f5a0-0002-7000-8000-0000000000a1"


def open_dossier(telling: Telling) -> None:
    facts = {
        "requirement_set_version": 1,
        "requirements": REQUIREMENTS,
        "opened_at": telling.moment,
    }
    telling.tell("dossier", "dossier-opened.v1", facts)


def complete(telling: Telling, proofs: Proofs) -> str:
    """Steps 4 and 5; gives the document."""
    document = deliver(telling)
    proofs.events["dossier_submitted"] = submit(telling, document)
    provided = {"provided_at": telling.moment}
    telling.tell("application", "documents-provided.v1", provided)
    proofs.completed_at = telling.pass_time(60)
    proofs.events["onboarding_completed"] = telling.tell(
        "application", "application-completed.v1", {"completed_at": proofs.completed_at}
    )
    return document


def deliver(telling: Telling) -> str:
    document, at = telling.new_id(), telling.pass_time(60 * 24)
    file = {
        "document_id": document,
        "kind": PAYSLIP,
        "media_type": "application/pdf",
        "size_bytes": telling.chance.randrange(40_000, 900_000),
        "sha256": FILE_HASH,
    }
    telling.tell("dossier", "document-received.v1", {**file, "received_at": at})
    telling.tell("dossier", "document-screened.v1", {**file, "screened_at": at})
    return document


def submit(telling: Telling, document: str) -> str:
    facts = {"document_ids": [document], "submitted_at": telling.moment}
    return telling.tell("dossier", "dossier-submitted.v1", facts)


def reject(telling: Telling, document: str) -> None:
    at = telling.pass_time(60 * 24 * 3)
    facts = {
        "document_id": document,
        "kind": PAYSLIP,
        "reason_code": "illegible",
        "rejected_by": REVIEWER,
        "rejected_at": at,
    }
    note = {"note": "No se lee la fecha del desprendible."}
    telling.tell("dossier", "document-rejected.v1", facts, personal=note)
    reopened = {"document_id": document, "reopened_at": at}
    telling.tell("dossier", "dossier-reopened.v1", reopened)


def accept(telling: Telling, document: str, proofs: Proofs) -> None:
    at = telling.pass_time(60 * 24 * 3)
    decided = {"accepted_by": REVIEWER, "accepted_at": at}
    facts = {"document_id": document, "kind": PAYSLIP, **decided}
    telling.tell("dossier", "document-accepted.v1", facts)
    proofs.events["dossier_accepted"] = telling.tell("dossier", "dossier-accepted.v1", decided)
