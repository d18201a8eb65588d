"""The first tables: the open month, releases, tickets, sites, supervisors.

A migration never imports the program: it must do in five years what it does today.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "open_month",
        sa.Column("month", sa.String(7), primary_key=True),
        sa.Column("layout", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "release",
        sa.Column("month", sa.String(7), primary_key=True),
        sa.Column("is_whole", sa.Boolean, nullable=False),
    )
    op.create_table(
        "release_cell",
        sa.Column("grid", sa.String(20), primary_key=True),
        sa.Column("month", sa.String(7), primary_key=True),
        sa.Column("part", sa.String(64), primary_key=True),
        sa.Column("level", sa.String(20), primary_key=True),
        sa.Column("value", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ticket",
        sa.Column("hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("month", sa.String(7), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "site",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("is_retired", sa.Boolean, nullable=False),
    )
    op.create_table(
        "supervisor",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("site", sa.String(40), nullable=False),
        sa.Column("totp_secret", sa.String(64), nullable=False),
        sa.Column("totp_last", sa.Integer, nullable=False),
        sa.Column("sessions", sa.Integer, nullable=False),
    )
    # A release is frozen for ever: the database itself refuses to change or delete one, or to add a cell to it.
    if op.get_bind().dialect.name == "sqlite":
        for table in ("release", "release_cell"):
            for change, when in (
                ("UPDATE", ""),
                ("DELETE", ""),
                # INSERT OR REPLACE asks no trigger of DELETE.
                ("INSERT", "WHEN EXISTS (SELECT 1 FROM release WHERE month = NEW.month)"),
            ):
                op.execute(
                    f"CREATE TRIGGER {table}_{change.lower()} BEFORE {change} ON {table} {when} "
                    "BEGIN SELECT RAISE(ABORT, 'a release is frozen'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'a release is frozen'; END $$"
    )
    op.execute(
        "CREATE FUNCTION refuse_late_cell() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN IF EXISTS (SELECT 1 FROM release WHERE month = NEW.month) THEN "
        "RAISE EXCEPTION 'a release is frozen'; END IF; RETURN NEW; END $$"
    )
    for table in ("release", "release_cell"):
        op.execute(
            f"CREATE TRIGGER {table}_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(
        "CREATE TRIGGER release_cell_late BEFORE INSERT ON release_cell "
        "FOR EACH ROW EXECUTE FUNCTION refuse_late_cell()"
    )
