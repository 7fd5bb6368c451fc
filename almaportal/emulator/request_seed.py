"""The requests the institution begins with: rows of a few numbers, of every type, state, age and pickup library.

The first forty are picked up in the Medical Library; one person has 120; of the others six of seven people have one
to three. Items that are set aside lie on the shelf otherwise; those that are waited for are on loan.
"""

from collections.abc import Iterator
from itertools import chain, cycle, islice

from . import titles
from .user_kinds import KINDS
from .user_seed import kind_of, loans_of

FIRST_NUMBER = 40_000_000
FORTY = "MED"
MANY = 120
MOST = 10_000  # further people have none
_NOBODY = ("contact", "purged", "no_patron")
_PICKUPS = ("MAIN", "SCI", "LAW", "MUS", "ASIA")
# (type, state, task, level, on): `on` is what the request is for: an item that is free, lent or bookable.
SCENARIOS = (
    ("HOLD", "NOT_STARTED", "", "title", "lent"),
    ("HOLD", "IN_PROCESS", "Pickup From Shelf", "title", "free"),
    ("HOLD", "ON_HOLD_SHELF", "On Hold Shelf", "title", "free"),
    ("HOLD", "NOT_STARTED", "", "item", "lent"),
    ("HOLD", "IN_PROCESS", "Transit Item", "title", "free"),
    ("DIGITIZATION", "IN_PROCESS", "Digitize Item", "item", "free"),
    ("BOOKING", "NOT_STARTED", "", "title", "bookable"),
    ("HOLD", "ON_HOLD_SHELF", "On Hold Shelf", "item", "free"),  # its time on the shelf is over
    ("HOLD", "HISTORY", "", "title", "free"),
    ("HOLD", "NOT_STARTED", "Pickup From Shelf", "item", "free"),
)
# Of the forty of one library 37 are to be fetched from its shelves, 3 are on the hold shelf.
_OF_FORTY = (1, 9, 1, 9, 9)
Row = tuple[int, int | None, int, int | None, str, str, str, str, str, int, int]


def rows(users: int) -> Iterator[Row]:
    """The rows of the table `requests`, as `requests.fill` inserts them."""
    people = [number for number in range(users) if kind_of(number) not in _NOBODY]
    if people:
        makers = {"free": _free(users, False), "lent": _lent(users), "bookable": _bookable()}
        counter = iter(range(FIRST_NUMBER, FIRST_NUMBER + 10_000_000))
        med = _free(users, True)
        seen: set[tuple[int, int]] = set()
        for n, person in zip(range(40), cycle(people), strict=False):
            kind = 2 if n % 15 == 7 else _OF_FORTY[n % 5]
            yield _row(next(counter), person, kind, next(med), FORTY, 3 + n * 11 % 190)
        for place, person in enumerate(chain(islice(cycle([many_of(users)]), MANY), _others(people))):
            kind = place % len(SCENARIOS)
            if place < MANY and kind == 8:
                kind = 1  # so that all of them are active
            item = _for(person, makers[SCENARIOS[kind][4]], seen)
            pickup = _PICKUPS[place // 2 % 5]
            yield _row(next(counter), person, kind, item, pickup, 1 + place * 7 % 160)
    yield from _internal()


def many_of(users: int) -> int:
    """The person with 120 requests: the first whose name is not Latin."""
    return min(list(KINDS).index("script"), users - 1)


def _others(people: list[int]) -> Iterator[int]:
    for person in people[:MOST]:
        if kind_of(person) not in ("script", "no_loans"):
            yield from [person] * (0, 1, 0, 2, 1, 0, 3)[person % 7]


def _for(person: int, found: Iterator[int], seen: set[tuple[int, int]]) -> int:
    """The next item whose title the person has neither asked for nor borrowed."""
    item = next(found)
    for _ in range(2 * MANY):  # in a very small institution there may be no other
        lent = titles.FIRST_ITEM <= item < titles.FIRST_SPECIMEN and (item - titles.FIRST_ITEM) // titles.EACH == person
        if (person, item) not in seen and not lent:
            break
        item = next(found)
    seen.add((person, item))
    return item


def _row(number: int, person: int, kind: int, item: int, pickup: str, age: int) -> Row:
    what, state, task, level, _ = SCENARIOS[kind]
    place = titles.item_place(item, 10**6)
    assert place is not None
    bound = item if level == "item" or state == "ON_HOLD_SHELF" or task == "Transit Item" else None
    return number, person, int(titles.mms_of(place[0])), bound, level, what, state, task, pickup, age, kind


def _free(users: int, forty: bool) -> Iterator[int]:
    """Items that are in place, each once: those of the library of the forty, or all others."""
    reserved = range(users * titles.EACH, users * titles.EACH + titles.FREE_ITEMS)
    for n in range(24, 150):
        for person in range(titles.ORDINARY // titles.EACH):
            number = person * titles.EACH + n
            lent = person < users and n < loans_of(person)
            if not lent and number not in reserved and (number % 3 == 2 and number // 3 % 6 == 3) == forty:
                yield titles.FIRST_ITEM + number


def _lent(users: int) -> Iterator[int]:
    """Items on loan, a few at a time and then the same again, so that queues form."""
    found = (
        titles.FIRST_ITEM + person * titles.EACH + n
        for person in range(min(users, MOST))
        for n in range(min(loans_of(person), 4))
    )
    some = list(found) or [titles.FIRST_ITEM]
    chunk = MANY // 5
    return cycle([item for start in range(0, len(some), chunk) for item in some[start : start + chunk] * 2])


def _bookable() -> Iterator[int]:
    kinds = list(titles.KINDS)
    places = range(kinds.index("bookable"), titles.SPECIMENS, len(kinds))
    return cycle([titles.item_number(title, 0) for title in places])


def _internal() -> Iterator[Row]:
    """What Alma itself asked for: work orders and transits, of nobody."""
    kinds = list(titles.KINDS)
    number = FIRST_NUMBER + 30_000_000
    for kind, what, task in (("work_order", "WORK_ORDER", "In Department"), ("transit", "MOVE", "Transit Item")):
        for title in range(kinds.index(kind), titles.SPECIMENS, len(kinds)):
            item = titles.item_number(title, 0)
            yield number, None, int(titles.mms_of(title)), item, "item", what, "IN_PROCESS", task, "MAIN", 9, -1
            number += 1
