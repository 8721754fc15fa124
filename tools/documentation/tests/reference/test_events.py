"""The reference of events has every topic, type and field."""

import json
from pathlib import Path

import pytest

from vinculo.contracts import topics
from vinculo.contracts.catalogue import EVENTS
from vinculo.documentation.reference import events
from vinculo.local.paths import ROOT


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return events.topic_pages(ROOT)


@pytest.mark.parametrize("topic", topics.TOPICS)
def test_a_topic_has_a_page_with_every_type_field_and_example(
    topic: str, pages: dict[str, str]
) -> None:
    page = pages[f"reference/events/{topic}.md"]

    for name, model in EVENTS[topic].items():
        _, _, section = page.partition(f"\n## {name}\n")
        section = section.partition("\n## ")[0]
        example = json.loads((ROOT / "contracts/examples" / topic / f"{name}.json").read_text())
        assert all(f"| `{field}` |" in section for field in model.model_fields), name
        assert json.loads(section.partition("```json")[2].partition("```")[0]) == example["value"]


def test_the_overview_has_every_topic_and_every_group() -> None:
    overview = events.events_page(ROOT)

    assert all(f"[`{topic}`](events/{topic}.md)" in overview for topic in topics.TOPICS)
    assert all(f"`{topics.dead_letters(group)}`" in overview for group in topics.CONSUMER_GROUPS)


def test_every_topic_has_a_writer_and_a_reader() -> None:
    written, read = events.writers(ROOT), events.readers(ROOT)

    assert all(written[topic] and read[topic] for topic in topics.TOPICS)
    assert written[topics.ONBOARDING_PAYERS] == ("onboarding",)
    assert written[topics.CREDIT_LOANS] == (events.CREDIT_SYSTEMS,)
    assert read[topics.CREDIT_LOANS] == ("customer-registry",)
    assert read[topics.CUSTOMER_REGISTRY_CREDIT] == ("query-api",)
    assert [topic for topic in topics.TOPICS if "query-api" not in read[topic]] == [
        topics.ONBOARDING_DOCUMENT_CLAIMS,
        topics.ONBOARDING_STAFF,
        topics.CUSTOMER_REGISTRY_CREDIT_REFUSALS,
        topics.CREDIT_LOANS,
        topics.CREDIT_APPLICATIONS,
    ]


def test_a_topic_without_publisher_has_no_writer(tmp_path: Path) -> None:
    assert events.writers(tmp_path)[topics.DOCUMENTS_DOSSIERS] == ()
