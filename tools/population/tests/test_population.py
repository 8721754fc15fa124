"""Invented people: the same for the same seed, as the contracts and the services' deciders want."""

import itertools
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel
from typer.testing import CliRunner

from vinculo.contracts import EVENTS, accounts, customer_registry, documents, onboarding, parse
from vinculo.customer_registry.domain.customer import Customer, ErasedRecord, PreCustomer
from vinculo.customer_registry.storage.streams import CUSTOMERS
from vinculo.documents.domain.dossier import DossierStatus, OpenedDossier
from vinculo.documents.storage.streams import DOSSIERS
from vinculo.events.meta import Meta
from vinculo.eventstore import Category, StoredEvent
from vinculo.local.process_spec import StartFailedError
from vinculo.messaging import Record, cloud_events
from vinculo.onboarding.categories import application_category
from vinculo.population.__main__ import app
from vinculo.population.catalogues import catalogue_events
from vinculo.population.courses import COURSES, HUNDRED, Reach, course_of, standings
from vinculo.population.history import history_of
from vinculo.population.inventing import SPAN, Invention
from vinculo.population.namespace import NEEDED, Namespace, same_people
from vinculo.population.portion import Share
from vinculo.population.records import REPORTS, TOPICS, Recording, Subject
from vinculo.population.telling import Telling, Told
from vinculo.privacy.envelopes import open_envelope

UNTIL = datetime(2026, 11, 22, tzinfo=UTC)
INVENTION = Invention(people=300, seed=7, until=UNTIL)
PEOPLE = [history_of(INVENTION, number) for number in range(300)]
CIPHER = AESGCM(bytes(32))
RECORDING = Recording("load-")
PERSONAL: dict[str, type[BaseModel]] = {
    "application-started.v1": onboarding.PersonDetails,
    "employment-declared.v1": onboarding.EmploymentDetails,
    "document-rejected.v1": documents.RejectionNote,
}


def records() -> Iterator[Record]:
    for told in catalogue_events(INVENTION):
        yield RECORDING.record(Subject(told.stream), told)
    for telling in PEOPLE:
        for told in telling.told:
            yield RECORDING.record(Subject(telling.person.name, CIPHER), told)


def type_of(record: Record) -> str:
    return dict(record.headers)["ce_type"].decode().split(".", 2)[2]


def stored(telling: Telling, told: Told) -> StoredEvent:
    """The event as its service would have it in store; sealed parts are not looked into."""
    return StoredEvent(
        event_id=UUID(told.event_id),
        stream_id=f"{told.category}-{told.stream}",
        subject=telling.person.person_id,
        version=told.version,
        type=told.type,
        data=orjson.loads(orjson.dumps(told.facts)),
        personal=None if told.personal is None else {"v": 1},
        meta=Meta(correlation_id=telling.person.name),
        recorded_at=datetime.fromisoformat(told.time),
    )


def folded(category: Category[Any, Any, Any], telling: Telling) -> Any:
    """What the service that owns the stream makes of it."""
    events = [stored(telling, told) for told in telling.told if told.category == category.name]
    return category.decider.fold(category.codec.decode(event) for event in events)


def test_the_same_seed_gives_the_same_people_and_events() -> None:
    again = [history_of(INVENTION, number) for number in range(300)]

    assert [telling.person for telling in again] == [telling.person for telling in PEOPLE]
    assert [telling.told for telling in again] == [telling.told for telling in PEOPLE]
    other = Invention(people=300, seed=8, until=UNTIL)
    assert history_of(other, 0).told != PEOPLE[0].told


def test_everybody_has_a_document_an_address_and_ids_of_their_own() -> None:
    people = [telling.person for telling in PEOPLE]
    ids = [told.event_id for telling in PEOPLE for told in telling.told]

    assert len({(person.document_type, person.document_number) for person in people}) == 300
    assert len({person.email for person in people}) == 300
    assert len({person.person_id for person in people}) == 300
    assert len(set(ids)) == len(ids)


