"""A record as far as it could be read, ready to be judged."""

from dataclasses import dataclass

from aiokafka import ConsumerRecord  # type: ignore[import-untyped]

from vinculo.messaging.decoding import decode, headers_of, stream_position
from vinculo.messaging.received import Broken, Received, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A record as far as it could be read: `position` may be known of one that is broken."""

    record: ConsumerRecord
    gapless: bool
    position: tuple[str, int] | None
    received: Received | None
    error: str


def read_item(record: ConsumerRecord, source: Source) -> Item:
    headers = headers_of(record)
    position = stream_position(headers) if source.position is None else None
    try:
        received = decode(record, source, headers)
    except Broken as broken:
        return Item(
            record=record,
            gapless=source.gapless,
            position=position,
            received=None,
            error=broken.reason,
        )
    return Item(
        record=record,
        gapless=source.gapless,
        position=(received.stream_id, received.version),
        received=received,
        error="",
    )
