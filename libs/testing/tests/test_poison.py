"""The corpus is large, its records differ, and each has a stream of its own."""

from uuid import UUID

from vinculo.testing.poison import RefusedBy, poison_records

HEADERS = {
    "ce_specversion": "1.0",
    "ce_id": "0193f5a0-000e-7000-8000-00000000002f",
    "ce_source": "/onboarding/payers",
    "ce_type": "vinculo.onboarding.payer-registered.v1",
    "ce_subject": "0193f5a0-0001-7000-8000-000000000001",
    "ce_time": "2027-03-01T15:00:00.000000Z",
    "ce_streamid": "payer-0193f5a0-0001-7000-8000-000000000001",
    "ce_streamversion": "3",
}


def test_the_corpus_has_more_than_sixty_different_records() -> None:
    records = poison_records(HEADERS, {"name": "x"})

    assert len(records) >= 60
    assert len({each.stream_id for each in records}) == len(records)
    assert all(UUID(each.stream_id.removeprefix("payer-")) for each in records)
    refused = [each for each in records if each.refused_by is not RefusedBy.NO_ONE]
    assert len(refused) >= 60


def test_a_record_fits_into_a_kafka_record_of_default_size() -> None:
    for record in poison_records(HEADERS, {"name": "x"}):
        headers = sum(len(name) + len(content or b"") for name, content in record.headers)
        assert len(record.value or b"") + headers < 1_000_000, record.name


def test_records_of_a_topic_without_streams_name_none() -> None:
    outside = {n: t for n, t in HEADERS.items() if not n.startswith("ce_stream")}

    for record in poison_records(outside, {"name": "x"}):
        assert record.stream_id == ""
        assert "ce_streamid" not in dict(record.headers)
