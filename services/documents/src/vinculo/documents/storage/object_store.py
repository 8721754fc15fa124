"""All that is asked of the object store, and nothing else touches it.

The SDK is synchronous, so calls run in a few threads of their own. Addresses for browsers are
signed for the public address: the signature covers the host that the browser names.
"""

import asyncio
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.datatypes import PostPolicy
from minio.error import MinioException, S3Error

Answer = TypeVar("Answer")

GONE = frozenset({"NoSuchKey", "NoSuchObject"})
CONNECT_SECONDS = 2
READ_SECONDS = 30
PAUSE_SECONDS = 0.2
EXISTS = frozenset({"BucketAlreadyOwnedByYou", "BucketAlreadyExists"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectStoreAddress:
    """`url` is where this service reaches the store, `public_url` where browsers do."""

    url: str
    public_url: str
    access_key: str
    secret_key: str
    region: str
    bucket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadForm:
    """A multipart form: `fields` first, then the file as field `file`."""

    url: str
    fields: dict[str, str]


class ObjectTooLarge(Exception):
    pass


class ObjectStoreUnavailable(Exception):
    """The store did not answer, or not as it should; nothing was changed."""


class ObjectStore:
    def __init__(self, address: ObjectStoreAddress, *, threads: int = 4) -> None:
        self._bucket = address.bucket
        self._public_url = address.public_url.rstrip("/")
        self._connections = urllib3.PoolManager(
            maxsize=threads,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            retries=urllib3.Retry(total=2, backoff_factor=0.1, status_forcelist=[502, 503, 504]),
        )
        self._internal = _client(address, address.url, self._connections)
        self._public = _client(address, address.public_url, self._connections)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="object-store")

    def close(self) -> None:
        self._threads.shutdown(wait=True)
        self._connections.clear()

    async def make_bucket(self) -> None:
        """Make the bucket unless it is there."""

        def make() -> None:
            if self._internal.bucket_exists(bucket_name=self._bucket):
                return
            try:
                self._internal.make_bucket(bucket_name=self._bucket)
            except S3Error as error:
                if error.code not in EXISTS:
                    raise

        await self._run(make)

    async def make_bucket_once_up(self, patience_seconds: float = 60) -> None:
        """Make the bucket as soon as the store answers, or raise what the last attempt met."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + patience_seconds
        while True:
            try:
                return await self.make_bucket()
            except ObjectStoreUnavailable:
                if clock() > deadline:
                    raise
            await asyncio.sleep(PAUSE_SECONDS)

    async def check(self) -> None:
        """Raise unless the bucket can be reached."""
        found = await self._run(lambda: self._internal.bucket_exists(bucket_name=self._bucket))
        if not found:
            raise LookupError(f"no bucket {self._bucket}")

    def upload_form(
        self, key: str, *, media_type: str, max_bytes: int, expires_at: datetime
    ) -> UploadForm:
        """Sign a form for exactly this key and media type, and for 1 to `max_bytes` bytes."""
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
        """Sign an address that gives the object as a file to save, never as a page to show."""
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
        """Give the object's content, or None when there is none. Raise ObjectTooLarge."""

        def read() -> bytes | None:
            try:
                response = self._internal.get_object(bucket_name=self._bucket, object_name=key)
            except S3Error as error:
                if error.code in GONE:
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
        """Delete the object; one that is gone already is no error."""
        await self._run(
            lambda: self._internal.remove_object(bucket_name=self._bucket, object_name=key)
        )

    async def _run(self, call: Callable[[], Answer]) -> Answer:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except (MinioException, urllib3.exceptions.HTTPError) as error:
            raise ObjectStoreUnavailable(type(error).__name__) from error


def _client(address: ObjectStoreAddress, url: str, connections: urllib3.PoolManager) -> Minio:
    """With the region given, signing makes no call to the store."""
    parts = urlsplit(url)
    return Minio(
        endpoint=parts.netloc,
        access_key=address.access_key,
        secret_key=address.secret_key,
        secure=parts.scheme == "https",
        region=address.region,
        http_client=connections,
    )
