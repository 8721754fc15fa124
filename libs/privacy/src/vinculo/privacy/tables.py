"""The key ring's one table. Rows are made by INSERT and never deleted."""

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
