"""Exported files in the object store. The client is synchronous: every call runs in a thread."""

from collections.abc import AsyncGenerator
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.error import S3Error, ServerError

from vinculo.query_api.exports.threads import run_in_thread
from vinculo.query_api.settings import Settings

CHUNK_BYTES: Final = 256 * 1024
REGION: Final = "us-east-1"


def is_store_lost(error: BaseException) -> bool:
    """Whether the object store could not be reached, or could not answer for the moment."""
    if isinstance(error, ServerError):
        return True
    if isinstance(error, S3Error):
        return error.response.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, urllib3.exceptions.HTTPError)


class FileGone(Exception):
    """The object does not exist any more."""


class ExportFileStore:
    """One bucket, with one object per attempt at an export."""

    def __init__(self, *, url: str, access_key: str, secret_key: str, bucket: str) -> None:
        address = urlsplit(url)
        self._client = Minio(
            endpoint=address.netloc,
            access_key=access_key,
            secret_key=secret_key,
            secure=address.scheme == "https",
            region=REGION,
        )
        self._bucket = bucket

    async def prepare(self) -> None:
        """Make the bucket if there is none."""
        if await run_in_thread(self._client.bucket_exists, bucket_name=self._bucket):
            return
        try:
            await run_in_thread(self._client.make_bucket, bucket_name=self._bucket)
        except S3Error as error:
            if error.code not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
                raise

    async def check(self) -> None:
        """Readiness: raise unless the store answers and has the bucket."""
        if not await run_in_thread(self._client.bucket_exists, bucket_name=self._bucket):
            raise FileNotFoundError(self._bucket)

    async def upload(self, name: str, path: Path, media_type: str) -> None:
        await run_in_thread(
            self._client.fput_object,
            bucket_name=self._bucket,
            object_name=name,
            file_path=str(path),
            content_type=media_type,
        )

    async def open(self, name: str) -> AsyncGenerator[bytes, None]:
        """The file in pieces; the connection is released at the end, or when closed.

        Raises:
            FileGone: there is no such object; nothing was read.

        """
        try:
            response = await run_in_thread(
                self._client.get_object, bucket_name=self._bucket, object_name=name
            )
        except S3Error as error:
            if error.code == "NoSuchKey":
                raise FileGone from None
            raise
        return _pieces(response)

    async def names(self) -> list[str]:
        """The names of all objects."""
        return await run_in_thread(self._names)

    async def remove(self, name: str) -> None:
        """Remove the object if it exists."""
        await run_in_thread(self._client.remove_object, bucket_name=self._bucket, object_name=name)

    def _names(self) -> list[str]:
        found = self._client.list_objects(bucket_name=self._bucket, recursive=True)
        return [str(each.object_name) for each in found]


async def _pieces(response: Any) -> AsyncGenerator[bytes, None]:  # noqa: ANN401 - urllib3's
    try:
        while piece := await run_in_thread(response.read, CHUNK_BYTES):
            yield piece
    finally:
        response.close()
        response.release_conn()


def export_file_store(settings: Settings) -> ExportFileStore:
    return ExportFileStore(
        url=settings.vinculo_s3_url,
        access_key=settings.vinculo_s3_access_key.get_secret_value(),
        secret_key=settings.vinculo_s3_secret_key.get_secret_value(),
        bucket=settings.query_exports_bucket,
    )
