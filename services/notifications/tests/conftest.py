"""The service's parts on a database of the test, and the e-mails and short messages they send."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from vinculo.testing.fixture_types import NewDatabase

from .harness import Harness, RecordedEmails, RecordedSms, harness_on


@pytest_asyncio.fixture
async def harness(new_database: NewDatabase) -> AsyncIterator[Harness]:
    async with harness_on(new_database) as made:
        yield made


@pytest.fixture
def emails(harness: Harness) -> RecordedEmails:
    return harness.emails


@pytest.fixture
def sms(harness: Harness) -> RecordedSms:
    return harness.sms
