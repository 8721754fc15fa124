"""The statements of the store, as they go to asyncpg.

The head row is advanced only from the expected version, and it is locked before an outbox pointer
takes its id: so of one stream, a later version never has a smaller id than an earlier one. That is
what lets the relay read the outbox in order of id and keep every stream's order.
"""

APPEND = """
WITH advanced AS (
    UPDATE streams SET version = version + cardinality($4::uuid[])
    WHERE stream_id = $1 AND version = $3 AND subject = $2 RETURNING 1
), opened AS (
    INSERT INTO streams (stream_id, subject, version)
    SELECT $1, $2, cardinality($4::uuid[]) WHERE $3 = 0 ON CONFLICT DO NOTHING RETURNING 1
), head AS (
    SELECT 1 FROM advanced UNION ALL SELECT 1 FROM opened
), appended AS (
    INSERT INTO events (stream_id, version, event_id, subject, type, data, personal, meta)
    SELECT $1, $3 + new.ordinal, new.event_id, $2, new.type,
           new.data::jsonb, new.personal::jsonb, new.meta::jsonb
    FROM head, unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[])
         WITH ORDINALITY AS new (event_id, type, data, personal, meta, ordinal)
    ORDER BY new.ordinal
    RETURNING stream_id, version
)
INSERT INTO outbox (stream_id, version)
SELECT stream_id, version FROM appended ORDER BY version RETURNING version
"""

READ = """
SELECT stream_id, version, event_id, subject, type, data, personal, meta, recorded_at
FROM events WHERE stream_id = $1 ORDER BY version
"""

HEAD = "SELECT version, subject FROM streams WHERE stream_id = $1"
