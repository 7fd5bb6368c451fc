"""The 20,000 physical titles: their holdings and items by arithmetic, both ways, so that nothing is stored.

The first 800 are specimens, each kind of `KINDS` in turn. The others are ordinary, and hold what is on loan: item
`10_000_000 + 160 * person + n` is the n-th of a seeded person, and lies at one title and slot only. A slot that is
not lent has an item as far as the title's own number of items goes.
"""

from typing import NamedTuple

from . import bibs
from .institution import LIBRARIES
from .user_seed import loans_of

FIRST_NUMBER = 30_000_000
TITLES = 20_000
SPECIMENS = 800
ORDINARY = TITLES - SPECIMENS
FIRST_HOLDING = 20_000_000
HOLDINGS_EACH = 4
# Item numbers: ordinary titles from the first, specimens from the second, new ones from the third.
FIRST_ITEM, FIRST_SPECIMEN, FIRST_NEW = 10_000_000, 80_000_000, 90_000_000
SPECIMEN_SLOTS = 1_000
# Each seeded person has so many numbers, of which the first are lent to them; after everybody's follow free items.
EACH = 160
FREE_ITEMS = 500
_SHIFT = 53  # spreads the lent items over the titles
_STACKS = (("MAIN", "STACKS"),)


class Kind(NamedTuple):
    """What the titles of a kind have: holdings as (library, location), items in each, policies in turn."""

    holdings: tuple[tuple[str, str], ...] = _STACKS
    items: int = 1
    policies: tuple[str, ...] = ("",)
    process: str = ""
    material: str = "BOOK"


KINDS = {
    "free": Kind(items=3),  # all in place and loanable
    "copies": Kind((("MAIN", "STACKS"), ("SCI", "STACKS"), ("LAW", "REF")), 2),
    "single": Kind(),
    "not_requestable": Kind(items=2, policies=("NOREQ", "")),  # the first item
    "not_loanable": Kind((("MAIN", "REF"),), 2, ("NOLOAN",)),
    "storage": Kind((("STORE", "DEPOT"),), 2),
    "volumes": Kind(items=124, material="ISSUE"),
    "bookable": Kind(items=2, policies=("BOOK",), material="DVD"),
    "suppressed": Kind(),
    "no_items": Kind(items=0),
    "no_holdings": Kind((), 0),
    "missing": Kind(process="MISSING"),
    "transit": Kind(process="TRANSIT"),
    "work_order": Kind(process="WORK_ORDER_DEPARTMENT"),
    "acquisition": Kind(process="ACQ"),  # without a barcode
    "technical": Kind(process="TECHNICAL"),
    "temporary": Kind(items=2),  # in a temporary location
    "odd": Kind(items=2),  # keys missing or of another shape
}


def mms_of(title: int) -> str:
    """The MMS ID of a title 0–19,999."""
    return bibs.make_id("99", FIRST_NUMBER + title)


def title_of(mms_id: str) -> int | None:
    """The title of an MMS ID, None for a bib that is no seeded physical title."""
    title = bibs.number_of(mms_id) - FIRST_NUMBER
    return title if 0 <= title < TITLES else None


def kind_of(title: int) -> str:
    """The kind of a title, "ordinary" for most."""
    return list(KINDS)[title % len(KINDS)] if title < SPECIMENS else "ordinary"


def holdings_of(title: int) -> list[tuple[str, str]]:
    """(library, location) of each holding; two titles of three have the first in the main library."""
    if title < SPECIMENS:
        return list(KINDS[kind_of(title)].holdings)
    n = title - SPECIMENS
    others = [code for code in LIBRARIES if code != "STORE"]
    first = others[n // 3 % 6] if n % 3 == 2 else "MAIN"
    found = [(first, "RARE" if n % 50 == 7 else "STACKS")]
    if n % 5 in (2, 4):
        found.append((others[(others.index(first) + 1 + n % 5) % 6], "STACKS"))
    if n % 5 == 4:
        found.append(("STORE", "DEPOT"))
    return found


def holding_number(title: int, index: int) -> int:
    """The number of a title's holding."""
    return FIRST_HOLDING + title * HOLDINGS_EACH + index


def holding_place(number: int) -> tuple[int, int] | None:
    """(title, index) of a holding's number."""
    title, index = divmod(number - FIRST_HOLDING, HOLDINGS_EACH)
    return (title, index) if 0 <= title < TITLES and index < len(holdings_of(title)) else None


def item_number(title: int, slot: int) -> int:
    """The number of the item at a slot of a title."""
    if title < SPECIMENS:
        return FIRST_SPECIMEN + title * SPECIMEN_SLOTS + slot
    return FIRST_ITEM + slot * ORDINARY + (title - SPECIMENS - _SHIFT * slot) % ORDINARY


def item_place(number: int, users: int) -> tuple[int, int] | None:
    """(title, slot) of an item's number, None where there is no item."""
    if FIRST_SPECIMEN <= number < FIRST_SPECIMEN + SPECIMENS * SPECIMEN_SLOTS:
        title, slot = divmod(number - FIRST_SPECIMEN, SPECIMEN_SLOTS)
        return (title, slot) if slot < _own_items(title) else None
    if not FIRST_ITEM <= number < FIRST_SPECIMEN:
        return None
    slot, rest = divmod(number - FIRST_ITEM, ORDINARY)
    title = SPECIMENS + (rest + _SHIFT * slot) % ORDINARY
    return (title, slot) if slot < _own_items(title) or _is_extra(number, users) else None


def items_of(title: int, users: int) -> list[int]:
    """The numbers of all items of a title, by slot."""
    own = _own_items(title)
    found = [item_number(title, slot) for slot in range(own)]
    if title >= SPECIMENS:
        last = (users * EACH + FREE_ITEMS) // ORDINARY
        more = (item_number(title, slot) for slot in range(own, last + 1))
        found += [number for number in more if _is_extra(number, users)]
    return found


def holding_index(title: int, slot: int) -> int:
    """Which of the title's holdings has the item at this slot."""
    return slot % len(holdings_of(title))


def is_suppressed(title: int) -> bool:
    """Whether the title is hidden from discovery."""
    return kind_of(title) == "suppressed" or (title >= SPECIMENS and title % 211 == 3)


def lent_to(number: int, users: int) -> tuple[int, int] | None:
    """(person, n) of the seeded loan of an item."""
    if not FIRST_ITEM <= number < FIRST_SPECIMEN:
        return None
    person, n = divmod(number - FIRST_ITEM, EACH)
    return (person, n) if person < users and n < loans_of(person) else None


def _own_items(title: int) -> int:
    """How many items a title has whether lent or not."""
    if title < SPECIMENS:
        kind = KINDS[kind_of(title)]
        more = title // len(KINDS) % 7 if kind.items > 100 else 0
        return (kind.items + more) * len(kind.holdings)
    n = title - SPECIMENS
    return len(holdings_of(title)) * (1 + n // 5 % 5)


def _is_extra(number: int, users: int) -> bool:
    """An item beyond the title's own: on loan, or one of the free ones after everybody's."""
    free = number - FIRST_ITEM - users * EACH
    return 0 <= free < FREE_ITEMS or lent_to(number, users) is not None
