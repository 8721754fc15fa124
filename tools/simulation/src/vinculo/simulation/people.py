"""Generated Colombian applicants: the same seed gives the same people."""

import random
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from faker import Faker

from vinculo.simulation.payers import Payer

BORN_FIRST, BORN_LAST = date(1946, 1, 1), date(2006, 12, 31)
NEW_CARDS_FROM = date(1985, 1, 1)
RETIRED_BORN_BEFORE = date(1962, 1, 1)
EXPRESS_SHARE, MARKETING_SHARE, ONE_NAME_SHARE = 0.1, 0.6, 0.3
MOBILE_PREFIXES = (
    *(300, 301, 302, 304, 310, 311, 312, 313, 314, 315, 316, 317, 318, 320, 321, 350),
)
MAIL_DOMAINS = ("correo.example", "mail.example", "buzon.example")
PASSWORD_WORDS = (
    ("cometa", "tambor", "ventana", "planeta", "limonada", "carreta", "lámpara", "brújula"),
    ("amarilla", "callado", "veloz", "dormido", "gigante", "sonriente", "de madera", "invisible"),
    ("navega", "cocina", "colecciona", "inventa", "persigue", "dibuja", "escucha", "afina"),
    ("guitarras", "nubes", "mapas", "relojes", "semillas", "faroles", "acertijos", "canoas"),
)
POSITIONS = {
    "employee": (
        ("Docente de aula", 3_100_000),
        ("Auxiliar administrativo", 1_750_000),
        ("Enfermera jefe", 3_600_000),
        ("Operario de producción", 1_500_000),
        ("Conductor", 1_650_000),
        ("Profesional universitario", 4_200_000),
        ("Guarda de seguridad", 1_550_000),
        ("Técnico de mantenimiento", 2_100_000),
        ("Coordinador de área", 5_200_000),
        ("Cajero", 1_480_000),
    ),
    "pensioner": (("Pensionado", 1_900_000), ("Pensionado docente", 3_000_000)),
}
DEDUCTIONS = (("Libranza cooperativa", 0.12), ("Fondo de empleados", 0.05), ("Embargo", 0.15))


@dataclass(frozen=True, slots=True, kw_only=True)
class Employment:
    """Amounts are monthly, in centavos."""

    payer: Payer
    position: str
    contract_type: str
    net_monthly_salary_cents: int
    deductions: tuple[tuple[str, int], ...]
    contact_name: str
    contact_phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    project: str
    channel: str
    locale: str
    document_type: str
    document_number: str
    given_names: str
    surnames: str
    birth_date: date
    email: str
    phone: str
    password: str
    wants_marketing: bool
    employment: Employment

    @property
    def name(self) -> str:
        return f"{self.given_names} {self.surnames}"


def make_people(count: int, *, seed: int, payers: Sequence[Payer]) -> list[Person]:
    generator = _PeopleGenerator(seed, payers)
    return [generator.person(number) for number in range(1, count + 1)]


class _PeopleGenerator:
    def __init__(self, seed: int, payers: Sequence[Payer]) -> None:
        self._random = random.Random(f"people {seed}")  # noqa: S311 - not security-relevant
        self._names = Faker("es_CO")
        self._names.seed_instance(seed)
        self._seed = seed
        self._payers = payers
        self._documents: set[tuple[str, str]] = set()

    def person(self, number: int) -> Person:
        rng = self._random
        born = BORN_FIRST + timedelta(days=rng.randrange((BORN_LAST - BORN_FIRST).days))
        given_names = self._given_names()
        surnames = f"{self._names.last_name()} {self._names.last_name()}"
        document_type, document_number = self._document(born)
        handle = (
            ascii_word(given_names.split()[0]) + "." + ascii_word(surnames.split(maxsplit=1)[0])
        )
        return Person(
            project="express" if rng.random() < EXPRESS_SHARE else "default",
            channel=rng.choices(("mobile", "web"), (7, 3))[0],
            locale=rng.choices(("es", "en"), (9, 1))[0],
            document_type=document_type,
            document_number=document_number,
            given_names=given_names,
            surnames=surnames,
            birth_date=born,
            email=f"{handle}.{self._seed}-{number}@{rng.choice(MAIL_DOMAINS)}",
            phone=self._mobile(),
            password=self._password(),
            wants_marketing=rng.random() < MARKETING_SHARE,
            employment=self._employment(born),
        )

    def _given_names(self) -> str:
        draw = self._random.choice((self._names.first_name_female, self._names.first_name_male))
        first, second = draw(), draw()
        return (
            first
            if second == first or self._random.random() < ONE_NAME_SHARE
            else f"{first} {second}"
        )

    def _document(self, born: date) -> tuple[str, str]:
        rng = self._random
        while True:
            type_ = rng.choices(("CC", "CE", "PPT"), (92, 5, 3))[0]
            if type_ != "CC":
                number = str(rng.randrange(200_000, 7_999_999))
            elif born >= NEW_CARDS_FROM:
                number = str(rng.randrange(1_000_000_000, 1_199_999_999))
            else:
                digits = rng.choices((6, 7, 8), (1, 3, 12))[0]
                number = str(rng.randrange(10 ** (digits - 1), 10**digits))
            if (type_, number) not in self._documents:
                self._documents.add((type_, number))
                return type_, number

    def _mobile(self) -> str:
        return f"+57{self._random.choice(MOBILE_PREFIXES)}{self._random.randrange(10**7):07}"

    def _password(self) -> str:
        words = [self._random.choice(choices) for choices in PASSWORD_WORDS]
        return f"{' '.join(words)} {self._random.randrange(10, 100)}"

    def _employment(self, born: date) -> Employment:
        rng = self._random
        payer = rng.choice(
            [p for p in self._payers if p.pays_pensions == (born < RETIRED_BORN_BEFORE)]
        )
        positions = POSITIONS["pensioner" if payer.pays_pensions else "employee"]
        position, usual_salary = rng.choice(positions)
        salary = round(usual_salary * rng.uniform(0.9, 1.4) / 1000) * 1000 * 100
        contract = rng.choices(("indefinite", "fixed_term", "service"), (6, 3, 1))[0]
        deducted = rng.sample(DEDUCTIONS, k=rng.choices((0, 1, 2), (5, 4, 1))[0])
        return Employment(
            payer=payer,
            position=position,
            contract_type="pension" if payer.pays_pensions else contract,
            net_monthly_salary_cents=salary,
            deductions=tuple((concept, round(salary * part)) for concept, part in deducted),
            contact_name=f"{self._names.first_name()} {self._names.last_name()}",
            contact_phone=self._mobile(),
        )


def ascii_word(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if letter.isascii() and letter.isalnum())
