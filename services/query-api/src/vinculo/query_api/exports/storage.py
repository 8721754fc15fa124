"""Exported files in the object store. The SDK is synchronous: every call runs in a thread."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from minio import Minio
from minio.error import S3Error

from vinculo.query_api.settings import Settings

CHUNK_BYTES: Final = 256 * 1024
REGION: Final = "us-east-1"


class ExportFiles:
    """One bucket, an object per export."""

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
        """Make the bucket unless it is there."""
        if await asyncio.to_thread(self._client.bucket_exists, bucket_name=self._bucket):
            return
        try:
            await asyncio.to_thread(self._client.make_bucket, bucket_name=self._bucket)
        except S3Error as error:
            if error.code not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
                raise

    async def check(self) -> None:
        """Raises when the store or the bucket is not there."""
        if not await asyncio.to_thread(self._client.bucket_exists, bucket_name=self._bucket):
            raise FileNotFoundError(self._bucket)

    async def keep(self, name: str, path: Path, media_type: str) -> None:
        await asyncio.to_thread(
            self._client.fput_object,
            bucket_name=self._bucket,
            object_name=name,
            file_path=str(path),
            content_type=media_type,
        )

    async def read(self, name: str) -> AsyncIterator[bytes]:
        """The file in pieces; the connection is given back also when the reader goes away."""
        answer = await asyncio.to_thread(
            self._client.get_object, bucket_name=self._bucket, object_name=name
        )
        try:
            while piece := await asyncio.to_thread(answer.read, CHUNK_BYTES):
                yield piece
        finally:
            answer.close()
            answer.release_conn()

    async def remove_older_than(self, moment: datetime) -> int:
        """How many files were removed."""
        return await asyncio.to_thread(self._remove_older_than, moment)

    def _remove_older_than(self, moment: datetime) -> int:
        removed = 0
        for found in self._client.list_objects(bucket_name=self._bucket, recursive=True):
            if found.last_modified is not None and found.last_modified < moment:
                self._client.remove_object(
                    bucket_name=self._bucket, object_name=str(found.object_name)
                )
                removed += 1
        return removed


def export_files(settings: Settings) -> ExportFiles:
    return ExportFiles(
        url=settings.vinculo_s3_url,
        access_key=settings.vinculo_s3_access_key,
        secret_key=settings.vinculo_s3_secret_key.get_secret_value(),
        bucket=settings.query_exports_bucket,
    )
