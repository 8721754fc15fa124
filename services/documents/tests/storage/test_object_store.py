from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from minio.commonconfig import ENABLED
from minio.error import S3Error
from minio.versioningconfig import VersioningConfig

from vinculo.documents.storage.object_store import (
    ObjectStore,
    ObjectStoreAddress,
    ObjectStoreUnavailableError,
    ObjectTooLarge,
    UploadForm,
)
from vinculo.testing.fixture_types import MakeBucket
from vinculo.testing.storage import S3

from ..sample_files import JPEG, PDF, pdf
from ..upload_client import send_form

pytestmark = pytest.mark.servers

KEY = "quarantine/someone/something"
LIMIT = 2000


def address(s3: S3, **change: str) -> ObjectStoreAddress:
    fields = {
        "url": s3.url,
        "public_url": s3.url,
        "access_key": s3.access_key,
        "secret_key": s3.secret_key,
        "region": "us-east-1",
        "bucket": s3.bucket,
        "quarantine_bucket": s3.bucket,
    }
    return ObjectStoreAddress(**(fields | change))


@pytest.fixture
def s3(bucket: MakeBucket) -> S3:
    return bucket("objects")


@pytest.fixture
def objects(s3: S3) -> Iterator[ObjectStore]:
    store = ObjectStore(address(s3))
    yield store
    store.close()


def form(objects: ObjectStore, *, expires_in: timedelta = timedelta(minutes=1)) -> UploadForm:
    return objects.upload_form(
        KEY, media_type=PDF, max_bytes=LIMIT, expires_at=datetime.now(UTC) + expires_in
    )


async def sent(form: UploadForm, content: bytes, **change: str) -> int:
    return await send_form({"url": form.url, "fields": form.fields | change}, content)


async def test_a_form_accepts_the_announced_file(objects: ObjectStore) -> None:
    assert await sent(form(objects), pdf()) == 204
    assert await objects.read(KEY, max_bytes=LIMIT) == pdf()


@pytest.mark.parametrize(
    ("content", "change"),
    [
        (pdf(), {"key": "clean/someone/something"}),
        (pdf(), {"key": KEY + "2"}),
        (pdf(), {"Content-Type": JPEG}),
        (pdf(), {"Content-Type": "text/html"}),
        (bytes(LIMIT + 1), {}),
        (b"", {}),
        (pdf(), {"x-amz-signature": "0" * 64}),
        (pdf(), {"success_action_redirect": "http://evil.example/"}),
        (pdf(), {"redirect": "http://evil.example/"}),
        (pdf(), {"acl": "public-read"}),
        (pdf(), {"x-amz-storage-class": "REDUCED_REDUNDANCY"}),
        (pdf(), {"Content-Encoding": "gzip"}),
        (pdf(), {"Content-Disposition": "inline"}),
    ],
    ids=[
        "another prefix",
        "another key",
        "another type",
        "a web page",
        "too large",
        "empty",
        "a forged signature",
        "a redirect",
        "a redirect by its former name",
        "readable for everyone",
        "a storage class",
        "an encoding",
        "a disposition",
    ],
)
async def test_a_form_accepts_nothing_else(
    objects: ObjectStore, content: bytes, change: dict[str, str]
) -> None:
    assert await sent(form(objects), content, **change) in {400, 403}
    assert await objects.read(KEY, max_bytes=LIMIT) is None


async def test_an_expired_form_accepts_nothing(objects: ObjectStore) -> None:
    late = form(objects, expires_in=timedelta(seconds=-1))

    assert await sent(late, pdf()) in {400, 403}


async def test_an_object_is_read_up_to_the_limit(objects: ObjectStore) -> None:
    await objects.put(KEY, bytes(10), media_type=PDF)

    assert await objects.read(KEY, max_bytes=10) == bytes(10)
    with pytest.raises(ObjectTooLarge):
        await objects.read(KEY, max_bytes=9)


async def test_a_missing_object_reads_as_none_and_can_be_deleted(
    objects: ObjectStore,
) -> None:
    assert await objects.read(KEY, max_bytes=10) is None
    await objects.delete(KEY)


async def test_every_version_of_an_object_is_deleted(s3: S3, objects: ObjectStore) -> None:
    try:
        s3.client().set_bucket_versioning(s3.bucket, VersioningConfig(ENABLED))
    except S3Error as error:
        pytest.skip(f"the store keeps no versions: {error.code}")
    for content in (b"one", b"three"):
        await objects.put(KEY, content, media_type=PDF)
    await objects.delete(KEY)
    versions = await objects.list_versions([KEY])
    assert sorted(version.size_bytes for version in versions) == [0, 0, 3, 3, 5, 5]

    await objects.delete_versions(versions)

    assert await objects.list_versions([KEY]) == []
    assert await objects.read(KEY, max_bytes=10) is None


async def test_a_download_is_an_attachment_of_the_signed_type(objects: ObjectStore) -> None:
    await objects.put(KEY, pdf(), media_type="text/html")
    url = objects.download_url(
        KEY, media_type=PDF, file_name="payslip.pdf", lifetime=timedelta(seconds=60)
    )
    async with httpx2.AsyncClient() as browser:
        response = await browser.get(url)
        without_signature = await browser.get(url.partition("?")[0])

    assert response.content == pdf()
    assert response.headers["content-type"] == PDF
    assert response.headers["content-disposition"] == 'attachment; filename="payslip.pdf"'
    assert response.headers["cache-control"] == "no-store"
    assert without_signature.status_code == 403


def test_urls_are_signed_for_the_public_address_without_connecting_to_it(s3: S3) -> None:
    store = ObjectStore(address(s3, public_url="https://lender.example"))
    url = store.download_url(
        KEY, media_type=PDF, file_name="payslip.pdf", lifetime=timedelta(seconds=60)
    )

    assert url.startswith(f"https://lender.example/{s3.bucket}/{KEY}?")
    assert form(store).url == f"https://lender.example/{s3.bucket}/"
    store.close()


async def test_creating_the_bucket_twice_changes_nothing(s3: S3) -> None:
    store = ObjectStore(address(s3))
    await store.create_buckets()
    await store.create_buckets_when_available()
    await store.check()
    store.close()


async def test_the_check_fails_without_the_bucket(s3: S3) -> None:
    store = ObjectStore(address(s3, bucket="test-not-there"))
    with pytest.raises(LookupError, match="test-not-there"):
        await store.check()
    store.close()


async def test_a_store_that_cannot_be_reached_is_unavailable(s3: S3) -> None:
    store = ObjectStore(address(s3, url="http://127.0.0.1:1"))
    with pytest.raises(ObjectStoreUnavailableError):
        await store.read(KEY, max_bytes=10)
    with pytest.raises(ObjectStoreUnavailableError):
        await store.create_buckets_when_available(timeout_seconds=0)
    store.close()
