"""Real servers for tests: a pytest plugin, its fixtures, and waiting for conditions."""

from vinculo.local.testing.background import alongside
from vinculo.local.testing.eventually import eventually
from vinculo.local.testing.fixture_types import (
    Eventually,
    MakeBucket,
    MakeTopics,
    MongoUrl,
    NewDatabase,
)
from vinculo.local.testing.mailbox import MailBox
from vinculo.local.testing.storage import S3
from vinculo.local.testing.systems import Systems

__all__ = [
    "S3",
    "Eventually",
    "MailBox",
    "MakeBucket",
    "MakeTopics",
    "MongoUrl",
    "NewDatabase",
    "Systems",
    "alongside",
    "eventually",
]
