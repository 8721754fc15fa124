"""Whether a document is registered is told to nobody, to a few askers in the hour, or to all."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
import pytest_asyncio

from vinculo.httpapi.rate_limits import rate_limits
from vinculo.testing.fixture_types import NewDatabase

from .lapses import lapse
from .service_under_test import Service, migrate_onboarding, running, settings

pytestmark = pytest.mark.servers

KNOWN = {"country": "CO", "document_type": "CC", "document_number": "1.032.456.789"}
NIT = {"document_type": "NIT", "document_number": "1032456789-7"}
UNKNOWN = {"document_type": "CC", "document_number": "79123456"}
HERE = {"x_forwarded_for": "203.0.113.7"}

Telling = Callable[[str], Awaitable[Service]]


@pytest_asyncio.fixture
async def telling(new_database: NewDatabase, keyring_url: str) -> AsyncIterator[Telling]:
    """Make the service with one of the settings; three tries where they are counted."""
    async with AsyncExitStack() as stack:

        async def told(hint: str) -> Service:
            url = await new_database(migrate_onboarding, "onboarding")
            chosen = settings(
                url,
                keyring_url,
                onboarding_duplicate_hint=hint,
                onboarding_document_checks_per_hour=3,
            )
            return await stack.enter_async_context(running(chosen))

        yield told


async def told(service: Service, body: dict[str, str], **headers: str) -> bool | None:
    answer = await service.post("document-checks", body, **headers)
    assert answer.status_code == 200, answer.text
    registered: bool | None = answer.json()["registered"]
    return registered


async def test_registered_documents_are_told_from_others(telling: Telling) -> None:
    service = await telling("public")
    await service.registered()

    assert [await told(service, body) for body in (KNOWN, NIT, UNKNOWN)] == [True, True, False]
    for _ in range(5):
        assert await told(service, UNKNOWN) is False
    assert await service.rows(rate_limits) == 0


async def test_a_document_that_can_be_taken_over_is_free(telling: Telling) -> None:
    service = await telling("public")
    link = await service.registered()
    await lapse(service, link.person_id)

    assert await told(service, KNOWN) is False


async def test_limited_telling_ends_for_an_address_and_begins_again_after_an_hour(
    telling: Telling,
) -> None:
    service = await telling("limited")
    for _ in range(3):
        assert await told(service, UNKNOWN, **HERE) is False
    service.clock.advance(timedelta(minutes=20))
    refused = await service.post("document-checks", UNKNOWN, **HERE)

    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "2400"
    assert await told(service, UNKNOWN, x_forwarded_for="203.0.113.8") is False
    service.clock.advance(timedelta(minutes=40))
    assert await told(service, UNKNOWN, **HERE) is False


async def test_what_a_client_says_of_its_address_buys_no_further_try(telling: Telling) -> None:
    service = await telling("limited")
    answers = [
        await service.post(
            "document-checks", UNKNOWN, x_forwarded_for=f"198.51.100.{n}, 203.0.113.7"
        )
        for n in range(5)
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]


async def test_many_at_once_do_not_slip_through_together(telling: Telling) -> None:
    service = await telling("limited")
    answers = await asyncio.gather(
        *(service.post("document-checks", UNKNOWN, **HERE) for _ in range(12))
    )

    assert sorted(answer.status_code for answer in answers) == [*[200] * 3, *[429] * 9]


async def test_where_it_is_never_told_all_answers_are_alike(telling: Telling) -> None:
    service = await telling("never")
    await service.registered()

    assert [await told(service, body) for body in (KNOWN, NIT, UNKNOWN) * 3] == [None] * 9
    assert await service.rows(rate_limits) == 0


async def test_a_document_that_cannot_be_is_refused_and_counts_as_no_try(telling: Telling) -> None:
    service = await telling("limited")
    bad: list[tuple[dict[str, str], str, str]] = [
        ({**KNOWN, "document_number": "12"}, "document_number", "document_number_malformed"),
        ({**NIT, "document_number": "1032456789-1"}, "document_number", "check_digit_wrong"),
        ({**KNOWN, "country": "XX"}, "country", "country_unsupported"),
        ({**KNOWN, "document_type": "DNI"}, "document_type", "document_type_unknown"),
        ({**KNOWN, "more": "1"}, "more", "unknown_field"),
    ]
    for body, field, code in bad:
        answer = await service.post("document-checks", body)
        assert answer.status_code == 422
        assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [
            (field, code)
        ]
    assert await service.rows(rate_limits) == 0
