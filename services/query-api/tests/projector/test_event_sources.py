"""A payer's document: the applicant's proposal, then what operations decide."""

from typing import Any
from uuid import UUID

import pytest

from vinculo.contracts import payers
from vinculo.query_api.projector.event_sources import fold_payer
from vinculo.query_api.read_model import Payer

from ..event_samples import BEGINNING, PAYER, REVIEWER

PROPOSED = payers.PayerProposed(name="pag valle", proposed_by=UUID(int=1), proposed_at=BEGINNING)
KNOWN: dict[str, Any] = {"name": "Pagaduría del Valle", "tax_id": "900123456-8"}


def fold_all(*events: Any) -> Payer:
    payer: Payer = {"_id": PAYER, "revision": 0}
    for event in events:
        fold_payer(payer, event)
    return payer


def test_a_proposal_has_the_name_that_was_entered() -> None:
    payer = fold_all(PROPOSED)

    assert (payer["state"], payer["name"]) == ("proposed", "pag valle")


def test_an_accepted_proposal_has_the_name_that_operations_set() -> None:
    payer = fold_all(
        PROPOSED, payers.PayerAccepted(**KNOWN, accepted_by=REVIEWER, accepted_at=BEGINNING)
    )

    assert (payer["state"], payer["name"]) == ("active", "Pagaduría del Valle")


def test_a_refused_duplicate_refers_to_the_other_payer() -> None:
    payer = fold_all(
        PROPOSED,
        payers.PayerRefused(
            reason_code="duplicate", same_as=PAYER, refused_by=REVIEWER, refused_at=BEGINNING
        ),
    )

    assert (payer["state"], payer["same_as"], payer["name"]) == ("refused", PAYER, "pag valle")


def test_a_changed_payer_has_its_new_name() -> None:
    payer = fold_all(
        payers.PayerRegistered(**KNOWN, registered_by=REVIEWER, registered_at=BEGINNING),
        payers.PayerChanged(
            name="Fiduvalle", tax_id="900123456-8", changed_by=REVIEWER, changed_at=BEGINNING
        ),
    )

    assert (payer["state"], payer["name"], payer["registered_by"]) == (
        "active",
        "Fiduvalle",
        REVIEWER,
    )


@pytest.mark.parametrize("reinstated", [False, True])
def test_a_suspended_payer_keeps_its_name_and_can_be_reinstated(*, reinstated: bool) -> None:
    payer = fold_all(
        payers.PayerRegistered(**KNOWN, registered_by=REVIEWER, registered_at=BEGINNING),
        payers.PayerSuspended(reason_code="closed", suspended_by=REVIEWER, suspended_at=BEGINNING),
        *(
            [payers.PayerReinstated(reinstated_by=REVIEWER, reinstated_at=BEGINNING)]
            if reinstated
            else []
        ),
    )

    assert payer["name"] == "Pagaduría del Valle"
    assert payer["state"] == ("active" if reinstated else "suspended")
    assert ("suspended_reason_code" in payer) != reinstated
