"""Publication of the configured policies, on a real database."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from vinculo.contracts import topics
from vinculo.contracts.catalogue import EVENTS
from vinculo.customer_registry.application.policy_publication import publish_policies_with_retries
from vinculo.customer_registry.evaluation.policy_file import read_policies
from vinculo.customer_registry.storage.policies import active_versions
from vinculo.customer_registry.storage.streams import POLICIES, policy_stream
from vinculo.process import Backoff

from ..policy_files import EMAIL_ONLY, written
from ..registry_harness import NOW, RegistryHarness

pytestmark = pytest.mark.servers


async def test_policies_are_published_only_when_they_differ(
    new_registry: RegistryHarness, tmp_path: Path
) -> None:
    assert await new_registry.publish() == ["default", "express"]
    assert await new_registry.publish() == []
    assert await new_registry.publish(written(tmp_path, EMAIL_ONLY)) == ["default"]

    store = new_registry.dependencies.store
    stored = await store.read(POLICIES.stream_id(policy_stream("default")))

    model = EVENTS[topics.CUSTOMER_REGISTRY_POLICIES]["policy-published.v1"]
    published = [model.model_validate(event.data) for event in stored]
    assert [event.policy_version for event in published] == [1, 2]  # type: ignore[attr-defined]
    assert stored[0].stream_id.startswith("promotion-policy-")


async def test_the_publication_is_retried_until_the_database_is_available(
    new_registry: RegistryHarness,
) -> None:
    failures = [ConnectionRefusedError()]

    def clock() -> datetime:
        if failures:
            raise failures.pop()
        return NOW

    dependencies = replace(new_registry.dependencies, clock=clock)
    await publish_policies_with_retries(
        dependencies, read_policies(None, dependencies.rules), Backoff(initial_seconds=0.001)
    )

    assert failures == []
    async with dependencies.store.engine.connect() as connection:
        assert await active_versions(connection) == [("default", 1), ("express", 1)]
