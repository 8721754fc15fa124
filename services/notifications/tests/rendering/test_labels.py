"""Labels and dates from the catalogue."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from vinculo.contracts.document_claims import ClaimReason
from vinculo.contracts.documents import DocumentKind
from vinculo.httpapi.catalogue import PROBLEM
from vinculo.notifications.domain.application_progress import NextStep
from vinculo.notifications.http.messages import FAILURE_REASON
from vinculo.notifications.rendering.labels import (
    CLAIM_REFUSED,
    CORRECTION_REFUSED,
    DOCUMENT,
    FORMAT,
    NEXT_STEP,
    REJECTED,
    UNKNOWN,
    UNUSABLE,
    Labels,
)
from vinculo.notifications.rendering.preview import PREVIEW, REVIEWER_NOTES
from vinculo.translation import load_catalogue

BOGOTA = ZoneInfo("America/Bogota")
NOW = datetime(2026, 11, 5, 20, 45, tzinfo=UTC)
CATALOGUE = load_catalogue("vinculo.notifications")
labels = Labels(CATALOGUE, BOGOTA)
every_language = pytest.mark.parametrize("language", CATALOGUE.languages)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("es", "jueves 5 de noviembre de 2026, 3:45 p. m., hora de Colombia"),
        ("en", "Thursday, November 5, 2026, 3:45 PM, Colombia Time"),
    ],
)
def test_moments_are_in_the_time_zone_of_the_deployment(language: str, expected: str) -> None:
    assert labels.moment(NOW, language) == expected


@every_language
def test_every_code_of_an_event_has_a_label_and_so_has_an_unknown_one(language: str) -> None:
    for kind in DocumentKind:
        assert labels.document(kind, language) != labels.document("unknown", language)
    label_functions: list[Callable[[str, str], str]] = [
        labels.document,
        labels.unusable_reason,
        labels.rejection_reason,
        labels.correction_refusal_reason,
    ]
    for label in label_functions:
        assert label("a-new-code", language)
    assert all(labels.next_step(step, language) for step in NextStep)


def test_the_catalogue_has_all_keys_of_the_code_and_no_other_context() -> None:
    assert set(CATALOGUE.keys(FORMAT)) == {"babel-locale", "moment", "time"}
    assert set(CATALOGUE.keys(NEXT_STEP)) == set(NextStep)
    assert set(CATALOGUE.keys(PREVIEW)) == set(REVIEWER_NOTES.values())
    assert set(CATALOGUE.keys(DOCUMENT)) == {*DocumentKind, UNKNOWN}
    for context in (UNUSABLE, REJECTED, CORRECTION_REFUSED, CLAIM_REFUSED):
        assert UNKNOWN in CATALOGUE.keys(context)
    assert {context for context, _ in CATALOGUE.messages["es"]} == {
        CLAIM_REFUSED,
        CORRECTION_REFUSED,
        DOCUMENT,
        FAILURE_REASON,
        FORMAT,
        NEXT_STEP,
        PREVIEW,
        PROBLEM,
        REJECTED,
        UNUSABLE,
    }


@every_language
@pytest.mark.parametrize("reason", sorted({*ClaimReason} - {ClaimReason.IDENTITY_PROVED}))
def test_every_reason_to_refuse_a_claim_has_a_label(reason: ClaimReason, language: str) -> None:
    unknown = labels.claim_refusal_reason("unheard-of", language)

    assert reason in CATALOGUE.keys(CLAIM_REFUSED)
    assert (labels.claim_refusal_reason(reason, language) == unknown) == (reason == "other")
