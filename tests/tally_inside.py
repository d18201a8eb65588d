"""What the open month holds: only a test, with database and key in one hand, may look."""

from __future__ import annotations

from sqlalchemy import func, select

from screening.store import Store, open_month, ticket
from screening.tally import Layout, Vault


def cells(store: Store, vault: Vault) -> dict[tuple[str, str, str], int]:
    """The open month, cell by cell, start values and all."""
    with store.reading() as connection:
        row = connection.execute(select(open_month)).one()
    return dict(zip(Layout.read(row.layout).cells(), vault.open(row.month, row.layout, row.sealed), strict=True))


def grown(before: dict[tuple[str, str, str], int], after: dict[tuple[str, str, str], int]) -> dict[object, int]:
    return {cell: after[cell] - before[cell] for cell in before if after[cell] != before[cell]}


def tickets_left(store: Store) -> int:
    with store.reading() as connection:
        return connection.execute(select(func.count()).select_from(ticket)).scalar_one()
