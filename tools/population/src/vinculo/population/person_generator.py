"""Generates a person from a seed and a number, independently of all others.

Several processes can thus generate one population together. Numbers are in order of registration.
Registrations cover two years, become more frequent, and fall into waking hours in Colombia.
"""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Final
from uuid import UUID, uuid5

from faker.providers.person.es_CO import Provider

from vinculo.onboarding.domain.account import Channel
from vinculo.onboarding.domain.employment import ContractType
from vinculo.population.lifecycles import Lifecycle, lifecycle_of
from vinculo.simulation.payers import Payer, payers
from vinculo.simulation.people import (
    BORN_FIRST,
    BORN_LAST,
    DEDUCTIONS,
    MAIL_DOMAINS,
    MARKETING_SHARE,
    MOBILE_PREFIXES,
    NEW_CARDS_FROM,
    POSITIONS,
    RETIRED_BORN_BEFORE,
    ascii_word,
)

ONE_NAME_SHARE: Final = 0.3


class _WeightedNames:
    """Draws names by their frequency, fast enough for a million people."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._names: Sequence[str] = list(weights)
        self._cumulative = list(accumulate(weights.values()))

    def draw(self, rng: random.Random, count: int) -> list[str]:
        return rng.choices(self._names, cum_weights=self._cumulative, k=count)


_WOMEN: Final = _WeightedNames(Provider.first_names_female)
_MEN: Final = _WeightedNames(Provider.first_names_male)
_SURNAMES: Final = _WeightedNames(Provider.last_names)


def draw_names(rng: random.Random) -> tuple[str, str]:
    """Given names and surnames."""
    first, second = (_WOMEN if rng.random() < 0.5 else _MEN).draw(rng, 2)  # noqa: PLR2004 - a half
    is_single = first == second or rng.random() < ONE_NAME_SHARE
    return first if is_single else f"{first} {second}", " ".join(_SURNAMES.draw(rng, 2))


def draw_full_name(rng: random.Random) -> str:
    given, surname = _WOMEN.draw(rng, 1), _SURNAMES.draw(rng, 1)
    return f"{given[0]} {surname[0]}"


REGISTRATION_PERIOD: Final = timedelta(days=730)
EXPRESS_EVERY: Final = 10
WORKING_CONTRACTS: Final = (
    ContractType.INDEFINITE,
    ContractType.INDEFINITE,
    ContractType.FIXED_TERM,
    ContractType.SERVICE,
)
PERMUTATION_STEP: Final = 1_000_003
"""A prime: its multiples modulo a limit that it does not divide visit every number exactly once, in
an order that looks random."""
BORN_DAYS: Final = (BORN_LAST - BORN_FIRST).days
_PAYER_NAMESPACE: Final = UUID("7f0c0a52-5b1e-5d0a-8a3e-2f6d1c9b4e10")


@dataclass(frozen=True, slots=True, kw_only=True)
class Employment:
    """Amounts are monthly, in centavos."""

    payer_id: UUID
    contract_type: ContractType
    position: str
    net_monthly_salary_cents: int
    deductions: tuple[tuple[str, int], ...]
    contact_name: str
    contact_phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedPerson:
    """`number` counts registrations from 0."""

    number: int
    lifecycle: Lifecycle
    person_id: UUID
    registered_at: datetime
    project: str
    channel: Channel
    locale: str
    document_type: str
    document_number: str
    given_names: str
    surnames: str
    birth_date: date
    email: str
    phone: str
    wants_marketing: bool
    employment: Employment


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationSpec:
    """The number of people, their seed, and the time before which the last one registers."""

    people: int
    seed: int
    until: datetime


def payer_id(payer: Payer) -> UUID:
    return uuid5(_PAYER_NAMESPACE, payer.tax_id)


def time_ordered_id(milliseconds: int, rng: random.Random) -> UUID:
    """A UUIDv7 with its random bits from `rng`."""
    bits = rng.getrandbits(74)
    high, low = bits >> 62, bits & 0x3FFF_FFFF_FFFF_FFFF
    return UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low)


def generate_person(spec: PopulationSpec, number: int, rng: random.Random) -> GeneratedPerson:
    """`rng` belongs to this person; later events are generated with it as well."""
    lifecycle = lifecycle_of(number, spec.seed)
    born = BORN_FIRST + timedelta(days=rng.randrange(BORN_DAYS))
    given_names, surnames = draw_names(rng)
    document_type, document_number = _document(number, born >= NEW_CARDS_FROM, rng)
    registered_at = _registered_at(spec, number, rng)
    handle = f"{_ascii(given_names.split()[0])}.{_ascii(surnames.split(maxsplit=1)[0])}"
    is_express = not lifecycle.is_reviewed and rng.randrange(EXPRESS_EVERY) == 0
    return GeneratedPerson(
        number=number,
        lifecycle=lifecycle,
        person_id=time_ordered_id(int(registered_at.timestamp() * 1000), rng),
        registered_at=registered_at,
        project="express" if is_express else "default",
        channel=Channel.WEB if rng.random() < 0.3 else Channel.MOBILE,  # noqa: PLR2004 - a share
        locale="en" if rng.random() < 0.1 else "es",  # noqa: PLR2004 - a share
        document_type=document_type,
        document_number=document_number,
        given_names=given_names,
        surnames=surnames,
        birth_date=born,
        email=f"{handle}.{number}@{rng.choice(MAIL_DOMAINS)}",
        phone=_mobile(rng),
        wants_marketing=rng.random() < MARKETING_SHARE,
        employment=_employment(retired=born < RETIRED_BORN_BEFORE, rng=rng),
    )


def _registered_at(spec: PopulationSpec, number: int, rng: random.Random) -> datetime:
    """Registrations become more frequent: the time passed is the square root of the share."""
    passed = math.sqrt((number + rng.random()) / spec.people)
    moment = spec.until - REGISTRATION_PERIOD + REGISTRATION_PERIOD * passed
    night = 5 <= moment.hour < 11  # noqa: PLR2004 - midnight to six in Colombia
    if night and rng.random() < 0.9:  # noqa: PLR2004 - a share
        moment -= timedelta(hours=rng.randrange(6, 16))
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _document(number: int, has_new_card: bool, rng: random.Random) -> tuple[str, str]:  # noqa: FBT001 - private
    """A unique number of a random document type."""
    kind = rng.random()
    if kind < 0.08:  # noqa: PLR2004 - a share
        document_type = "CE" if kind < 0.05 else "PPT"  # noqa: PLR2004 - a share
        return document_type, str(200_000 + number * PERMUTATION_STEP % 7_800_000)
    if has_new_card:
        return "CC", str(1_000_000_000 + number * PERMUTATION_STEP % 200_000_000)
    return "CC", str(100_000 + number * PERMUTATION_STEP % 99_900_000)


def _employment(*, retired: bool, rng: random.Random) -> Employment:
    payer = rng.choice(_payer_ids(retired))
    position, usual_salary = rng.choice(POSITIONS["pensioner" if retired else "employee"])
    salary = round(usual_salary * (0.9 + 0.5 * rng.random()) / 1000) * 1000 * 100
    deducted = rng.sample(DEDUCTIONS, k=rng.choice((0, 0, 0, 1, 1, 2)))
    return Employment(
        payer_id=payer,
        contract_type=ContractType.PENSION if retired else rng.choice(WORKING_CONTRACTS),
        position=position,
        net_monthly_salary_cents=salary,
        deductions=tuple((concept, round(salary * part)) for concept, part in deducted),
        contact_name=draw_full_name(rng),
        contact_phone=_mobile(rng),
    )


@lru_cache(maxsize=2)
def _payer_ids(retired: bool) -> Sequence[UUID]:  # noqa: FBT001 - a key of the cache
    """Payer ids weighted by Zipf's law: the n-th occurs 1/n as often as the first."""
    known = [payer for payer in payers() if payer.pays_pensions == retired]
    return [payer_id(payer) for rank, payer in enumerate(known, 1) for _ in range(60 // rank)]


@lru_cache(maxsize=4_096)
def _ascii(word: str) -> str:
    return ascii_word(word)


def _mobile(rng: random.Random) -> str:
    return f"+57{rng.choice(MOBILE_PREFIXES)}{rng.randrange(10**7):07}"