def test_every_record_is_what_its_contract_would_write() -> None:
    seen = set()
    for record in records():
        topic, type_ = record.topic.removeprefix("load-"), type_of(record)
        event = parse(topic, type_, record.value)
        assert event is not None
        value = orjson.loads(record.value)
        value.pop("personal", None)
        assert event.model_dump(mode="json", exclude={"personal"}) == value
        seen.add(type_)

    assert seen >= {"loan-refinanced.v1", "document-rejected.v1", "application-lapsed.v1"}
    assert seen <= set(itertools.chain.from_iterable(EVENTS.values()))


def test_records_are_those_that_the_services_themselves_would_publish() -> None:
    makers = {
        category: cloud_events(topic.partition(".")[0], {category: topic}, "load-")
        for category, topic in TOPICS.items()
    }
    for telling in PEOPLE[:30]:
        subject = Subject(telling.person.name, CIPHER)
        for told in telling.told:
            if told.category not in REPORTS and told.personal is None:
                expected = makers[told.category](stored(telling, told))
                assert RECORDING.record(subject, told) == expected


def test_personal_parts_are_what_their_contracts_would_write_and_open_with_the_key() -> None:
    sealed = [r for r in records() if b'"personal":{' in r.value]
    for record in sealed:
        headers = dict(record.headers)
        plain = open_envelope(
            CIPHER,
            UUID(headers["ce_subject"].decode()),
            UUID(headers["ce_id"].decode()),
            orjson.loads(record.value)["personal"],
        )
        assert plain.pop("v") == 1
        assert PERSONAL[type_of(record)].model_validate(plain).model_dump(mode="json") == plain

    assert len(sealed) > 300


def test_every_stream_has_its_versions_from_one_on_without_gaps() -> None:
    for telling in PEOPLE:
        streams: dict[tuple[str, str], list[int]] = {}
        for told in telling.told:
            if not told.category.startswith(("loan", "credit")):
                streams.setdefault((told.category, told.stream), []).append(told.version)
        for versions in streams.values():
            assert versions == list(range(1, len(versions) + 1))


def test_nothing_is_told_before_its_time_or_after_the_end() -> None:
    for telling in PEOPLE:
        times = [datetime.fromisoformat(told.time) for told in telling.told]
        assert times == sorted(times)
        assert UNTIL - SPAN - timedelta(days=1) < times[0]
        assert times[-1] <= UNTIL
        is_later = [told.later for told in telling.told]
        assert is_later == sorted(is_later)


def test_the_services_own_folds_arrive_where_the_course_ends() -> None:
    for telling in PEOPLE:
        course = telling.person.course
        match folded(CUSTOMERS, telling):
            case ErasedRecord():
                assert course.is_erased
            case PreCustomer(status=status):
                assert (course.kind.value, course.status.value) == ("pre_customer", status.value)
            case Customer(status=status):
                assert (course.kind.value, course.status.value) == ("customer", status.value)
            case other:
                raise AssertionError(other)
        folded(application_category(), telling)
        dossier = folded(DOSSIERS, telling)
        assert isinstance(dossier, OpenedDossier)
        if course.is_rejected and not course.is_mended:
            assert dossier.status is DossierStatus.OPEN
        elif course.reach < Reach.COMPLETED:
            assert dossier.documents == {}
        elif course.reach is Reach.PROMOTED and telling.person.project == "default":
            assert dossier.status is DossierStatus.ACCEPTED
        else:
            assert dossier.status is DossierStatus.SUBMITTED


def test_every_hundred_people_hold_each_course_as_often_as_its_share_says() -> None:
    assert sum(course.share for course in COURSES) == HUNDRED
    for hundred in range(3):
        dealt = Counter(course_of(hundred * 100 + number, 7) for number in range(100))
        assert dealt == {course: course.share for course in COURSES}
    assert [course_of(n, 7) for n in range(100)] != [course_of(n, 8) for n in range(100)]


