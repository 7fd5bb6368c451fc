"""The operations that make, change and delete bibs and holdings: XML only."""

import json
from datetime import UTC, datetime

from . import bibs, catalog, holdings, inventory, item_records, items, marc, requests
from .bibs import Bib
from .errors import AlmaError
from .holdings import Holding
from .institution import LIBRARIES, LOCATIONS, STORAGE_LOCATIONS
from .messages import Reply, Request
from .store import Store

FIRST_BIB = 60_000_000
FIRST_HOLDING = 90_000_000
LEFT = ("retain", "delete", "suppress")


def create_bib(store: Store, request: Request) -> Reply:
    """POST /bibs: a local record of `<bib><record>…</record></bib>`."""
    sent = marc.read(request, "bib", "402209")
    for name in ("from_nz_mms_id", "from_cz_mms_id"):
        if request.query.get(name):
            raise AlmaError("33007", f"No record found for MMS id {request.query[name]}")
    number = store.meta("next_bib", FIRST_BIB)
    store.set_meta("next_bib", number + 1)
    return _keep_bib(store, request, bibs.make_id("99", number), sent, bool(sent.suppressed), _today(store))


def update_bib(store: Store, request: Request, mms: str) -> Reply:
    """PUT /bibs/{mms}?stale_version_check=: the MARC record is swapped."""
    bib = catalog.find(store, mms)
    sent = marc.read(request, "bib", "402209")
    if request.query.get("stale_version_check") == "true":
        stored = marc.read(_as_request(catalog.marcxml(store, bib)), "bib", "402209")
        if stored.control("005") != sent.control("005"):
            raise AlmaError("4022034", "A newer version of this record exists in the repository.")
    suppressed = bib.suppressed if sent.suppressed is None else sent.suppressed
    store.run("DELETE FROM bibs_left WHERE mms = ?", int(mms))
    return _keep_bib(store, request, mms, sent, suppressed, bib.created)


def delete_bib(store: Store, request: Request, mms: str) -> Reply:
    """DELETE /bibs/{mms}?override=: refused with items or portfolios.

    Empty holdings and requests are warnings: they go with the bib when overridden.
    """
    override = request.query.get("override", "false")
    if override not in ("true", "false"):
        raise AlmaError("401873", "Input parameter mms_id or parameter override is not valid.")
    if not mms.isdigit() or store.bib(mms) is None:
        raise AlmaError("402203", "An error has occured while validating the mms_id.")
    if items.of_bib(store, mms) or _has_portfolios(store, mms):
        raise AlmaError("4022020", "Delete Bib error. The record has inventory.")
    empty, asked = holdings.of_bib(store, mms), requests.active(store, "mms = ?", int(mms))
    if override == "false" and (empty or asked):
        raise AlmaError("4022020", f"Delete Bib error. The record has {'holdings' if empty else 'requests'}.")
    for one in empty:
        holdings.remove(store, one)
    _drop_bib(store, mms)
    return Reply()


def create_holding(store: Store, request: Request, mms: str) -> Reply:
    """POST /bibs/{mms}/holdings: `<holding><record>…`, library and location in 852 b and c."""
    sent = marc.read(request, "holding", "402211")
    if not mms.isdigit():
        raise AlmaError("402204", f"Input parameters mmsId {mms} is not numeric.")
    if store.bib(mms) is None:
        raise AlmaError("33007", f"No record found for MMS id {mms}")
    number = store.meta("next_holding", FIRST_HOLDING)
    store.set_meta("next_holding", number + 1)
    return _keep_holding(store, number, mms, sent, bool(sent.suppressed), "33008")


def update_holding(store: Store, request: Request, mms: str, holding_id: str) -> Reply:
    """PUT …/holdings/{holding}: the MARC record is swapped."""
    one = inventory.find_holding(store, mms, holding_id)
    sent = marc.read(request, "holding", "402211")
    suppressed = one.suppressed if sent.suppressed is None else sent.suppressed
    return _keep_holding(store, one.number, mms, sent, suppressed, "401652")


def delete_holding(store: Store, request: Request, mms: str, holding_id: str) -> Reply:
    """DELETE …/holdings/{holding}?bib=retain|delete|suppress: refused while it has items."""
    if store.bib(mms) is None:
        raise AlmaError("402203", "Bib ID not valid.")
    one = holdings.by_id(store, mms, holding_id)
    if one is None:
        raise AlmaError("60213")
    left = request.query.get("bib", "retain")
    if left not in LEFT:
        raise AlmaError("60218")
    if any(item.holding_id == holding_id for item in items.of_bib(store, mms)):
        raise AlmaError("60214")
    holdings.remove(store, one)
    leave_bib(store, mms, left)
    return Reply()


def leave_bib(store: Store, mms: str, action: str) -> None:
    """What becomes of a bib that has no holding and no portfolio any more."""
    if holdings.of_bib(store, mms) or _has_portfolios(store, mms):
        return
    if action == "delete":
        _drop_bib(store, mms)
    elif action == "suppress":
        store.run("INSERT OR REPLACE INTO bibs_left VALUES (?, ?)", int(mms), "suppress")


def locations_of(library: str) -> list[str]:
    """The codes of a library's locations."""
    if library not in LIBRARIES:
        return []
    return [code for code, _, _ in (STORAGE_LOCATIONS if library == "STORE" else LOCATIONS)]


def _keep_bib(store: Store, request: Request, mms: str, sent: marc.Sent, suppressed: bool, created: str) -> Reply:
    title = " ".join(filter(None, (sent.first("245", "a"), sent.first("245", "b"))))
    if not title:
        raise AlmaError("402209")
    numbers = {"isbn": sent.first("020", "a"), "issn": sent.first("022", "a")}
    author = sent.first("100", "a") or sent.first("110", "a")
    identifier = {name: text for name, text in numbers.items() if text}
    bib = Bib(mms, title, author, identifier, suppressed, sent.inside(mms), created)
    text = json.dumps(bib._asdict(), ensure_ascii=False)
    store.run("INSERT OR REPLACE INTO bibs_kept VALUES (?, ?)", int(mms), text)
    return catalog.get(store, request, mms)


def _keep_holding(store: Store, number: int, mms: str, sent: marc.Sent, suppressed: bool, error: str) -> Reply:
    library, location, call_number = (sent.first("852", code) for code in ("b", "c", "h"))
    if location not in locations_of(library):
        wrong = "library" if library not in LIBRARIES else "location"
        text = f"The {wrong} code in field 852 is not valid."
        prefix = "Failed to create holding due to errors: " if error == "33008" else "General Error - "
        raise AlmaError(error, prefix + text)
    holding_id = bibs.make_id("22", number)
    call_number = " ".join(filter(None, (call_number, sent.first("852", "i"))))
    one = Holding(number, holding_id, mms, library, location, call_number, suppressed, sent.inside(holding_id))
    holdings.put(store, one)
    return Reply(item_records.holding_record(one), "holding")


def _drop_bib(store: Store, mms: str) -> None:
    store.run("INSERT OR REPLACE INTO bibs_left VALUES (?, 'delete')", int(mms))
    for row in requests.active(store, "mms = ?", int(mms)):
        requests.close(store, row)


def _has_portfolios(store: Store, mms: str) -> bool:
    return store.row("SELECT 1 FROM portfolios WHERE mms = ?", int(mms)) is not None


def _today(store: Store) -> str:
    return f"{datetime.fromtimestamp(store.now(), UTC):%Y-%m-%d}Z"


def _as_request(text: str) -> Request:
    body = f"<bib>{text}</bib>".encode()
    return Request("PUT", "", {}, body, "application/xml", "", "", False, "")
