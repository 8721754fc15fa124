from datetime import date
from typing import Any
from uuid import UUID

import pytest

from vinculo.customer_registry.evaluation.facts import (
    CATALOGUE,
    ClearFact,
    EncryptedFact,
    Fact,
    KnownFact,
    age_years,
    decrypt_facts,
    facts_from_json,
    facts_to_json,
)
from vinculo.events import ERASED, Erased

PERSON, PROOF = UUID(int=1), UUID(int=2)
TODAY = date(2026, 3, 1)


class FakeDecryptor:
    """Decrypts every envelope to the same part, and records the envelopes."""

    def __init__(self, part: dict[str, Any] | Erased) -> None:
        self.part = part
        self.decrypted: list[tuple[UUID, UUID, dict[str, Any]]] = []

    async def decrypt_many(
        self, sealed: list[tuple[UUID, UUID, dict[str, Any]]]
    ) -> list[dict[str, Any] | Erased]:
        self.decrypted.extend(sealed)
        return [self.part for _ in sealed]


@pytest.mark.parametrize(
    ("born", "today", "age"),
    [
        ("2008-03-01", date(2026, 2, 28), 17),
        ("2008-03-01", date(2026, 3, 1), 18),
        ("2008-02-29", date(2026, 2, 28), 17),
        ("2008-02-29", date(2026, 3, 1), 18),
        ("2026-03-01", date(2026, 3, 1), 0),
    ],
)
def test_age_is_in_whole_years(born: str, today: date, age: int) -> None:
    assert age_years({"birth_date": born}, today) == age


def test_facts_are_stored_as_json_marked_personal_or_not() -> None:
    facts: dict[str, Fact] = {
        "email_verified": ClearFact(True, PROOF),
        "age_years": EncryptedFact({"v": 1, "kid": "k", "n": "n", "ct": "c"}, PROOF),
    }

    stored = facts_to_json(facts)

    assert stored["email_verified"]["personal"] is False
    assert stored["age_years"]["personal"] is True
    assert "value" not in stored["age_years"]
    assert facts_from_json(stored) == facts


async def test_a_personal_fact_is_decrypted_only_when_needed() -> None:
    facts: dict[str, Fact] = {
        "age_years": EncryptedFact({"ct": "c"}, PROOF),
        "email_verified": ClearFact(True, PROOF),
    }
    keys = FakeDecryptor({"birth_date": "2000-01-01"})

    async def known(*needed: str) -> dict[str, KnownFact]:
        return await decrypt_facts(
            facts, frozenset(needed), person_id=PERSON, keys=keys, today=TODAY
        )

    assert await known("email_verified") == {
        "email_verified": KnownFact(True, PROOF, personal=False)
    }
    assert keys.decrypted == []
    assert await known("age_years") == {"age_years": KnownFact(26, PROOF, personal=True)}
    assert keys.decrypted == [(PERSON, PROOF, {"ct": "c"})]


async def test_a_personal_fact_of_an_erased_person_is_not_known() -> None:
    facts = {"age_years": EncryptedFact({"ct": "c"}, PROOF)}

    known = await decrypt_facts(
        facts, frozenset({"age_years"}), person_id=PERSON, keys=FakeDecryptor(ERASED), today=TODAY
    )

    assert known == {}


async def test_a_default_is_used_until_an_event_proves_the_fact() -> None:
    needed = frozenset({"active_loans", "a_fact_of_a_later_version"})
    keys = FakeDecryptor(ERASED)

    async def known(**facts: ClearFact) -> dict[str, KnownFact]:
        return await decrypt_facts(facts, needed, person_id=PERSON, keys=keys, today=TODAY)

    assert await known() == {"active_loans": KnownFact(0, None, personal=False)}
    assert await known(active_loans=ClearFact(2, PROOF)) == {
        "active_loans": KnownFact(2, PROOF, personal=False)
    }


def test_personal_facts_are_marked_as_personal() -> None:
    personal = {name for name, definition in CATALOGUE.items() if definition.personal}

    assert personal == {"age_years", "net_monthly_salary_cents"}
