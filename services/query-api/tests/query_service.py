"""The query service over ASGI, with a generation of people that no projector has written."""

import random
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
from cryptography.hazmat.primitives.asymmetric import ec

from vinculo.access import Role, TokenVerifier
from vinculo.access.testing import access_token
from vinculo.contracts.customer_registry import Kind
from vinculo.query_api import generations
from vinculo.query_api.lists.catalogue import CUSTOMERS, PRE_CUSTOMERS
from vinculo.query_api.main import prepare_own_database, query_app
from vinculo.query_api.mongo import Mongo, collection_of, connect
from vinculo.query_api.person_document.counters import group_of, status_history_of
from vinculo.query_api.person_document.indexes import PEOPLE_INDEXES
from vinculo.query_api.person_document.schema import NO_ID, NO_INSTANT, Concern, Person
from vinculo.query_api.person_document.search_tokens import search_tokens
from vinculo.query_api.projector.totals import CounterChanges
from vinculo.query_api.settings import Settings
from vinculo.testing.storage import S3
from vinculo.values.folding import folded_words, letters_sort_key, sort_key

from .declared_shapes import DeclaredResponses, stored_violations
from .event_samples import FakeKeyRing

ISSUER = "http://vinculo.test"
KEY = ec.generate_private_key(ec.SECP256R1())
STAFF = UUID(int=1)
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = (
    *("María José", "Ana", "Ángel", "Zunilda", "José", "Óscar", "Luz Marina"),
    *("Nubia", "Ñata", "Łukasz", "Nzá"),
)
SURNAMES = ("Gómez Peña", "Núñez", "O'Brien", "Rodríguez Gómez", "de la Hoz", "Peña")
PAYERS = {UUID(int=100 + n): f"Pagaduría {n}" for n in range(4)}
REQUIREMENTS = ("documents_accepted", "email_verified", "onboarding_completed")
CONCERN_SHARE = 0.05
REFUSED = UUID(int=200)
"""A proposed payer that was refused as a duplicate of `Pagaduría 0`."""


class Caller(Mapping[str, str]):
    """The header of a caller with these roles. Each use has a fresh token: tokens live ten minutes.

    A test run may take longer, and some callers are module constants.
    """

    def __init__(self, *roles: Role, subject: UUID = STAFF) -> None:
        self._roles, self._subject = roles, subject

    def __getitem__(self, name: str) -> str:
        if name != "Authorization":
            raise KeyError(name)
        token = access_token(KEY, "test", issuer=ISSUER, subject=self._subject, roles=self._roles)
        return f"Bearer {token}"

    def __iter__(self) -> Iterator[str]:
        return iter(("Authorization",))

    def __len__(self) -> int:
        return 1


def token(*roles: Role, subject: UUID = STAFF) -> Caller:
    return Caller(*roles, subject=subject)


def environment_for(mongo_url: str, s3: S3) -> dict[str, str]:
    """The environment of a process of the service."""
    return {
        "VINCULO_KEYRING_URL": "postgresql://unused@127.0.0.1/keyring",
        "VINCULO_KEY_ENCRYPTION_KEY": "A" * 43 + "=",
        "VINCULO_HASH_KEY": "A" * 43 + "=",
        "VINCULO_PUBLIC_URL": ISSUER,
        "VINCULO_S3_URL": s3.url,
        "VINCULO_S3_ACCESS_KEY": s3.access_key,
        "VINCULO_S3_SECRET_KEY": s3.secret_key,
        "VINCULO_ERASURES_BUCKET": "",
        "QUERY_EXPORTS_BUCKET": s3.bucket,
        "QUERY_MONGO_URL": mongo_url,
    }


def settings_for(mongo_url: str, s3: S3, **more: Any) -> Settings:
    """The environment's settings; `more` are settings in lower case."""
    named = {name.lower(): value for name, value in environment_for(mongo_url, s3).items()}
    return Settings.model_validate({**named, **more})


def verifier() -> TokenVerifier:
    return TokenVerifier(ISSUER, keys={"test": KEY.public_key()})


@asynccontextmanager
async def query_service(
    mongo_url: str, s3: S3, *, driver: str = "motor", keys: Any = None, **more: Any
) -> AsyncIterator[tuple[httpx2.AsyncClient, Mongo]]:
    """A client and the database; responses and what is stored must be as declared."""
    mongo = connect(mongo_url, driver)
    settings = settings_for(mongo_url, s3, **more)
    await prepare_own_database(mongo, settings)
    app = query_app(settings, mongo, verifier(), keys or FakeKeyRing())
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    hooks = {"response": [DeclaredResponses(app).check]}
    try:
        async with httpx2.AsyncClient(
            transport=transport, base_url=ISSUER, event_hooks=hooks
        ) as client:
            yield client, mongo
        assert await stored_violations(mongo.database) == []
    finally:
        await mongo.close()


