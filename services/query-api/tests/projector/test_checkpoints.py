"""Checkpoints of topics that are no longer read are forgotten."""

import pytest

from vinculo.query_api.generations import Checkpoint, active_generation, collection_names
from vinculo.query_api.mongo import collection_of
from vinculo.query_api.projector.checkpoints import forget_other_topics
from vinculo.testing.fixture_types import MakeBucket, MongoUrl

from ..query_service import make_generation, query_service

pytestmark = pytest.mark.servers


async def test_the_read_model_keeps_only_checkpoints_of_topics_that_it_reads(
    mongo_url: MongoUrl, bucket: MakeBucket
) -> None:
    async with query_service(mongo_url("query"), bucket("exports")) as (_, mongo):
        await make_generation(mongo, [])
        name = collection_names(await active_generation(mongo.database)).positions
        positions = collection_of(mongo.database, name, Checkpoint)
        await positions.delete_many({})
        await positions.insert_many(
            [
                {"_id": f"{topic}/3", "topic": topic, "partition": 3, "offset": 7}
                for topic in ("t-credit.loans", "t-customer-registry.credit")
            ]
        )

        forgotten = await forget_other_topics(mongo.database, ["t-customer-registry.credit"])
        again = await forget_other_topics(mongo.database, ["t-customer-registry.credit"])

        assert (forgotten, again) == (1, 0)
        assert [each["topic"] for each in await positions.find({}).to_list(None)] == [
            "t-customer-registry.credit"
        ]
