"""Replays quarantined streams whose reason may have ended, without an operator.

When the consumer starts, streams of unknown types are replayed, because the code may have been
upgraded. A stream with a gap is replayed as soon as the missing version was applied, and a stream
of a person without a key every minute.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from vinculo.messaging.checkpoints import DecidedRecord
from vinculo.messaging.consumer import Consumer
from vinculo.messaging.error_summaries import safe_reason
from vinculo.messaging.ordering_policy import Disposition, QuarantineReason
from vinculo.messaging.replay import replay

RETRY_SECONDS: Final = 60.0
RETRIED_AT_START: Final = frozenset(
    {QuarantineReason.UNKNOWN_TYPE, QuarantineReason.GAP, QuarantineReason.KEY_MISSING}
)
RETRIED: Final = frozenset({QuarantineReason.GAP, QuarantineReason.KEY_MISSING})

log = structlog.get_logger()


class QuarantineRetries:
    def __init__(self, consumer: Consumer, interval_seconds: float) -> None:
        self._consumer = consumer
        self._interval_seconds = interval_seconds
        self._wake = asyncio.Event()
        self._has_missing_keys = False

    def observe(self, decided: Sequence[DecidedRecord]) -> None:
        """Note what the consumer has just stored."""
        for each in decided:
            if each.decision.reason is QuarantineReason.KEY_MISSING:
                self._has_missing_keys = True
                self._wake.set()
            is_applied = each.decision.disposition is Disposition.APPLY
            if is_applied and each.state.reason is QuarantineReason.GAP:
                self._wake.set()

    async def run(self) -> None:
        """Replay until cancelled; with nothing to wait for, the servers get no requests."""
        reasons = RETRIED_AT_START
        while True:
            try:
                await self._replay(reasons)
            except Exception as error:  # noqa: BLE001 - every error is retried
                log.warning(
                    "quarantine-not-retried",
                    consumer=self._consumer.group,
                    error=safe_reason(error),
                )
                await asyncio.sleep(self._interval_seconds)
                continue
            reasons = RETRIED
            await self._wait()

    async def _replay(self, reasons: frozenset[QuarantineReason]) -> None:
        self._wake.clear()
        found = await self._consumer.checkpoints.quarantined_streams()
        streams = {each.stream_id for each in found if each.reason in reasons}
        if streams:
            report = await replay(self._consumer, streams)
            log.info(
                "quarantine-retried",
                consumer=self._consumer.group,
                count=len(report.released_streams),
            )
            found = await self._consumer.checkpoints.quarantined_streams()
        self._has_missing_keys = any(each.reason is QuarantineReason.KEY_MISSING for each in found)

    async def _wait(self) -> None:
        """Until something changed; with missing keys, for an interval."""
        if not self._has_missing_keys:
            await self._wake.wait()
            if not self._has_missing_keys:
                return
        await asyncio.sleep(self._interval_seconds)
