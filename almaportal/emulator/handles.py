"""What tests and demonstrations take from the seeded inventory and requests: IDs of a kind."""

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

from . import circulation, items, requests, titles

if TYPE_CHECKING:
    from .store import Store


def title_ids(store: "Store", kind: str, count: int | None) -> list[str]:
    """MMS IDs of the first titles of a kind of `titles.KINDS`, or "ordinary", "on_loan", "requested"; "" is all."""
    if kind == "requested":
        sql = "SELECT mms FROM requests WHERE state = 'NOT_STARTED' AND type = 'HOLD' GROUP BY mms HAVING count(*) > 1"
        found: Iterable[str] = (str(row["mms"]) for row in store.rows(f"{sql} ORDER BY mms"))
    elif kind == "on_loan":
        ordinary = range(titles.SPECIMENS, titles.TITLES)
        found = (titles.mms_of(title) for title in ordinary if _all_lent(store, title))
    elif kind in ("", "ordinary", *titles.KINDS):
        places = range(titles.TITLES if kind in ("", "ordinary") else titles.SPECIMENS)
        found = (titles.mms_of(title) for title in places if kind in ("", titles.kind_of(title)))
    else:
        raise ValueError(f"kind is one of: ordinary, on_loan, requested, {', '.join(titles.KINDS)}.")
    gone = {str(row["mms"]) for row in store.rows("SELECT mms FROM bibs_left WHERE action = 'delete'")}
    return list(islice((mms for mms in found if mms not in gone), count))


def _all_lent(store: "Store", title: int) -> bool:
    numbers = titles.items_of(title, store.options.users)
    if not all(titles.lent_to(number, store.options.users) for number in numbers):
        return False
    found = items.of_bib(store, titles.mms_of(title))
    return bool(found) and all(circulation.process(store, one) == "LOAN" for one in found)


# kind → condition on the rows of `requests`
REQUEST_KINDS = {
    "": "state != 'HISTORY'",
    "waiting": "type = 'HOLD' AND state = 'NOT_STARTED'",
    "picking": "type = 'HOLD' AND task = 'Pickup From Shelf'",
    "transit": "type = 'HOLD' AND task = 'Transit Item'",
    "shelf": "state = 'ON_HOLD_SHELF' AND kind != 7",
    "shelf_expired": "state = 'ON_HOLD_SHELF' AND kind = 7",
    "digitization": "type = 'DIGITIZATION' AND state != 'HISTORY'",
    "booking": "type = 'BOOKING' AND state != 'HISTORY'",
    "forty": "library = 'MED' AND state != 'HISTORY'",
    "history": "state = 'HISTORY'",
    "internal": "person IS NULL AND state != 'HISTORY'",
}


def request_ids(store: "Store", kind: str, count: int | None) -> list[str]:
    """IDs of the first requests of a kind; "many" are the 120 of one person."""
    if kind == "many":
        sql = "SELECT person FROM requests WHERE person IS NOT NULL GROUP BY person"
        row = store.row(f"{sql} ORDER BY count(*) DESC, person LIMIT 1")
        condition = f"person = {row['person'] if row else -1} AND library != 'MED' AND state != 'HISTORY'"
    elif kind in REQUEST_KINDS:
        condition = REQUEST_KINDS[kind]
    else:
        raise ValueError(f"kind is one of: many, {', '.join(filter(None, REQUEST_KINDS))}.")
    rows = store.rows(f"SELECT * FROM requests WHERE {condition} ORDER BY id")
    return [requests.id_of(row) for row in rows[:count]]
