from uuid import UUID

from vinculo.documents.domain.dossier import DemandNote, DocumentDemanded, DossierAccepted
from vinculo.documents.domain.dossier_decisions import (
    DOSSIER,
    DemandDocument,
    DossierNotOpen,
)
from vinculo.events.testing import Scenario

from ..dossier_commands import accept, receive, screening_passed
from ..dossier_history import (
    ACCEPTED,
    BACK,
    CERTIFICATE,
    FRONT,
    NOW,
    OPENED,
    PAYSLIP,
    REVIEWER,
    SUBMITTED,
    accepted,
    received,
    screened,
    submitted,
    usable,
)

dossier = Scenario(DOSSIER)

STATEMENT = UUID(int=60)
KIND = "bank_statement"
NOTE = DemandNote(note="De los últimos tres meses.")


def demand(kind: str = KIND, note: DemandNote | None = None) -> DemandDocument:
    return DemandDocument(kind=kind, note=note, demanded_by=REVIEWER, now=NOW)


def demanded(note: DemandNote | None = None) -> DocumentDemanded:
    return DocumentDemanded(kind=KIND, demanded_by=REVIEWER, demanded_at=NOW, personal=note)


def test_another_document_is_demanded_in_any_status() -> None:
    for history in ((OPENED,), SUBMITTED, ACCEPTED):
        dossier.given(*history).when(demand(note=NOTE)).then(demanded(NOTE))


def test_a_required_kind_is_not_demanded_again() -> None:
    dossier.given(*SUBMITTED).when(demand("payslip")).then_nothing_happens()
    dossier.given(*SUBMITTED).when(demand("employment_contract")).then_nothing_happens()
    dossier.given(*SUBMITTED, demanded()).when(demand(note=NOTE)).then_nothing_happens()


def test_an_unopened_dossier_refuses_demands() -> None:
    dossier.given().when(demand()).then_refused(DossierNotOpen)


def test_the_demanded_document_is_received_and_submits_the_dossier_again() -> None:
    dossier.given(*SUBMITTED, demanded()).when(receive(STATEMENT, KIND)).then(
        received(STATEMENT, KIND, NOW)
    )
    dossier.given(*SUBMITTED, demanded(), received(STATEMENT, KIND)).when(
        screening_passed(STATEMENT)
    ).then(
        screened(STATEMENT, KIND, NOW),
        submitted(FRONT, BACK, PAYSLIP, CERTIFICATE, STATEMENT, at=NOW),
    )


def test_an_accepted_dossier_is_accepted_again_with_the_demanded_document() -> None:
    history = (
        *ACCEPTED,
        demanded(),
        *usable(STATEMENT, KIND),
        submitted(FRONT, BACK, PAYSLIP, CERTIFICATE, STATEMENT),
    )

    dossier.given(*history).when(accept(STATEMENT)).then(
        accepted(STATEMENT, KIND, NOW),
        DossierAccepted(accepted_by=REVIEWER, accepted_at=NOW),
    )
