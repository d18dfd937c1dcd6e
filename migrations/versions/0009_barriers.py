"""Somebody reports a barrier on our pages: a notice and an event of the history."""

from lotsen.admitted import admit, withdraw

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    admit("outbox_message", "notice", ("barrier",))
    admit("audit_entry", "event", ("barrier_reported",))


def downgrade() -> None:
    withdraw("audit_entry", "event", ("barrier_reported",))
    withdraw("outbox_message", "notice", ("barrier",))
