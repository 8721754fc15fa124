"""Generates documents of people, the same for the same seed, with the projector's own folds.

Frequencies of names follow Zipf's law: a few names have one person in thirty, most one in
thousands. Dates are within two years and correlated as in reality: numbers and ids grow with time,
and records change status after their creation.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any, Final
from uuid import UUID

from vinculo.contracts import customer_registry as registry
from vinculo.contracts import onboarding
from vinculo.query_api.person_document.application import application_section, fold_application
from vinculo.query_api.person_document.list_columns import set_list_columns
from vinculo.query_api.person_document.personal import fold_personal
from vinculo.query_api.person_document.registry import fold_registry, registry_section
from vinculo.query_api.person_document.schema import LoanReport, Person, RegistrySection
from vinculo.query_api.person_document.timeline import empty_person

START: Final = datetime(2024, 11, 1, tzinfo=UTC)
DAYS: Final = 730
REQUIREMENTS: Final = ("contacts_verified", "documents_accepted", "income_fresh")
FIRST_NAMES: Final = (
    *("María", "José", "Luz", "Juan", "Ana", "Carlos", "Luis", "Sandra", "Jorge", "Martha"),
    *("Andrés", "Diana", "Óscar", "Ángela", "Jesús", "Mónica", "Iván", "Inés", "Begoña", "Zunilda"),
    *("Łukasz", "Ñata", "Nubia", "Nelly", "María José"),
)
SURNAMES: Final = (
    *("Rodríguez", "Gómez", "González", "Martínez", "García", "López", "Hernández", "Sánchez"),
    *("Peña", "Núñez", "Muñoz", "O'Brien", "de la Hoz", "Ibáñez-Rey", "Quiñones", "Güiza"),
    *("De la Cruz", "Delacruz", "D'Costa", "O'Hara", "Ñáñez", "Nzá", "Ørsted", "Strauß", "Oñate"),
)
SYLLABLES: Final = ("ba", "ce", "di", "fo", "gu", "ja", "ke", "li", "mo", "nu", "pa", "ri", "so")
RARE_SURNAMES: Final = 3_000
PAYERS: Final = tuple(UUID(int=700 + n) for n in range(40))
AFTER_PROMOTION: Final = ("enabled",) * 17 + ("disabled", "blocked", "pending")


def weighted_names(common: Sequence[str], rare: int) -> tuple[Sequence[str], Sequence[float]]:
    """Names and their cumulative weights; the nth name is 1/n as frequent as the first."""
    made = [*common]
    for number in range(rare):
        rest, name = number, ""
        for _ in range(4):
            rest, syllable = divmod(rest, len(SYLLABLES))
            name += SYLLABLES[syllable]
        made.append(name.capitalize())
    return made, list(accumulate(1 / (n + 3) for n in range(len(made))))


FIRST: Final = weighted_names(FIRST_NAMES, 400)
LAST: Final = weighted_names(SURNAMES, RARE_SURNAMES)


def generate_people(
    people: int, *, seed: int = 1, numbers: range | None = None
) -> Iterator[Person]:
    """Documents as they are stored, in the order of registration.

    With `numbers` only that part of them, so that several processes can generate all.
    """
    numbers = range(people) if numbers is None else numbers
    chance = random.Random(f"{seed} {numbers.start}")  # noqa: S311 - the same in every run
    for number in numbers:
        at = START + timedelta(days=DAYS * number / people, seconds=chance.random())
        yield _document(number, at.replace(microsecond=at.microsecond // 1000 * 1000), chance)


def happens(chance: random.Random, probability: float) -> bool:
    return chance.random() < probability


def _document(number: int, at: datetime, chance: random.Random) -> Person:
    person = empty_person(_id_at(at, chance))
    person["revision"] = 4
    started = onboarding.ApplicationStarted(
        registration_id=UUID(int=number),
        project="default",
        channel=chance.choice(("web", "mobile")),
        locale="es",
        country="CO",
        document_type=chance.choice(("CC", "CC", "CC", "CE", "PPT")),
        started_at=at,
    )
    application = application_section(person)
    application["version"] = 4
    fold_application(application, started)
    consents = ("personal_data", "marketing") if happens(chance, 0.4) else ("personal_data",)
    for purpose in consents:
        fold_application(application, _consent(purpose, at))
    application["employment"] = {
        "payer_id": chance.choice(PAYERS),
        "contract_type": "indefinite",
        "currency": "COP",
        "declared_at": at,
    }
    fold_personal(person, started, _personal(number, chance))
    record = registry_section(person)
    record["version"] = 3
    _register(record, number, at, chance)
    if record["kind"] == registry.Kind.CUSTOMER.value:
        loans = chance.choice((0, 0, 1, 1, 2, 3))
        person["loans"] = {f"credit|{n}": _loan(n, at) for n in range(loans)}
    set_list_columns(person)
    return person


def _loan(number: int, at: datetime) -> LoanReport:
    return {
        "version": 1,
        "source": "credit",
        "loan_id": str(number),
        "status": "active",
        "active": True,
        "currency": "COP",
        "principal_cents": 500_000_000,
        "outstanding_cents": 400_000_000,
        "disbursed_at": at,
        "closed_at": None,
        "replaced_by_loan_id": None,
        "reported_at": at,
    }


def _id_at(at: datetime, chance: random.Random) -> UUID:
    """A UUIDv7 of this time."""
    milliseconds = int(at.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62 | chance.getrandbits(60))


def _personal(number: int, chance: random.Random) -> dict[str, Any]:
    first = chance.choices(FIRST[0], cum_weights=FIRST[1], k=chance.choice((1, 2)))
    last = chance.choices(LAST[0], cum_weights=LAST[1], k=2)
    mailbox = "".join(
        c for c in f"{first[0]}.{last[0]}" if c.isascii() and (c.isalnum() or c == ".")
    )
    return {
        "document_number": str(chance.randrange(10**6, 10**10)),
        "given_names": " ".join(first),
        "surnames": " ".join(last),
        "birth_date": "1990-01-31",
        "email": f"{mailbox}{number % 97}@{chance.choice(('correo', 'buzon'))}.example",
        "phone": f"+573{chance.randrange(10**9):09}",
    }


def _consent(purpose: str, at: datetime) -> onboarding.ConsentGiven:
    return onboarding.ConsentGiven(
        purpose=purpose, text_version="1", text_sha256="0" * 64, channel="web", given_at=at
    )


def _days_after(at: datetime, chance: random.Random) -> datetime:
    """A later moment; exponentially distributed, with a mean of 20 days."""
    later = at + timedelta(days=chance.expovariate(1 / 20))
    return later.replace(microsecond=later.microsecond // 1000 * 1000)


def _register(section: RegistrySection, number: int, at: datetime, chance: random.Random) -> None:
    fold_registry(
        section,
        registry.PreCustomerRegistered(
            registration_number=number + 1,
            project="default",
            to_status="pending_email_verification",
            cause="registered",
            registered_at=at,
        ),
    )
    if happens(chance, 0.1):
        return
    activated_at = _days_after(at, chance)
    fold_registry(
        section,
        registry.PreCustomerActivated(
            from_status="pending_email_verification",
            to_status="pending",
            cause="email_verified",
            activated_at=activated_at,
        ),
    )
    if happens(chance, 0.4):
        _keep_pending(section, _days_after(activated_at, chance), chance)
    else:
        _promote(section, activated_at, chance)


def _keep_pending(section: RegistrySection, at: datetime, chance: random.Random) -> None:
    unmet = chance.sample(REQUIREMENTS, chance.randrange(3))
    section["results"] = [
        {
            "requirement": code,
            "outcome": "missing" if code in unmet else "met",
            "evidence": [],
            "missing_facts": [code] if code in unmet else [],
            "observed": {},
        }
        for code in REQUIREMENTS
    ]
    section["status"] = chance.choice(("pending", "pending", "pending", "disabled", "blocked"))
    if section["status"] != "pending":
        section["status_changed_at"] = at


def _promote(section: RegistrySection, at: datetime, chance: random.Random) -> None:
    completed_at = _days_after(at, chance)
    promoted_at = _days_after(completed_at, chance)
    fold_registry(
        section,
        registry.PreCustomerPromoted(
            customer_id=UUID(int=chance.getrandbits(128), version=4),
            project="default",
            policy="self-service",
            policy_version=1,
            results=(),
            from_status="pending",
            to_status="enabled",
            cause="promoted",
            registered_at=section["registered_at"],
            completed_at=completed_at,
            promoted_at=promoted_at,
        ),
    )
    status = chance.choice(AFTER_PROMOTION)
    if status != "enabled":
        section["status"], section["status_changed_at"] = status, _days_after(promoted_at, chance)
