"""One person by number and seed, whoever was invented before: so that several processes can share.

Numbers are in order of registration. Registrations are spread over two years, more of them lately,
and fall into the hours in which people are awake in Colombia.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final
from uuid import UUID, uuid5

from vinculo.population.courses import Course, course_of
from vinculo.population.names import draw_name, draw_names
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

SPAN: Final = timedelta(days=730)
EXPRESS_EVERY: Final = 10
STEP: Final = 1_000_003
"""A prime: numbers multiplied by it run through every number below a limit that it does not divide,
each once, in no order that shows."""
BORN_DAYS: Final = (BORN_LAST - BORN_FIRST).days
_PAYERS: Final = UUID("7f0c0a52-5b1e-5d0a-8a3e-2f6d1c9b4e10")


@dataclass(frozen=True, slots=True, kw_only=True)
class Income:
    """Amounts are monthly, in centavos."""

    payer_id: str
    contract_type: str
    position: str
    net_monthly_salary_cents: int
    deductions: tuple[tuple[str, int], ...]
    contact_name: str
    contact_phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Invented:
    """`number` is counted from 0 in order of registration; `name` is the person id as text."""

    number: int
    course: Course
    name: str
    registered_at: datetime
    project: str
    channel: str
    locale: str
    document_type: str
    document_number: str
    given_names: str
    surnames: str
    birth_date: str
    email: str
    phone: str
    wants_marketing: bool
    income: Income

    @property
    def person_id(self) -> UUID:
        return UUID(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invention:
    """So many people, the last of whom registers just before `until`."""

    people: int
    seed: int
    until: datetime


def payer_id(payer: Payer) -> UUID:
    return uuid5(_PAYERS, payer.tax_id)


def new_id(milliseconds: int, chance: random.Random) -> str:
    """An id as the services make them, ordered by time, but the same for the same chance."""
    bits = chance.getrandbits(74)
    high, low = bits >> 62, bits & 0x3FFF_FFFF_FFFF_FFFF
    text = f"{milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def invent(invention: Invention, number: int, chance: random.Random) -> Invented:
    """`chance` is the person's own: what happens to them later goes on with it."""
    course = course_of(number, invention.seed)
    born = BORN_FIRST + timedelta(days=chance.randrange(BORN_DAYS))
    given_names, surnames = draw_names(chance)
    document_type, document_number = _document(number, born >= NEW_CARDS_FROM, chance)
    registered_at = _registered_at(invention, number, chance)
    handle = f"{_ascii(given_names.split()[0])}.{_ascii(surnames.split(maxsplit=1)[0])}"
    is_express = not course.is_reviewed and chance.randrange(EXPRESS_EVERY) == 0
    return Invented(
        number=number,
        course=course,
        name=new_id(int(registered_at.timestamp() * 1000), chance),
        registered_at=registered_at,
        project="express" if is_express else "default",
        channel="web" if chance.random() < 0.3 else "mobile",  # noqa: PLR2004 - a share
        locale="en" if chance.random() < 0.1 else "es",  # noqa: PLR2004 - a share
        document_type=document_type,
        document_number=document_number,
        given_names=given_names,
        surnames=surnames,
        birth_date=born.isoformat(),
        email=f"{handle}.{number}@{chance.choice(MAIL_DOMAINS)}",
        phone=_mobile(chance),
        wants_marketing=chance.random() < MARKETING_SHARE,
        income=_income(retired=born < RETIRED_BORN_BEFORE, chance=chance),
    )


def _registered_at(invention: Invention, number: int, chance: random.Random) -> datetime:
    """More and more a day: the n-th registers when the square root of their share has passed."""
    passed = math.sqrt((number + chance.random()) / invention.people)
    moment = invention.until - SPAN + SPAN * passed
    night = 5 <= moment.hour < 11  # noqa: PLR2004 - midnight to six in Colombia, where few are awake
    if night and chance.random() < 0.9:  # noqa: PLR2004 - a share
        moment -= timedelta(hours=chance.randrange(6, 16))
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _document(number: int, has_new_card: bool, chance: random.Random) -> tuple[str, str]:  # noqa: FBT001 - told by name above
    """Nobody else's: each kind of number is run through once."""
    kind = chance.random()
    if kind < 0.08:  # noqa: PLR2004 - a share
        document_type = "CE" if kind < 0.05 else "PPT"  # noqa: PLR2004 - a share
        return document_type, str(200_000 + number * STEP % 7_800_000)
    if has_new_card:
        return "CC", str(1_000_000_000 + number * STEP % 200_000_000)
    return "CC", str(100_000 + number * STEP % 99_900_000)


def _income(*, retired: bool, chance: random.Random) -> Income:
    payer = chance.choice(_payer_ids(retired))
    position, usual = chance.choice(POSITIONS["pensioner" if retired else "employee"])
    salary = round(usual * (0.9 + 0.5 * chance.random()) / 1000) * 1000 * 100
    deducted = chance.sample(DEDUCTIONS, k=chance.choice((0, 0, 0, 1, 1, 2)))
    return Income(
        payer_id=payer,
        contract_type="pension"
        if retired
        else chance.choice(("indefinite", "indefinite", "fixed_term", "service")),
        position=position,
        net_monthly_salary_cents=salary,
        deductions=tuple((concept, round(salary * part)) for concept, part in deducted),
        contact_name=draw_name(chance),
        contact_phone=_mobile(chance),
    )


@lru_cache(maxsize=2)
def _payer_ids(retired: bool) -> Sequence[str]:  # noqa: FBT001 - a key of the cache
    """Some pay many and others few: the n-th of them an n-th as often as the first."""
    known = [payer for payer in payers() if payer.pays_pensions == retired]
    return [str(payer_id(payer)) for rank, payer in enumerate(known, 1) for _ in range(60 // rank)]


@lru_cache(maxsize=4_096)
def _ascii(word: str) -> str:
    return ascii_word(word)


def _mobile(chance: random.Random) -> str:
    return f"+57{chance.choice(MOBILE_PREFIXES)}{chance.randrange(10**7):07}"
