"""Every trading state that ever was; the earlier ones from events, whose message becomes their comment."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_FROM_EVENTS = """
INSERT INTO trading_state_changes
    (place, version, state, comment, updated_by, update_time_ns, canceled_count)
SELECT place, row_number() OVER (PARTITION BY place ORDER BY event_id), "check", message, '', time_ns, 0
FROM events WHERE kind = 'TRADING_STATE_CHANGED'
"""
# The newest of each place stands in full in the table of what is in force.
_IN_FULL = """
UPDATE trading_state_changes SET
    comment = (SELECT comment FROM trading_states s WHERE s.place = trading_state_changes.place),
    updated_by = (SELECT updated_by FROM trading_states s WHERE s.place = trading_state_changes.place),
    canceled_count = (SELECT canceled_count FROM trading_states s WHERE s.place = trading_state_changes.place)
WHERE version = (SELECT max(version) FROM trading_state_changes c WHERE c.place = trading_state_changes.place)
"""


def upgrade() -> None:
    """Makes the table, and fills it."""
    op.create_table(
        "trading_state_changes",
        sa.Column("place", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("state", "comment", "updated_by")),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("update_time_ns", "canceled_count")),
    )
    op.execute(_FROM_EVENTS)
    op.execute(_IN_FULL)


def downgrade() -> None:
    """Drops the table."""
    op.drop_table("trading_state_changes")