@pytest.mark.parametrize("people", [1, 99, 100, 250])
def test_standings_are_those_of_the_courses_dealt(people: int) -> None:
    courses = [course_of(number, 3) for number in range(people)]
    assert standings(people, 3) == Counter(
        (course.kind, course.status) for course in courses if not course.is_erased
    )


def test_all_statuses_of_both_kinds_are_there() -> None:
    kinds = {
        kind: {s for k, s in standings(100, 1) if k == kind}
        for kind in ("pre_customer", "customer")
    }
    status = customer_registry.Status

    assert kinds["pre_customer"] == set(status) - {status.ENABLED}
    assert kinds["customer"] == set(status) - {status.PENDING_EMAIL_VERIFICATION}


@pytest.mark.parametrize(("people", "processes"), [(1, 1), (200, 2), (950, 3)])
def test_shares_are_everybody_once(people: int, processes: int) -> None:
    shares = [Share(index=index, count=processes) for index in range(processes)]
    numbers = [n for share in shares for hundred in share.hundreds(people) for n in hundred]

    assert sorted(numbers) == list(range(people))


def test_a_personal_part_without_a_key_is_refused() -> None:
    telling = PEOPLE[0]
    with pytest.raises(ValueError, match=r"application-started\.v1 has a personal part"):
        RECORDING.record(Subject(telling.person.name), telling.told[0])


def test_consents_are_withdrawn_by_some() -> None:
    withdrawn = accounts.ConsentWithdrawn
    found = [r for r in records() if type_of(r) == "consent-withdrawn.v1"]
    assert found
    assert all(
        isinstance(parse("onboarding.applications", type_of(r), r.value), withdrawn) for r in found
    )


@pytest.mark.parametrize("people", ["0", "-1", "5000001", "many"])
def test_a_number_of_people_that_cannot_be_is_refused(people: str) -> None:
    result = CliRunner().invoke(app, ["--people", people])

    assert result.exit_code == 2
    assert "--people" in result.output


@pytest.mark.parametrize("name", ["", "Load", "a-b", "9lives", "x" * 32])
def test_a_name_that_no_topic_or_database_could_have_is_refused(name: str) -> None:
    servers = dict.fromkeys(NEEDED, "somewhere")
    with pytest.raises(StartFailedError, match="is no name"):
        Namespace(name=name, servers=servers)


def test_a_missing_address_is_named() -> None:
    with pytest.raises(StartFailedError, match="VINCULO_MONGO_URL"):
        Namespace(name="load", servers={"VINCULO_KAFKA": "k", "VINCULO_POSTGRES_URL": "p"})


async def test_servers_that_are_away_are_named_and_nothing_is_begun() -> None:
    away = {
        "VINCULO_KAFKA": "127.0.0.1:1",
        "VINCULO_POSTGRES_URL": "postgresql://nobody:secret@127.0.0.1:1/x",
        "VINCULO_MONGO_URL": "mongodb://127.0.0.1:1/",
    }
    namespace = Namespace(name="load", servers=away)

    with pytest.raises(StartFailedError, match="no PostgreSQL at ") as refused:
        await namespace.prepare()
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("found", "until", "same"),
    [
        ({"people": 300, "seed": 7, "until": UNTIL, "events": 10}, None, True),
        ({"people": 300, "seed": 7, "until": UNTIL, "events": 10}, UNTIL, True),
        ({"people": 300, "seed": 7, "until": UNTIL, "events": 10}, UNTIL - SPAN, False),
        ({"people": 300, "seed": 7, "until": UNTIL, "events": None}, None, False),
        ({"people": 301, "seed": 7, "until": UNTIL, "events": 10}, None, False),
        ({"people": 300, "seed": 8, "until": UNTIL, "events": 10}, None, False),
    ],
)
def test_people_who_are_there_are_taken_only_when_they_are_those_asked_for(
    found: dict[str, Any], until: datetime | None, *, same: bool
) -> None:
    assert same_people(found, INVENTION, until) is same
