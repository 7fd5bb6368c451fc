"""The physical items that can be on loan, made from their number: nothing is stored but the loans.

Every seeded person has 160 numbers, of which the first are lent to them; then follow 500 for everybody.
"""

from typing import TYPE_CHECKING, NamedTuple

from . import bibs
from .institution import LIBRARIES

if TYPE_CHECKING:
    from .store import Store

FIRST_NUMBER = 10_000_000
EACH = 160
FREE_ITEMS = 500


class Item(NamedTuple):
    """One item; `loanable` False is for use in the library only."""

    number: int
    item_id: str
    holding_id: str
    mms_id: str
    barcode: str
    library: str
    loanable: bool


def item(store: "Store", number: int) -> Item | None:
    """The item of a number, None when there is none."""
    n = number - FIRST_NUMBER
    if not 0 <= n < store.options.users * EACH + FREE_ITEMS:
        return None
    all_bibs: int = store.meta("bibs_end") - bibs.FIRST_NUMBER
    mms = bibs.make_id("99", bibs.FIRST_NUMBER + n * 37 % all_bibs)
    library = [code for code in LIBRARIES if code != "STORE"][n // 3 % 6 if n % 3 == 2 else 0]
    ids = bibs.make_id("23", number), bibs.make_id("22", number)
    return Item(number, *ids, mms, f"30{number:08d}", library, n % EACH != EACH - 1)


def by_barcode(store: "Store", barcode: str) -> Item | None:
    """The item with this barcode."""
    shaped = len(barcode) == 10 and barcode.isascii() and barcode.isdigit() and barcode.startswith("30")
    return item(store, int(barcode[2:])) if shaped else None


def by_id(store: "Store", item_id: str) -> Item | None:
    """The item with this ID."""
    shaped = len(item_id) == 17 and item_id.isascii() and item_id.isdigit() and item_id.startswith("23")
    return item(store, int(item_id[2:10])) if shaped and item_id.endswith(bibs.SUFFIX) else None
