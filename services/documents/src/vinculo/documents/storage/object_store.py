"""The object store: the only module that calls it.

Uploads arrive in the quarantine bucket, which is neither versioned nor backed up; the files that
passed the screening are in the other one. The first part of a key says which.

The SDK is synchronous, so calls run in a small thread pool. URLs for browsers are signed for the
public address, because the signature covers the host to which the browser sends the request.
"""

import asyncio
import base64
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import attrgetter
from typing import Final, TypeVar
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error
from minio.signer import post_presign_v4

from vinculo.process import Backoff

Result = TypeVar("Result")

CONNECT_TIMEOUT_SECONDS: Final = 2
READ_TIMEOUT_SECONDS: Final = 30
OBJECT_MISSING: Final = frozenset({"NoSuchKey", "NoSuchObject"})
QUARANTINE: Final = "quarantine/"
SIGNATURE_ALGORITHM: Final = "AWS4-HMAC-SHA256"
EMPTY_FIELDS: Final = (
    "success_action_redirect",
    "redirect",
    "acl",
    "tagging",
    "x-amz-storage-class",
    "Content-Encoding",
    "Content-Disposition",
)
UNVERSIONED: Final = "null"
SINGLE_PART_BYTES: Final = 200_000_000
"""Larger than any file: an interrupted upload in parts would leave parts behind."""
BUCKET_EXISTS: Final = frozenset({"BucketAlreadyOwnedByYou", "BucketAlreadyExists"})
STARTUP_BACKOFF: Final = Backoff(initial_seconds=0.2, max_seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectStoreAddress:
    """The service connects to `url`, browsers to `public_url`."""

    url: str
    public_url: str
    access_key: str
    secret_key: str
    region: str
    bucket: str
    quarantine_bucket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectVersion:
    """`version_id` is None in a bucket without versions."""

    bucket: str
    key: str
    version_id: str | None
    size_bytes: int
    modified_at: datetime

    @property
    def is_folder(self) -> bool:
        """Stores on a file system keep the folders of deleted objects, and list them."""
        return self.key.endswith("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadForm:
    """To be sent as a multipart form: `fields` first, then the file as field `file`."""

    url: str
    fields: dict[str, str]


class ObjectTooLarge(Exception):
    pass


class ObjectStoreUnavailableError(Exception):
    """The store did not respond, or responded with an error; nothing was changed."""


class ObjectStore:
    def __init__(self, address: ObjectStoreAddress, *, threads: int = 4) -> None:
        self._bucket = address.bucket
        self._quarantine_bucket = address.quarantine_bucket
        self._access_key, self._secret_key = address.access_key, address.secret_key
        self._region = address.region
        self._public_url = address.public_url.rstrip("/")
        self._connections = urllib3.PoolManager(
            maxsize=threads,
            timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_SECONDS, read=READ_TIMEOUT_SECONDS),
            retries=urllib3.Retry(total=2, backoff_factor=0.1, status_forcelist=[502, 503, 504]),
        )
        self._internal = _client(address, address.url, self._connections)
        self._public = _client(address, address.public_url, self._connections)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="object-store")

    def close(self) -> None:
        self._threads.shutdown(wait=True)
        self._connections.clear()

    @property
    def _buckets(self) -> tuple[str, str]:
        return self._bucket, self._quarantine_bucket

    def _bucket_of(self, key: str) -> str:
        return self._quarantine_bucket if key.startswith(QUARANTINE) else self._bucket

    async def create_buckets(self) -> None:
        """Create the buckets that do not exist."""

        def create(bucket: str) -> None:
            if self._internal.bucket_exists(bucket_name=bucket):
                return
            try:
                self._internal.make_bucket(bucket_name=bucket)
            except S3Error as error:
                if error.code not in BUCKET_EXISTS:
                    raise

        for bucket in self._buckets:
            await self._run(partial(create, bucket))

    async def create_buckets_when_available(self, timeout_seconds: float = 60) -> None:
        """Create the buckets, and retry while the store is starting.

        Raises ObjectStoreUnavailableError after `timeout_seconds`.
        """
        clock = asyncio.get_running_loop().time
        deadline = clock() + timeout_seconds
        failures = 0
        while True:
            try:
                return await self.create_buckets()
            except ObjectStoreUnavailableError:
                if clock() > deadline:
                    raise
            await asyncio.sleep(STARTUP_BACKOFF.delay_seconds(failures))
            failures += 1

    async def check(self) -> None:
        """Raises LookupError without a bucket, ObjectStoreUnavailableError without the store."""
        for bucket in self._buckets:
            if not await self._run(partial(self._internal.bucket_exists, bucket_name=bucket)):
                raise LookupError(f"no bucket {bucket}")

    def upload_form(
        self, key: str, *, media_type: str, max_bytes: int, expires_at: datetime
    ) -> UploadForm:
        """A form that accepts only this key and media type, and 1 to `max_bytes` bytes.

        Stores let fields pass that the policy does not name, so those with an effect are named as
        empty. The SDK's own policy cannot express that.
        """
        bucket, now = self._bucket_of(key), datetime.now(UTC)
        signed = {
            "x-amz-algorithm": SIGNATURE_ALGORITHM,
            "x-amz-credential": f"{self._access_key}/{now:%Y%m%d}/{self._region}/s3/aws4_request",
            "x-amz-date": f"{now:%Y%m%dT%H%M%SZ}",
        }
        fields = {"key": key, "Content-Type": media_type, **signed}
        equal = {"bucket": bucket, **fields, **dict.fromkeys(EMPTY_FIELDS, "")}
        policy = {
            "expiration": f"{expires_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}",
            "conditions": [
                *(["eq", f"${name}", value] for name, value in equal.items()),
                ["content-length-range", 1, max_bytes],
            ],
        }
        encoded = base64.b64encode(json.dumps(policy).encode()).decode()
        signature = post_presign_v4(encoded, self._secret_key, now, self._region)
        fields |= {"policy": encoded, "x-amz-signature": signature}
        return UploadForm(url=f"{self._public_url}/{bucket}/", fields=fields)

    def download_url(
        self, key: str, *, media_type: str, file_name: str, lifetime: timedelta
    ) -> str:
        """A signed URL of the object, which browsers save as a file and do not display."""
        return self._public.presigned_get_object(
            bucket_name=self._bucket_of(key),
            object_name=key,
            expires=lifetime,
            response_headers={
                "response-content-type": media_type,
                "response-content-disposition": f'attachment; filename="{file_name}"',
                "response-cache-control": "no-store",
            },
        )

    async def read(self, key: str, *, max_bytes: int) -> bytes | None:
        """The object's content, or None when there is no object. Raises ObjectTooLarge."""

        def read(bucket: str) -> bytes | None:
            try:
                response = self._internal.get_object(bucket_name=bucket, object_name=key)
            except S3Error as error:
                if error.code in OBJECT_MISSING:
                    return None
                raise
            try:
                content = response.read(max_bytes + 1)
            finally:
                response.close()
                response.release_conn()
            if len(content) > max_bytes:
                raise ObjectTooLarge(key)
            return content

        content = await self._run(partial(read, self._bucket_of(key)))
        if content is None and key.startswith(QUARANTINE):
            # Sent before the quarantine had a bucket of its own.
            return await self._run(partial(read, self._bucket))
        return content

    async def size(self, key: str) -> int | None:
        """The object's size in bytes, or None when there is no object."""

        def size(bucket: str) -> int | None:
            try:
                return self._internal.stat_object(bucket_name=bucket, object_name=key).size
            except S3Error as error:
                if error.code in OBJECT_MISSING:
                    return None
                raise

        found = await self._run(partial(size, self._bucket_of(key)))
        if found is None and key.startswith(QUARANTINE):
            # Sent before the quarantine had a bucket of its own.
            return await self._run(partial(size, self._bucket))
        return found

    async def put(self, key: str, content: bytes, *, media_type: str) -> None:
        await self._run(
            lambda: self._internal.put_object(
                bucket_name=self._bucket_of(key),
                object_name=key,
                data=io.BytesIO(content),
                length=len(content),
                content_type=media_type,
                part_size=SINGLE_PART_BYTES,
            )
        )

    async def delete(self, key: str) -> None:
        """Delete the object if it exists."""
        await self._run(
            lambda: self._internal.remove_object(bucket_name=self._bucket_of(key), object_name=key)
        )

    async def list_versions(self, prefixes: Iterable[str]) -> list[ObjectVersion]:
        """Every version of the objects whose keys have one of the prefixes, in both buckets.

        Uploads before the quarantine had a bucket of its own are in the other one.
        """
        return await self._run(
            lambda: [
                version
                for bucket in self._buckets
                for prefix in prefixes
                for version in self._versions(bucket, prefix)
            ]
        )

    def _versions(self, bucket: str, prefix: str) -> Iterator[ObjectVersion]:
        listed = self._internal.list_objects(
            bucket_name=bucket, prefix=prefix, recursive=True, include_version=True
        )
        for item in listed:
            is_versioned = item.version_id not in {None, UNVERSIONED}
            yield ObjectVersion(
                bucket=bucket,
                key=item.object_name or "",
                version_id=item.version_id if is_versioned else None,
                size_bytes=item.size or 0,
                modified_at=item.last_modified or datetime.min.replace(tzinfo=UTC),
            )

    async def delete_versions(self, versions: Sequence[ObjectVersion]) -> None:
        """Delete for good, folders last.

        One by one, because a store on a file system leaves folders behind when it deletes many.
        """

        def delete() -> None:
            for version in sorted(versions, key=attrgetter("is_folder")):
                self._internal.remove_object(
                    bucket_name=version.bucket,
                    object_name=version.key,
                    version_id=version.version_id,
                )

        await self._run(delete)

    async def _run(self, call: Callable[[], Result]) -> Result:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except (MinioException, urllib3.exceptions.HTTPError) as error:
            raise ObjectStoreUnavailableError(type(error).__name__) from error


def _client(address: ObjectStoreAddress, url: str, connections: urllib3.PoolManager) -> Minio:
    """The region is given because the SDK would otherwise request it before it signs."""
    parts = urlsplit(url)
    return Minio(
        endpoint=parts.netloc,
        access_key=address.access_key,
        secret_key=address.secret_key,
        secure=parts.scheme == "https",
        region=address.region,
        http_client=connections,
    )
