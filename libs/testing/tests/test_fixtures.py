"""The fixtures, on the real servers."""

import smtplib
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer  # type: ignore[import-untyped]  # it has no types
from pymongo import AsyncMongoClient

from vinculo.testing.databases import connected
from vinculo.testing.fixture_types import MakeBucket, MakeTopics, MongoUrl, NewDatabase
from vinculo.testing.mailbox import MailBox

pytestmark = pytest.mark.servers


async def migrated(url: str) -> None:
    async with connected(url) as connection:
        await connection.execute("create table counted (number int)")


async def test_every_database_is_a_new_copy_of_the_migrated_template(
    new_database: NewDatabase,
) -> None:
    first, second = await new_database(migrated), await new_database(migrated, name="other")

    async with connected(first) as connection:
        await connection.execute("insert into counted values (1)")

    async with connected(second) as connection:
        assert await connection.fetchval("select count(*) from counted") == 0


async def test_topics_have_the_prefix_and_are_usable_at_once(
    kafka: str, topic_prefix: str, make_topics: MakeTopics
) -> None:
    [topic] = await make_topics("loans")
    assert topic == f"{topic_prefix}loans"
    assert await make_topics(topic) == [topic]

    async with AIOKafkaProducer(bootstrap_servers=kafka, enable_idempotence=True) as producer:
        await producer.send_and_wait(topic, b"one", key=b"k")
    async with AIOKafkaConsumer(
        topic, bootstrap_servers=kafka, auto_offset_reset="earliest"
    ) as consumer:
        assert (await consumer.getone()).value == b"one"


async def test_mongodb_has_majority_writes_and_change_streams(mongo_url: MongoUrl) -> None:
    async with AsyncMongoClient[dict[str, Any]](mongo_url("people")) as client:
        people = client.get_default_database().people
        async with await people.watch() as changes:
            await people.insert_one({"_id": 1})
            assert (await changes.next())["documentKey"] == {"_id": 1}


def test_a_bucket_stores_objects(bucket: MakeBucket, tmp_path: Path) -> None:
    s3 = bucket("files")
    (tmp_path / "in").write_bytes(b"content")
    s3.client().fput_object(s3.bucket, "quarantine/one", str(tmp_path / "in"))
    s3.client().fget_object(s3.bucket, "quarantine/one", str(tmp_path / "out"))
    assert (tmp_path / "out").read_bytes() == b"content"


async def test_the_mailbox_returns_the_newest_message_to_a_recipient(mail: MailBox) -> None:
    host, port = mail.address.removeprefix("smtp://").split(":")
    for subject in ("Primero", "Bienvenida, Andrea Peña"):
        message = EmailMessage()
        message["From"], message["To"] = "vinculo@example.com", "andrea@example.com"
        message["Subject"] = subject
        message.set_content("Hola")
        with smtplib.SMTP(host, int(port)) as server:
            server.send_message(message)

    received = await mail.wait_for("andrea@example.com", subject_contains="Peña")
    assert received["Subject"] == "Bienvenida, Andrea Peña"
    assert len(mail.all("andrea@example.com")) == 2
    assert mail.all("another@example.com") == []
