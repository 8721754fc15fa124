"""A generated population, from the log through a rebuild into documents."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from vinculo.contracts.topics import TOPICS
from vinculo.local.process_spec import StartFailedError
from vinculo.messaging import read_dead_letters
from vinculo.population.coordinator import write_population
from vinculo.population.event_log import PopulationLog, create_log_topics
from vinculo.population.lifecycles import expected_counts
from vinculo.population.person_generator import PopulationSpec
from vinculo.query_api.generations import collection_names
from vinculo.query_api.projector.dependencies import dead_letter_group, projector_dependencies
from vinculo.query_api.rebuild.orchestration import rebuild
from vinculo.query_api.settings import Settings
from vinculo.testing.fixture_types import MongoUrl, NewDatabase
from vinculo.testing.topics import read_topics

from ..declared_shapes import stored_violations
from ..in_memory_projector import InMemoryProjector
from ..projector_harness import KEY, PARTITIONS, make_key_ring

pytestmark = pytest.mark.servers

POPULATION = PopulationSpec(people=200, seed=3, until=datetime(2026, 11, 22, tzinfo=UTC))


async def test_two_hundred_people_are_rebuilt_from_the_log(
    kafka: str,
    topic_prefix: str,
    used_prefixes: list[str],
    mongo_url: MongoUrl,
    new_database: NewDatabase,
) -> None:
    used_prefixes.append(topic_prefix)
    log = PopulationLog(
        kafka=kafka,
        prefix=topic_prefix,
        partitions=PARTITIONS,
        keyring_url=await new_database(make_key_ring, name="keyring"),
        key_encryption_key=KEY,
    )
    progress: list[tuple[int, int]] = []
    await create_log_topics(log)
    events = await write_population(
        log, POPULATION, processes=2, report=lambda *written: progress.append(written)
    )
    assert progress[-1] == (200, events)
    settings = Settings.model_validate(
        {
            "vinculo_kafka": kafka,
            "vinculo_topic_prefix": topic_prefix,
            "vinculo_keyring_url": log.keyring_url,
            "vinculo_key_encryption_key": KEY,
            "vinculo_hash_key": KEY,
            "vinculo_s3_access_key": "unused",
            "vinculo_s3_secret_key": "unused",
            "vinculo_erasures_bucket": "",
            "query_mongo_url": mongo_url("query"),
        }
    )
    generation = await rebuild(settings, keep=False, output=lambda _: None)

    records = await read_topics(log.kafka, *(f"{log.prefix}{topic}" for topic in TOPICS))
    assert len(records) == events
    async with projector_dependencies(settings) as dependencies:
        names = collection_names(generation)
        people = await dependencies.mongo.database[names.people].find().to_list(None)
        assert await dependencies.mongo.database[names.quarantine].count_documents({}) == 0
        assert await stored_violations(dependencies.mongo.database, generation) == []
        assert await read_dead_letters(kafka, dead_letter_group(settings)) == []
        projector = InMemoryProjector(keys=dependencies.keys, prefix=topic_prefix)
        # Credit systems' own topics are the registry's.
        await projector.apply(
            [each for each in records if projector.consumer.source_of(each.topic)]
        )

    assert projector.dead_letters.letters == []
    assert {p["_id"]: p for p in people} == {p["_id"]: p for p in projector.store.people}
    listed = Counter((p["kind"], p["status"]) for p in people if "kind" in p)
    assert listed == expected_counts(200, 3)
    erased = [person for person in people if "erased_at" in person]
    assert len(erased) == 2
    assert not any("personal" in person for person in erased)
    with pytest.raises(StartFailedError, match="hold events already"):
        await create_log_topics(log)
