import pytest
from aiokafka.errors import KafkaConnectionError  # type: ignore[import-untyped]

from vinculo.messaging import topics_check
from vinculo.testing.fixture_types import MakeTopics

NOWHERE = "127.0.0.1:1"


async def test_the_topics_check_fails_without_kafka() -> None:
    with pytest.raises(KafkaConnectionError):
        await topics_check(NOWHERE, ["talks"])()


@pytest.mark.servers
async def test_the_topics_check_names_missing_topics(kafka: str, make_topics: MakeTopics) -> None:
    (talks,) = await make_topics("talks")

    await topics_check(kafka, [talks])()
    with pytest.raises(LookupError, match=f"missing topics: {talks}-2"):
        await topics_check(kafka, [talks, f"{talks}-2"])()
