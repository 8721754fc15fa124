"""The delivery worker goes on while its database is away."""

from datetime import timedelta
from typing import Any, cast

import asyncpg
import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.events import utc_now
from vinculo.notifications.delivery import worker as worker_module
from vinculo.notifications.delivery.delivery import MessageDelivery
from vinculo.notifications.delivery.metrics import delivery_metrics
from vinculo.notifications.delivery.worker import DeliveryWorker
from vinculo.testing.fixture_types import Eventually
from vinculo.testing.waiting import running_in_background


class StartingServer:
    """An engine whose server refuses sessions, with an error of the driver."""

    def __init__(self) -> None:
        self.calls = 0

    def begin(self) -> Any:
        self.calls += 1
        raise asyncpg.CannotConnectNowError("the database system is starting up")


async def test_a_database_that_is_starting_does_not_end_the_worker(
    eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "ERROR_DELAY_SECONDS", 0.01)
    server = StartingServer()
    worker = DeliveryWorker(
        engine=cast("AsyncEngine", server),
        delivery=cast("MessageDelivery", None),
        concurrency=2,
        lease=timedelta(seconds=30),
        metrics=delivery_metrics(CollectorRegistry()),
        clock=utc_now,
    )

    async with running_in_background(worker.run()) as running:
        await eventually(lambda: server.calls >= 3)
        assert not running.done()
