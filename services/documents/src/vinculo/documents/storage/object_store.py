"""The object store: the only module that calls it.

The SDK is synchronous, so calls run in a small thread pool. URLs for browsers are signed for the
public address, because the signature covers the host to which the browser sends the request.
"""

import asyncio
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.datatypes import PostPolicy
from minio.error import MinioException, S3Error

from vinculo.process import Backoff

Result = TypeVar("Result")

CONNECT_TIMEOUT_SECONDS: Final = 2
READ_TIMEOUT_SECONDS: Final = 30
OBJECT_MISSING: Final = frozenset({"NoSuchKey", "NoSuchObject"})
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

    async def create_bucket(self) -> None:
        """Create the bucket unless it exists."""

        def create() -> None:
            if self._internal.bucket_exists(bucket_name=self._bucket):
                return
            try:
                self._internal.make_bucket(bucket_name=self._bucket)
            except S3Error as error:
                if error.code not in BUCKET_EXISTS:
                    raise

        await self._run(create)

    async def create_bucket_when_available(self, timeout_seconds: float = 60) -> None:
        """Create the bucket, and retry while the store is starting.

        Raises ObjectStoreUnavailableError after `timeout_seconds`.
        """
        clock = asyncio.get_running_loop().time
        deadline = clock() + timeout_seconds
        failures = 0
        while True:
            try:
                return await self.create_bucket()
            except ObjectStoreUnavailableError:
                if clock() > deadline:
                    raise
            await asyncio.sleep(STARTUP_BACKOFF.delay_seconds(failures))
            failures += 1

    async def check(self) -> None:
        """Raises LookupError without the bucket, ObjectStoreUnavailableError without the store."""
        found = await self._run(lambda: self._internal.bucket_exists(bucket_name=self._bucket))
        if not found:
            raise LookupError(f"no bucket {self._bucket}")

    def upload_form(
        self, key: str, *, media_type: str, max_bytes: int, expires_at: datetime
    ) -> UploadForm:
        """A form that accepts only this key and media type, and 1 to `max_bytes` bytes."""
        policy = PostPolicy(self._bucket, expires_at)
        policy.add_equals_condition("key", key)
        policy.add_equals_condition("Content-Type", media_type)
        policy.add_content_length_range_condition(1, max_bytes)
        signed = self._public.presigned_post_policy(policy=policy)
        fields = {"key": key, "Content-Type": media_type, **signed}
        return UploadForm(url=f"{self._public_url}/{self._bucket}/", fields=fields)

    def download_url(
        self, key: str, *, media_type: str, file_name: str, lifetime: timedelta
    ) -> str:
        """A signed URL of the object, which browsers save as a file and do not display."""
        return self._public.presigned_get_object(
            bucket_name=self._bucket,
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

        def read() -> bytes | None:
            try:
                response = self._internal.get_object(bucket_name=self._bucket, object_name=key)
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

        return await self._run(read)

    async def put(self, key: str, content: bytes, *, media_type: str) -> None:
        await self._run(
            lambda: self._internal.put_object(
                bucket_name=self._bucket,
                object_name=key,
                data=io.BytesIO(content),
                length=len(content),
                content_type=media_type,
            )
        )

    async def delete(self, key: str) -> None:
        """Delete the object if it exists."""
        await self._run(
            lambda: self._internal.remove_object(bucket_name=self._bucket, object_name=key)
        )

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
