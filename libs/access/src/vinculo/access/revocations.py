"""Access tokens that are refused before they expire, as `access.revocations` announces them.

Every API process reads the topic whole when it starts and then follows it. No clocks are compared:
a token names its session and the registry's version that it was issued under.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog
from aiokafka import ConsumerRecord  # type: ignore[import-untyped]
from fastapi import FastAPI
from prometheus_client import REGISTRY, CollectorRegistry

from vinculo.access.roles import PUBLIC_ROLES, Principal
from vinculo.contracts import Facts, parser, topics
from vinculo.contracts.access import RolesRevoked, SessionEnded, SubjectAllowed, SubjectDenied
from vinculo.httpapi import serve
from vinculo.messaging import PoisonMessage, TopicReader, TopicSource, decode

START_TIMEOUT_SECONDS: Final = 10.0
STOP_TIMEOUT_SECONDS: Final = 1.0
SESSION_MEMORY_SECONDS: Final = 3600.0
"""Ended sessions are remembered longer than any of their tokens is valid."""

log: Final = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SubjectRevocation:
    """What is refused of a subject, with the registry's version at the latest change of each."""

    is_denied: bool = False
    version: int = 0
    roles_version: int = 0


class RevocationList:
    """Ended sessions, denied subjects and revoked roles, in memory.

    `on_denied` is called with every subject that is denied, to drop what is cached of it.
    """

    def __init__(
        self,
        on_denied: Callable[[UUID], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_denied = on_denied
        self._clock = clock
        self._sessions: OrderedDict[UUID, float] = OrderedDict()
        self._subjects: dict[UUID, SubjectRevocation] = {}

    def apply(self, subject: UUID, revocation: Facts) -> None:
        """Remember the revocation. A repeated or older one changes nothing."""
        known = self.of_subject(subject)
        match revocation:
            case SessionEnded(sid=session_id):
                self._end_session(session_id)
            case SubjectDenied(registry_version=version) if version >= known.version:
                self._subjects[subject] = SubjectRevocation(
                    is_denied=True, version=version, roles_version=known.roles_version
                )
            case SubjectAllowed(registry_version=version) if version >= known.version:
                self._subjects[subject] = SubjectRevocation(
                    version=version, roles_version=known.roles_version
                )
            case RolesRevoked(registry_version=version) if version > known.roles_version:
                self._subjects[subject] = SubjectRevocation(
                    is_denied=known.is_denied, version=known.version, roles_version=version
                )
        if isinstance(revocation, SubjectDenied) and self._on_denied is not None:
            self._on_denied(subject)

    def of_subject(self, subject: UUID) -> SubjectRevocation:
        return self._subjects.get(subject, SubjectRevocation())

    def refusal(self, caller: Principal) -> str | None:
        """Why the caller's token is refused; None if it is not."""
        if caller.session_id is not None and caller.session_id in self._sessions:
            return "session ended"
        known = self._subjects.get(caller.subject)
        if known is None:
            return None
        if known.is_denied:
            return "subject denied"
        is_internal = bool(caller.roles - PUBLIC_ROLES)
        if is_internal and (caller.registry_version or 0) < known.roles_version:
            return "roles revoked"
        return None

    def _end_session(self, session_id: UUID) -> None:
        now = self._clock()
        self._sessions[session_id] = now + SESSION_MEMORY_SECONDS
        self._sessions.move_to_end(session_id)
        while self._sessions:
            first, until = next(iter(self._sessions.items()))
            if until > now:
                break
            del self._sessions[first]


class RevocationReader:
    """Keeps a list up to date from the topic; `topic_prefix` is put before the topic's name."""

    def __init__(
        self,
        revocations: RevocationList,
        kafka: str,
        topic_prefix: str = "",
        *,
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        self.revocations = revocations
        topic = f"{topic_prefix}{topics.ACCESS_REVOCATIONS}"
        self._source = TopicSource(topic, parser(topics.ACCESS_REVOCATIONS))
        self._reader = TopicReader(kafka, topic, self._apply, registry=registry)

    @property
    def is_current(self) -> bool:
        return self._reader.is_current

    def install(self, app: FastAPI) -> None:
        """Let `serve_guarded` follow the topic, and `/health/ready` say when it does not."""
        app.state.revocations = self
        app.state.degradations = {"revocations": lambda: not self.is_current}

    @asynccontextmanager
    async def following(
        self, start_timeout_seconds: float = START_TIMEOUT_SECONDS
    ) -> AsyncIterator[None]:
        """Follow the topic inside the block, which is entered once the topic is read whole.

        Without Kafka it is entered after the timeout all the same: people can sign in, and what was
        revoked meanwhile is refused as soon as Kafka is back.
        """
        reading = asyncio.create_task(self._reader.run())
        try:
            if not await self._reader.wait_until_current(start_timeout_seconds):
                log.error("revocations-not-read", seconds=start_timeout_seconds)
            yield
        finally:
            reading.cancel()
            # Without Kafka a connection attempt would delay the end of the process.
            await asyncio.wait([reading], timeout=STOP_TIMEOUT_SECONDS)

    def _apply(self, record: ConsumerRecord) -> None:
        try:
            event = decode(record, self._source)
        except PoisonMessage:
            log.exception("revocation-unreadable", partition=record.partition, offset=record.offset)
            return
        if event.payload is not None:
            self.revocations.apply(event.subject, event.payload)


async def serve_guarded(app: FastAPI, host: str, port: int) -> None:
    """Serve the application, in which a `RevocationReader` is installed, until cancelled.

    Raises:
        OSError: the port is in use.

    """
    reader: RevocationReader = app.state.revocations
    async with reader.following():
        await serve(app, host, port)
