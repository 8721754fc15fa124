"""The outbox is measured by every instance, leader or not, also without Kafka."""

import time
from functools import partial

import pytest
from prometheus_client import CollectorRegistry

from vinculo.messaging import Relay
from vinculo.testing.databases import connected, end_sessions

from .relay_harness import Harness, metric, running

pytestmark = pytest.mark.servers


async def test_the_outbox_is_measured(relay_harness: Harness) -> None:
    registry = CollectorRegistry()
    await relay_harness.append("talk-1", 1)

    async with running(relay_harness.relay(registry)):
        await relay_harness.wait_until_published()
        await relay_harness.eventually(lambda: metric(registry, "vinculo_outbox_rows") == 0)

    assert metric(registry, "vinculo_outbox_oldest_age_seconds") >= 0


async def test_the_outbox_is_measured_by_a_standby_and_without_kafka(
    relay_harness: Harness,
) -> None:
    without_kafka, standby = CollectorRegistry(), CollectorRegistry()
    disconnected = Relay(
        relay_harness.url,
        "127.0.0.1:1",
        relay_harness.to_record,
        "tested",
        topics={},
        registry=without_kafka,
    )
    await relay_harness.append("talk-1", 1)
    async with connected(relay_harness.url) as holder:
        await holder.execute(
            "SELECT pg_advisory_lock(hashtext('vinculo-relay'), hashtext('tested'))"
        )
        async with running(disconnected), running(relay_harness.relay(standby)):
            for registry in (without_kafka, standby):
                measured = partial(metric, registry)
                await relay_harness.eventually(lambda: measured("vinculo_outbox_rows") == 1)  # noqa: B023
                await relay_harness.eventually(
                    lambda: measured("vinculo_outbox_oldest_age_seconds") > 1  # noqa: B023
                )
                assert measured("vinculo_outbox_measured_timestamp_seconds") > 0
                assert measured("vinculo_relay_leader") == 0


async def test_the_outbox_is_measured_again_after_a_lost_connection(relay_harness: Harness) -> None:
    registry = CollectorRegistry()
    async with running(relay_harness.relay(registry)):
        await relay_harness.eventually(
            lambda: metric(registry, "vinculo_outbox_measured_timestamp_seconds") > 0
        )
        assert await end_sessions(relay_harness.url, "vinculo-outbox-measurement") == 1
        lost_at = time.time()
        await relay_harness.eventually(
            lambda: metric(registry, "vinculo_outbox_measured_timestamp_seconds") > lost_at
        )
