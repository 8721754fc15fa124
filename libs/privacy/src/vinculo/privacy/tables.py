"""The table of the key ring. Rows are never deleted; destroying a key clears `wrapped_key`."""

from sqlalchemy import Column, DateTime, LargeBinary, MetaData, Table, Uuid, text

metadata = MetaData()

keys = Table(
    "keys",
    metadata,
    Column("subject", Uuid, primary_key=True),
    Column("wrapped_key", LargeBinary),
    Column(
        "created_at",
        DateTime(timezone=True),
        nullable=False,
        server_default=text("clock_timestamp()"),
    ),
    Column("destroyed_at", DateTime(timezone=True)),
)
