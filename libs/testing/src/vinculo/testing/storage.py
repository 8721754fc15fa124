"""Buckets of a test on the S3 server."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from minio import Minio


@dataclass(frozen=True, slots=True, kw_only=True)
class S3:
    """The address and credentials of a bucket."""

    url: str
    access_key: str
    secret_key: str
    bucket: str

    def client(self) -> Minio:
        address = urlsplit(self.url)
        return Minio(
            address.netloc,
            access_key=self.access_key,
            secret_key=self.secret_key,
            secure=address.scheme == "https",
            region="us-east-1",
        )


def delete_bucket(s3: S3) -> None:
    client = s3.client()
    for item in client.list_objects(s3.bucket, recursive=True, include_version=True):
        client.remove_object(s3.bucket, item.object_name or "", version_id=item.version_id)
    client.remove_bucket(s3.bucket)
