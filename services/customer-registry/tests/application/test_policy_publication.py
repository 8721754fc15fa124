"""Policies published at start, and everyone held against the new version, on a real database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from vinculo.contracts import topics
from vinculo.contracts.catalogue import EVENTS
from vinculo.customer_registry.application.policy_publication import sweep
from vinculo.customer_registry.domain.customer import Kind
from vinculo.customer_registry.storage.streams import POLICIES, policy_stream
from vinculo.customer_registry.storage.tables import people
from vinculo.testing.fixture_types import NewDatabase

from ..incoming_events import Applicant
from ..registry_harness import RegistryUnderTest, registry_on

pytestmark = pytest.mark.servers

EMAIL_ONLY = """
[projects]
default = "reviewed"
[[policies.reviewed]]
code = "email_verified"
facts = ["email_verified"]
expression = "email_verified"
title_es = "Correo verificado"
title_en = "E-mail verified"
"""
ADULTS = """
[projects]
default = "adults"
[[policies.adults]]
code = "adult"
facts = ["age_years"]
expression = "age_years >= 18"
title_es = "Mayor de edad"
title_en = "Of age"
[[policies.adults]]
code = "few_loans"
facts = ["active_loans"]
expression = "12 / active_loans > 3"
title_es = "Pocos créditos"
title_en = "Few loans"
"""


@pytest_asyncio.fixture(loop_scope="session")
async def registry(new_database: NewDatabase) -> AsyncIterator[RegistryUnderTest]:
    async with registry_on(new_database) as made:
        yield made


def written(folder: Path, text: str) -> Path:
    path = folder / "policies.toml"
    path.write_text(text, "utf-8")
    return path


async def test_policies_are_published_when_they_differ_and_only_then(
    registry: RegistryUnderTest, tmp_path: Path
) -> None:
    assert await registry.publish() == ["default", "express"]
    assert await registry.publish() == []
    assert await registry.publish(written(tmp_path, EMAIL_ONLY)) == ["default"]

    store = registry.registry.store
    stored = await store.read(POLICIES.stream_id(policy_stream("default")))

    model = EVENTS[topics.CUSTOMER_REGISTRY_POLICIES]["policy-published.v1"]
    published = [model.model_validate(event.data) for event in stored]
    assert [event.policy_version for event in published] == [1, 2]  # type: ignore[attr-defined]
    assert stored[0].stream_id.startswith("promotion-policy-")


async def test_a_new_policy_sweeps_everyone_until_none_is_left(
    registry: RegistryUnderTest, tmp_path: Path
) -> None:
    await registry.publish()
    waiting = [Applicant() for _ in range(5)]
    for applicant in waiting:
        await registry.pending(applicant)
    elsewhere = Applicant(project="express")
    await registry.pending(elsewhere)

    await registry.publish(written(tmp_path, EMAIL_ONLY))

    assert await sweep(registry.registry) == 5
    assert await sweep(registry.registry) == 0
    for applicant in waiting:
        assert (await registry.record(applicant.person_id)).record.kind is Kind.CUSTOMER
        assert (await registry.person(applicant.person_id)).evaluated_version == 2
    assert (await registry.record(elsewhere.person_id)).record.kind is Kind.PRE_CUSTOMER
    assert registry.counted("vinculo_policy_sweep_people_total") == 5


async def test_who_came_before_any_policy_is_evaluated_by_the_sweep(
    registry: RegistryUnderTest,
) -> None:
    applicant = Applicant()
    await registry.promoted(applicant)
    assert (await registry.record(applicant.person_id)).record.kind is Kind.PRE_CUSTOMER

    await registry.publish()
    await sweep(registry.registry)

    assert (await registry.record(applicant.person_id)).record.kind is Kind.CUSTOMER


async def test_a_project_without_a_policy_promotes_nobody(registry: RegistryUnderTest) -> None:
    await registry.publish()
    applicant = Applicant(project="unheard-of")
    await registry.promoted(applicant)

    assert await sweep(registry.registry) == 0
    assert (await registry.record(applicant.person_id)).record.kind is Kind.PRE_CUSTOMER


async def test_who_cannot_be_evaluated_is_passed_by_and_met_again(
    registry: RegistryUnderTest, tmp_path: Path
) -> None:
    unreadable, fine = Applicant(), Applicant()
    await registry.pending(unreadable)
    await registry.pending(fine)
    await damage_envelope(registry, unreadable)
    await registry.publish(written(tmp_path, ADULTS))

    assert await sweep(registry.registry) == 1
    assert registry.counted("vinculo_policy_sweep_failures_total") == 1
    async with registry.registry.store.engine.connect() as connection:
        left = await connection.execute(
            select(people.c.person_id).where(people.c.evaluated_version == 0)
        )
        assert list(left.scalars()) == [unreadable.person_id]


async def test_a_rule_on_a_personal_fact_opens_it_and_seals_what_it_saw(
    registry: RegistryUnderTest, tmp_path: Path
) -> None:
    await registry.publish(written(tmp_path, ADULTS))
    applicant = Applicant(birth_date="2000-01-01")
    await registry.tell(applicant.loan("A", 1))
    await registry.pending(applicant)

    events = await registry.events(applicant.person_id)

    assert (await registry.record(applicant.person_id)).record.kind is Kind.CUSTOMER
    evaluated = next(event for event in events if event.type == "requirements-evaluated.v1")
    assert "26" not in str(evaluated.data["results"][0]["observed"])
    assert evaluated.personal is not None
    opened = await registry.keys.open(applicant.person_id, evaluated.event_id, evaluated.personal)
    assert opened == {"v": 1, "observed": {"age_years": 26}}


async def test_a_rule_that_fails_in_evaluation_is_counted(
    registry: RegistryUnderTest, tmp_path: Path
) -> None:
    await registry.publish(written(tmp_path, ADULTS))
    applicant = Applicant()
    await registry.pending(applicant)

    found = (await registry.record(applicant.person_id)).record

    assert found.evaluated is not None
    assert [result.outcome for result in found.evaluated.results] == ["met", "failed"]
    assert registry.counted("vinculo_rule_errors_total", requirement="few_loans")


async def damage_envelope(registry: RegistryUnderTest, applicant: Applicant) -> None:
    async with registry.registry.store.engine.begin() as connection:
        await connection.exec_driver_sql(
            "UPDATE people SET facts = jsonb_set(facts, '{age_years,envelope,ct}', '\"AAAA\"')"
            " WHERE person_id = $1",
            (applicant.person_id,),
        )
