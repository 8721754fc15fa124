"""The tables of PostgreSQL consumers, made by revisions of the services' migrations."""

from typing import Final

from vinculo.process import Executes

_FIRST: Final = """
CREATE TABLE consumed_streams (
    consumer text NOT NULL,
    stream_id text NOT NULL,
    last_version bigint NOT NULL,
    PRIMARY KEY (consumer, stream_id)
) WITH (fillfactor = 80);
CREATE TABLE quarantined_streams (
    consumer text NOT NULL,
    stream_id text NOT NULL,
    last_dead_lettered_version bigint NOT NULL,
    PRIMARY KEY (consumer, stream_id)
);
CREATE TABLE settled_dead_letters (
    consumer text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    outcome text NOT NULL,
    settled_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, topic, partition, "offset")
)
"""

_SECOND: Final = """
ALTER TABLE consumed_streams
    ADD COLUMN event_id uuid,
    ADD COLUMN store_epoch bigint,
    ADD COLUMN last_dead_lettered_version bigint,
    ADD COLUMN reason text,
    ADD COLUMN quarantined_since timestamptz,
    ADD COLUMN subject uuid,
    ADD COLUMN topic text,
    ADD COLUMN partition integer,
    ADD COLUMN "offset" bigint;
INSERT INTO consumed_streams
    (consumer, stream_id, last_version, last_dead_lettered_version, reason, quarantined_since)
SELECT consumer, stream_id, 0, last_dead_lettered_version, 'poison', now() FROM quarantined_streams
ON CONFLICT (consumer, stream_id) DO UPDATE SET
    last_dead_lettered_version = excluded.last_dead_lettered_version,
    reason = excluded.reason,
    quarantined_since = excluded.quarantined_since;
DROP TABLE quarantined_streams;
CREATE INDEX quarantined_streams ON consumed_streams (consumer)
    WHERE last_dead_lettered_version IS NOT NULL;
ALTER TABLE settled_dead_letters RENAME TO resolved_dead_letters;
ALTER TABLE resolved_dead_letters RENAME COLUMN settled_at TO resolved_at;
ALTER TABLE resolved_dead_letters
    ADD COLUMN event_key text NOT NULL DEFAULT '',
    ADD COLUMN resolved_by text,
    ADD COLUMN reason text,
    DROP CONSTRAINT settled_dead_letters_pkey,
    ADD PRIMARY KEY (consumer, topic, partition, "offset", event_key)
"""


def create_consumer_tables(op: Executes) -> None:
    """The tables as in the first revision of each service."""
    _execute_all(op, _FIRST)


def add_quarantine_details(op: Executes) -> None:
    """Checkpoints with event id, store epoch and quarantine; who resolved a dead letter and why.

    The reason of earlier quarantines is not known: they are replayed by an operator only.
    """
    _execute_all(op, _SECOND)


def _execute_all(op: Executes, statements: str) -> None:
    for statement in statements.split(";"):
        op.execute(statement)
