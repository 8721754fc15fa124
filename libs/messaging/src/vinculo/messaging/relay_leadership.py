"""One relay of a database leads: it holds an advisory lock for as long as its session lives.

A leader whose process hangs keeps its session. The standby ends that session when its last
statement is too old, as PostgreSQL itself says (`state_change`): no heartbeat is written. A leader
fetches every second at the latest and sends for thirty seconds at most, so one without a statement
for longer than `HUNG_AFTER_SECONDS` hangs.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import asyncpg
import structlog

from vinculo.process import Backoff

HUNG_AFTER_SECONDS: Final = 45.0
STANDBY_INTERVAL: Final = Backoff(initial_seconds=2.0, factor=1.0, jitter=0.5)

_TRY_LEAD: Final = "SELECT pg_try_advisory_lock(hashtext('vinculo-relay'), hashtext($1))"
_LEADER: Final = """
FROM pg_locks AS lock JOIN pg_stat_activity AS activity USING (pid)
WHERE lock.locktype = 'advisory' AND lock.granted AND lock.objsubid = 2
  AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND lock.classid::bigint = hashtext('vinculo-relay')::bigint & 4294967295
  AND lock.objid::bigint = hashtext($1)::bigint & 4294967295
"""
_END_TIMEOUT_MILLISECONDS: Final = 5_000
"""Until the session has ended: one that the next check still finds would be counted twice."""
_END_HUNG_LEADER: Final = f"""
SELECT pg_terminate_backend(activity.pid, {_END_TIMEOUT_MILLISECONDS}) {_LEADER}
  AND activity.state_change < clock_timestamp() - make_interval(secs => $2)
"""
LEADER_SILENT_SECONDS: Final = f"""
SELECT extract(epoch FROM clock_timestamp() - activity.state_change)::float {_LEADER}
"""  # noqa: S608 - a constant
"""The age of the last statement of the leader of a relay; no row without a leader."""

log = structlog.get_logger()


async def wait_for_leadership(
    connection: "asyncpg.Connection[Any]",
    relay: str,
    hung_after_seconds: float,
    on_ended: Callable[[], None],
) -> None:
    """Return when the connection has the lock; a leader that hangs loses its session (`on_ended`).

    The lock is polled: a session that waits for it in `pg_advisory_lock` holds a snapshot, and
    vacuum could not remove the rows that the leader deletes from the outbox.
    """
    while not await connection.fetchval(_TRY_LEAD, relay):
        if await connection.fetchval(_END_HUNG_LEADER, relay, hung_after_seconds):
            log.warning("hung-leader-ended", relay=relay)
            on_ended()
        else:
            await asyncio.sleep(STANDBY_INTERVAL.delay_seconds(0))
