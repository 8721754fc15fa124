"""A pytest plugin with real servers, its fixtures, and waiting for conditions."""

from vinculo.testing.fixture_types import Eventually, MakeBucket, MakeTopics, MongoUrl, NewDatabase
from vinculo.testing.mailbox import MailBox
from vinculo.testing.storage import S3
from vinculo.testing.systems import Systems
from vinculo.testing.waiting import eventually, running_in_background

__all__ = [
    "S3",
    "Eventually",
    "MailBox",
    "MakeBucket",
    "MakeTopics",
    "MongoUrl",
    "NewDatabase",
    "Systems",
    "eventually",
    "running_in_background",
]
