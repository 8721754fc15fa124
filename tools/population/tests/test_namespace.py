"""Names, required addresses and the mark of existing people."""

from datetime import datetime
from typing import Any

import pytest

from vinculo.local.process_spec import StartFailedError
from vinculo.population.namespace import REQUIRED_VARIABLES, Namespace, is_same_population
from vinculo.population.person_generator import REGISTRATION_PERIOD

from .generated_people import SPEC, UNTIL


@pytest.mark.parametrize("name", ["", "Load", "a-b", "9lives", "x" * 32])
def test_a_name_invalid_for_topics_or_databases_is_rejected(name: str) -> None:
    servers = dict.fromkeys(REQUIRED_VARIABLES, "somewhere")
    with pytest.raises(StartFailedError, match="is not a valid name"):
        Namespace(name=name, servers=servers)


def test_a_missing_address_is_named() -> None:
    with pytest.raises(StartFailedError, match="VINCULO_MONGO_URL"):
        Namespace(name="load", servers={"VINCULO_KAFKA": "k", "VINCULO_POSTGRES_URL": "p"})


async def test_unreachable_servers_are_named_without_their_passwords() -> None:
    away = {
        "VINCULO_KAFKA": "127.0.0.1:1",
        "VINCULO_POSTGRES_URL": "postgresql://someone:secret@127.0.0.1:1/x",
        "VINCULO_MONGO_URL": "mongodb://127.0.0.1:1/",
    }
    namespace = Namespace(name="load", servers=away)

    with pytest.raises(StartFailedError, match="no PostgreSQL at ") as refused:
        await namespace.create_databases()
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("found", "until", "same"),
    [
        ({"people": 300, "seed": 7, "until": UNTIL, "events": 10}, None, True),
        ({"people": 300, "seed": 7, "until": UNTIL, "events": 10}, UNTIL, True),
        (
            {"people": 300, "seed": 7, "until": UNTIL, "events": 10},
            UNTIL - REGISTRATION_PERIOD,
            False,
        ),
        ({"people": 300, "seed": 7, "until": UNTIL, "events": None}, None, False),
        ({"people": 301, "seed": 7, "until": UNTIL, "events": 10}, None, False),
        ({"people": 300, "seed": 8, "until": UNTIL, "events": 10}, None, False),
    ],
)
def test_existing_people_are_reused_only_if_they_equal_the_requested_ones(
    found: dict[str, Any], until: datetime | None, *, same: bool
) -> None:
    assert is_same_population(found, SPEC, until) is same
