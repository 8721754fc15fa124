"""Creation of topics on a real Kafka."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiokafka.admin import (  # type: ignore[import-untyped] # it has no types
    AIOKafkaAdminClient,
    NewTopic,
)
from aiokafka.admin.config_resource import (  # type: ignore[import-untyped] # it has no types
    ConfigResource,
    ConfigResourceType,
)

from vinculo.contracts.topic_admin import Layout, TopicsRefused, create_topics
from vinculo.contracts.topics import CONSUMER_GROUPS, TOPICS

pytestmark = pytest.mark.servers


@pytest_asyncio.fixture
async def admin(kafka: str, topic_prefix: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    yield admin
    leftover = [name for name in await admin.list_topics() if name.startswith(topic_prefix)]
    await admin.delete_topics(leftover)
    await admin.close()


@pytest.fixture
def layout(topic_prefix: str) -> Layout:
    return Layout(partitions=2, replication=1, prefix=topic_prefix)


async def test_all_topics_are_created_once(
    kafka: str, admin: AIOKafkaAdminClient, layout: Layout
) -> None:
    created = await create_topics(kafka, layout)
    again = await create_topics(kafka, layout)

    expected = [*TOPICS, *(f"{group}.dead-letters" for group in CONSUMER_GROUPS)]
    assert sorted(created) == sorted(layout.prefix + name for name in expected)
    assert again == []
    described = {topic["topic"]: topic for topic in await admin.describe_topics(created)}
    assert {len(topic["partitions"]) for topic in described.values()} == {2}


async def test_topics_keep_events_without_limit(
    kafka: str, admin: AIOKafkaAdminClient, layout: Layout
) -> None:
    await create_topics(kafka, layout)

    resource = ConfigResource(
        ConfigResourceType.TOPIC,
        layout.names()[0],
        {"cleanup.policy": "", "retention.ms": "", "retention.bytes": ""},
    )
    (response,) = await admin.describe_configs([resource])

    settings = {entry[0]: entry[1] for entry in response.resources[0][4]}
    assert settings == {
        "cleanup.policy": "delete",
        "retention.ms": "-1",
        "retention.bytes": "-1",
    }


async def test_dead_letters_may_be_larger_than_the_original_records(
    kafka: str, admin: AIOKafkaAdminClient, layout: Layout
) -> None:
    await create_topics(kafka, layout)

    resources = [
        ConfigResource(ConfigResourceType.TOPIC, name, {"max.message.bytes": ""})
        for name in layout.names()
    ]
    (response,) = await admin.describe_configs(resources)

    limits = {name: int(entries[0][1]) for *_, name, entries in response.resources}
    dead_letter_limits = {limits[name] for name in limits if name.endswith(".dead-letters")}
    assert dead_letter_limits == {2 * 1024 * 1024}
    assert {limits[name] for name in limits if not name.endswith(".dead-letters")} == {1_048_588}


async def test_missing_topics_are_added(
    kafka: str, admin: AIOKafkaAdminClient, layout: Layout
) -> None:
    present, *missing = layout.names()
    await admin.create_topics([NewTopic(present, layout.partitions, layout.replication)])

    assert sorted(await create_topics(kafka, layout)) == sorted(missing)


@pytest.mark.usefixtures("admin")
async def test_another_number_of_partitions_is_refused(kafka: str, layout: Layout) -> None:
    await create_topics(kafka, layout)

    with pytest.raises(TopicsRefused, match=r"has 2.*partitions never change"):
        await create_topics(kafka, Layout(partitions=3, replication=1, prefix=layout.prefix))


@pytest.mark.usefixtures("admin")
async def test_more_replicas_than_brokers_are_refused_with_the_brokers_reason(
    kafka: str, topic_prefix: str
) -> None:
    with pytest.raises(TopicsRefused, match=r"replica|Replication"):
        await create_topics(kafka, Layout(partitions=2, replication=99, prefix=topic_prefix))


async def test_an_unreachable_kafka_is_reported_after_the_timeout() -> None:
    layout = Layout(partitions=2, replication=1)

    with pytest.raises(TopicsRefused, match=r"no Kafka at 127\.0\.0\.1:1"):
        await create_topics("127.0.0.1:1", layout, startup_timeout_seconds=0.1)


def test_revocations_are_kept_for_a_day_and_everything_else_without_end() -> None:
    topics = Layout(partitions=12, replication=3).topics()

    of_revocations = topics.pop("access.revocations")
    assert of_revocations["retention.ms"] == "86400000"
    assert int(of_revocations["segment.ms"]) <= 3_600_000
    assert of_revocations["min.insync.replicas"] == "2"
    assert {settings["retention.ms"] for settings in topics.values()} == {"-1"}