async def make_generation(mongo: Mongo, people: Sequence[Person]) -> None:
    """Make an active generation of these people, with counters and indexes."""
    name = await generations.register_generation(mongo.database, BEGINNING)
    collections = generations.collection_names(name)
    await mongo.database[collections.payers].insert_many(
        [
            *({"_id": payer_id, "name": payer} for payer_id, payer in PAYERS.items()),
            {"_id": REFUSED, "name": "pag 0", "same_as": next(iter(PAYERS))},
        ]
    )
    requirements = [{"code": code, "title_es": "", "title_en": ""} for code in REQUIREMENTS]
    await mongo.database[collections.policies].insert_one(
        {"_id": "promotion-policy-default", "project": "default", "requirements": requirements}
    )
    changes = CounterChanges()
    for person in people:
        changes.move(0, None, group_of(person))
        changes.replace_history(0, {}, status_history_of(person))
    if people:
        await collection_of(mongo.database, collections.people, Person).insert_many(people)
        await mongo.database[collections.counters].bulk_write(changes.updates())
    await mongo.database[collections.people].create_indexes(list(PEOPLE_INDEXES))
    await generations.start_projection(mongo.database, name, BEGINNING)
    await generations.point_readers_to(mongo.database, name)


def make_people(number: int, seed: int = 1) -> list[Person]:
    """People of both kinds in every status, with many equal values to sort by."""
    rng = random.Random(seed)  # noqa: S311 - the same people in every run
    return [_person(n, rng) for n in range(number)]


def _person(n: int, rng: random.Random) -> Person:
    kind = rng.choice(list(Kind))
    status = rng.choice((PRE_CUSTOMERS if kind is Kind.PRE_CUSTOMER else CUSTOMERS).statuses)
    given_names, surnames = rng.choice(NAMES), rng.choice(SURNAMES)
    email = f"{folded_words(given_names)[0]}.{n % 17}@example.co"
    phone = f"+573{rng.randrange(10**9):09}"
    document_number = str(rng.randrange(10**6, 10**10))
    registered_at = BEGINNING + timedelta(hours=rng.randrange(24 * 90))
    is_customer = kind is Kind.CUSTOMER
    active_loans = rng.choice((0, 0, 1, 2)) if is_customer else 0
    return {
        "_id": UUID(int=rng.getrandbits(128), version=4),
        "revision": 1,
        "application": {
            "version": 1,
            "country": "CO",
            "document_type": "CC",
            "locale": "es",
            "channel": "web",
            "consents": {},
        },
        "registry": {
            "version": 3,
            "status_version": 2,
            "status": status,
            "status_changed_at": registered_at,
            "status_cause": "registered",
            "results": [],
            "moves": [{"at": registered_at, "kind": kind.value, "status": status}],
        },
        "personal": {
            "name": f"{given_names} {surnames}",
            "name_key": sort_key(f"{given_names} {surnames}"),
            "given_names": given_names,
            "surnames": surnames,
            "document_number": document_number,
            "birth_date": "1990-01-31",
            "email": email,
            "email_key": letters_sort_key(email),
            "phone": phone,
            "tokens": search_tokens(
                given_names=given_names,
                surnames=surnames,
                email=email,
                document_number=document_number,
                phone=phone,
            ),
        },
        "kind": kind.value,
        "status": status,
        "has_loans": int(active_loans > 0),
        "active_loans": active_loans,
        "created": registered_at + timedelta(days=2 * is_customer),
        "registered_at": registered_at,
        "modified": registered_at + timedelta(days=2 * is_customer + rng.choice((0, 0, 3, 9))),
        "personal_data_acceptance": registered_at,
        "commercial_approval": rng.choice((NO_INSTANT, registered_at)),
        "payer_id": rng.choice((*PAYERS, NO_ID)),
        "registration_number": n + 1,
        "customer_id": UUID(int=rng.getrandbits(128), version=4) if is_customer else NO_ID,
        "document_type": rng.choice(("CC", "CE", "PPT")),
        "project": "default",
        "blocked_by": [] if is_customer else sorted(rng.sample(REQUIREMENTS, n % 3)),
        "concerns": [concern.value for concern in Concern if rng.random() < CONCERN_SHARE],
    }
