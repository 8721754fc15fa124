"""The erasure ledger: which people's keys were destroyed, outside of what a restore replaces.

A restored key ring has the keys of people again who were erased after the backup. The ledger is a
bucket of its own in the object store. Its entries are only added, and say nothing personal. The
object's name has the whole entry, so that a listing reads the ledger; its content is the same as
JSON, for people.
"""

import asyncio
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import orjson
import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from vinculo.process import Backoff, LedgerSettings

Result = TypeVar("Result")

CONNECT_TIMEOUT_SECONDS: Final = 1
READ_TIMEOUT_SECONDS: Final = 10
POSITION_DIGITS: Final = 16
NAME_PARTS: Final = 4
MOMENT_FORMAT: Final = "%Y%m%dT%H%M%S.%fZ"
BUCKET_EXISTS: Final = frozenset({"BucketAlreadyOwnedByYou", "BucketAlreadyExists"})
STARTUP_BACKOFF: Final = Backoff(initial_seconds=0.2, max_seconds=1)


class LedgerUnavailableError(ConnectionError):
    """The ledger cannot be read or written now; callers retry as without a database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """`store_epoch` is that of the registry's event store when the entry was added."""

    position: int
    person_id: UUID
    store_epoch: int
    destroyed_at: datetime

    @property
    def object_name(self) -> str:
        """Sorts by position. Two entries never share a name, so none replaces another."""
        moment = self.destroyed_at.astimezone(UTC).strftime(MOMENT_FORMAT)
        return f"{_position_text(self.position)}_{self.person_id}_{self.store_epoch}_{moment}"

    @classmethod
    def from_object_name(cls, name: str) -> "LedgerEntry":
        """The inverse of `object_name`. ValueError for a name that is not an entry's."""
        parts = name.split("_")
        if len(parts) != NAME_PARTS:
            raise ValueError(f"not an entry of the ledger: {name}")
        position, person_id, store_epoch, moment = parts
        return cls(
            position=int(position),
            person_id=UUID(person_id),
            store_epoch=int(store_epoch),
            destroyed_at=datetime.strptime(moment, MOMENT_FORMAT).replace(tzinfo=UTC),
        )

    def content(self) -> bytes:
        return orjson.dumps(
            {
                "position": self.position,
                "person_id": str(self.person_id),
                "store_epoch": self.store_epoch,
                "destroyed_at": self.destroyed_at.astimezone(UTC).isoformat(),
            }
        )


class ErasureLedger:
    """The SDK is synchronous, so calls run in threads.

    Every call raises LedgerUnavailableError without the store or without the bucket.
    """

    def __init__(self, *, url: str, access_key: str, secret_key: str, bucket: str) -> None:
        address = urlsplit(url)
        self._bucket = bucket
        self._client = Minio(
            endpoint=address.netloc,
            access_key=access_key,
            secret_key=secret_key,
            secure=address.scheme == "https",
            region="us-east-1",
            http_client=urllib3.PoolManager(
                timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_SECONDS, read=READ_TIMEOUT_SECONDS),
                retries=urllib3.Retry(total=0),
            ),
        )

    async def create_bucket_when_available(self, timeout_seconds: float = 60) -> None:
        """Create the bucket if there is none, and retry while the store is starting."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + timeout_seconds
        failures = 0
        while True:
            try:
                return await self._run(self._create_bucket)
            except LedgerUnavailableError:
                if clock() > deadline:
                    raise
            await asyncio.sleep(STARTUP_BACKOFF.delay_seconds(failures))
            failures += 1

    async def entries(self, *, after: int = 0) -> list[LedgerEntry]:
        """The entries with a position above `after`, in their order."""
        return await self._run(lambda: self._list(after))

    async def add(self, entry: LedgerEntry) -> None:
        """Add an entry; adding the same one again changes nothing."""
        content = entry.content()
        await self._run(
            lambda: self._client.put_object(
                bucket_name=self._bucket,
                object_name=entry.object_name,
                data=io.BytesIO(content),
                length=len(content),
                content_type="application/json",
            )
        )

    def _create_bucket(self) -> None:
        if self._client.bucket_exists(bucket_name=self._bucket):
            return
        try:
            self._client.make_bucket(bucket_name=self._bucket)
        except S3Error as error:
            if error.code not in BUCKET_EXISTS:
                raise

    def _list(self, after: int) -> list[LedgerEntry]:
        listed = self._client.list_objects(
            bucket_name=self._bucket,
            recursive=True,
            # The next position without a suffix sorts before all its entries.
            start_after=_position_text(after + 1),
        )
        return [LedgerEntry.from_object_name(item.object_name or "") for item in listed]

    async def _run(self, call: Callable[[], Result]) -> Result:
        try:
            return await asyncio.to_thread(call)
        except S3Error as error:
            raise LedgerUnavailableError(f"{error.code} in bucket {self._bucket}") from error
        except (MinioException, urllib3.exceptions.HTTPError) as error:
            raise LedgerUnavailableError(type(error).__name__) from error


def erasure_ledger(settings: LedgerSettings) -> ErasureLedger | None:
    """The ledger of the settings; None where there is none."""
    if not settings.vinculo_erasures_bucket:
        return None
    return ErasureLedger(
        url=settings.vinculo_s3_url,
        access_key=settings.vinculo_s3_access_key.get_secret_value(),
        secret_key=settings.vinculo_s3_secret_key.get_secret_value(),
        bucket=settings.vinculo_erasures_bucket,
    )


def _position_text(position: int) -> str:
    return f"{position:0{POSITION_DIGITS}}"
