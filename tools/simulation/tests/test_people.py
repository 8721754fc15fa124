"""The generated people: the same for the same seed, and as found in Colombia."""

import re
from collections import Counter
from datetime import UTC, datetime
from io import BytesIO

import pytest
from PIL import Image
from stdnum.co import nit

from vinculo.simulation.files import JPEG, PDF, REQUIRED_KINDS, dotted, required_files, spoiled
from vinculo.simulation.payers import payers
from vinculo.simulation.people import make_people
from vinculo.simulation.plans import Ending, Later, Loans, make_plans
from vinculo.simulation.progress import Step, expected

TODAY = datetime(2026, 11, 5, tzinfo=UTC).date()
PEOPLE = make_people(300, seed=7, payers=payers())


def test_the_same_seed_gives_the_same_people_and_plans() -> None:
    again = make_people(300, seed=7, payers=payers())

    assert again == PEOPLE
    assert make_plans(again, seed=7) == make_plans(PEOPLE, seed=7)
    assert make_people(300, seed=8, payers=payers()) != PEOPLE


def test_everybody_has_a_document_and_an_address_of_their_own() -> None:
    assert len({(person.document_type, person.document_number) for person in PEOPLE}) == 300
    assert len({person.email for person in PEOPLE}) == 300


def test_documents_phones_and_names_are_as_found_in_colombia() -> None:
    types = Counter(person.document_type for person in PEOPLE)

    assert types["CC"] > 200
    assert types["CE"] > 0
    assert types["PPT"] > 0
    for person in PEOPLE:
        assert re.fullmatch(r"\+573\d{9}", person.phone)
        assert len(person.surnames.split()) >= 2
        if person.document_type == "CC":
            assert re.fullmatch(r"[1-9]\d{5,9}", person.document_number)


def test_everybody_is_of_age_and_has_a_password_that_is_taken() -> None:
    for person in PEOPLE:
        assert person.birth_date.year <= 2007
        assert 15 <= len(person.password) <= 128


def test_only_the_old_live_on_a_pension() -> None:
    for person in PEOPLE:
        work = person.employment
        assert (work.contract_type == "pension") == (person.birth_date.year < 1962)
        assert work.payer.pays_pensions == (work.contract_type == "pension")
        assert work.net_monthly_salary_cents > 100_000_000


def test_payers_have_valid_tax_ids() -> None:
    known = payers()

    assert len({payer.tax_id for payer in known}) == len(known) == 20
    for payer in known:
        assert nit.is_valid(payer.tax_id)


def test_files_are_what_they_say() -> None:
    files = required_files(PEOPLE[0], TODAY)

    assert [file.kind for file in files] == list(REQUIRED_KINDS)
    for file in files:
        if file.media_type == JPEG:
            with Image.open(BytesIO(file.content)) as image:
                image.load()
                assert image.format == "JPEG"
        else:
            assert file.media_type == PDF
            assert file.content.startswith(b"%PDF-")
            assert file.content.rstrip().endswith(b"%%EOF")


def test_the_same_person_gets_the_same_files() -> None:
    assert required_files(PEOPLE[0], TODAY) == required_files(PEOPLE[0], TODAY)


def test_a_spoiled_file_does_not_begin_as_it_should() -> None:
    (front, *_) = required_files(PEOPLE[0], TODAY)

    assert not spoiled(front).content.startswith(b"\xff\xd8\xff")


def test_numbers_are_written_with_dots() -> None:
    assert dotted("1032456789") == "1.032.456.789"
    assert dotted("AR123") == "AR123"


def test_every_ending_and_story_comes_to_pass() -> None:
    plans = make_plans(PEOPLE[:200], seed=7)

    assert {plan.ending for plan in plans} == set(Ending)
    assert {plan.loans for plan in plans} == set(Loans)
    assert {plan.later for plan in plans} == set(Later)
    assert sum(plan.ending is Ending.ERASED for plan in plans) == 2
    assert sum(plan.becomes_customer for plan in plans) > 90
    assert sum(plan.is_registered_twice for plan in plans) > 5


@pytest.mark.parametrize("count", [1, 2, 3, 7, 10, 20, 33])
def test_there_are_as_many_plans_as_people(count: int) -> None:
    assert len(make_plans(PEOPLE[:count], seed=7)) == count


def test_who_is_to_be_reviewed_is_in_the_project_that_reviews() -> None:
    for plan in make_plans(PEOPLE, seed=7):
        if plan.ending in {Ending.WAITS_FOR_REVIEW, Ending.REJECTED, Ending.MENDS_REJECTION}:
            assert plan.person.project == "default"


def test_each_step_is_expected_of_fewer_people_than_the_one_before() -> None:
    steps = expected(make_plans(PEOPLE[:200], seed=7))

    way = [Step.REGISTERED, Step.ACTIVATED, Step.EMPLOYED, Step.DOCUMENTS, Step.COMPLETED]
    counts = [steps[step] for step in way]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == 200
    assert len(set(counts)) == len(counts)
