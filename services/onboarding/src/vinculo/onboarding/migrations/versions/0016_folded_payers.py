"""Payers by the folding rule of all services: search tokens with the tax id, and a sort key.

Proposals are known by their joined words. Where two names are one now, the later one is kept.
"""

import sqlalchemy as sa
from alembic import op

from vinculo.values.folding import joined_words, sort_key
from vinculo.values.organizations import organization_tokens

revision = "0016"
down_revision = "0015"

PAYERS = sa.table(
    "payers",
    *(sa.column(name) for name in ("payer_id", "name", "tax_id", "words", "sort_key")),
)
PROPOSALS = sa.table("payer_proposals", sa.column("known_by"), sa.column("payer_id"))


def upgrade() -> None:
    op.add_column("payers", sa.Column("sort_key", sa.Text, nullable=False, server_default=""))
    connection = op.get_bind()
    for payer in connection.execute(sa.select(PAYERS)).all():
        tokens = organization_tokens(payer.name, payer.tax_id)
        connection.execute(
            sa.update(PAYERS)
            .where(PAYERS.c.payer_id == payer.payer_id)
            .values(words="".join(f" {token}" for token in tokens), sort_key=sort_key(payer.name))
        )
    # Names begin with a space; the others are tax ids.
    names = PROPOSALS.c.known_by.startswith(" ")
    by_name = sa.select(PROPOSALS).where(names).order_by(PROPOSALS.c.payer_id)
    rekeyed = {
        f" {joined_words(known_by) or known_by.strip()}": payer_id
        for known_by, payer_id in connection.execute(by_name).all()
    }
    connection.execute(sa.delete(PROPOSALS).where(names))
    for known_by, payer_id in rekeyed.items():
        connection.execute(sa.insert(PROPOSALS).values(known_by=known_by, payer_id=payer_id))
