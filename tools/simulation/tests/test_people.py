"""Generated people: reproducible and plausible for Colombia."""

import re
from collections import Counter

from vinculo.simulation.payers import payers
from vinculo.simulation.people import make_people

PEOPLE = make_people(300, seed=7, payers=payers())


def test_the_same_seed_gives_the_same_people() -> None:
    again = make_people(300, seed=7, payers=payers())

    assert again == PEOPLE
    assert make_people(300, seed=8, payers=payers()) != PEOPLE


def test_documents_and_addresses_are_unique() -> None:
    assert len({(person.document_type, person.document_number) for person in PEOPLE}) == 300
    assert len({person.email for person in PEOPLE}) == 300


def test_documents_phones_and_names_are_colombian() -> None:
    types = Counter(person.document_type for person in PEOPLE)

    assert types["CC"] > 200
    assert types["CE"] > 0
    assert types["PPT"] > 0
    for person in PEOPLE:
        assert re.fullmatch(r"\+573\d{9}", person.phone)
        assert len(person.surnames.split()) >= 2
        if person.document_type == "CC":
            assert re.fullmatch(r"[1-9]\d{5,9}", person.document_number)


def test_people_are_of_age_and_have_valid_passwords() -> None:
    for person in PEOPLE:
        assert person.birth_date.year <= 2007
        assert 15 <= len(person.password) <= 128


def test_only_older_people_receive_a_pension() -> None:
    for person in PEOPLE:
        work = person.employment
        assert (work.contract_type == "pension") == (person.birth_date.year < 1962)
        assert work.payer.pays_pensions == (work.contract_type == "pension")
        assert work.net_monthly_salary_cents > 100_000_000
