"""The operations on bibs: one, up to a hundred at once, the portfolios of one."""

from . import circulation, holdings, items, requests
from .bib_records import Field, availability_field, full_record, network_numbers, physical_field
from .bibs import Bib
from .errors import AlmaError
from .fields import PORTFOLIO, brief
from .merge import describe
from .messages import Record, Reply, Request
from .search import page
from .store import Store

MOST_BIBS = 100


def listing(store: Store, request: Request) -> Reply:
    """GET /bibs?mms_id=a,b,c|other_system_id=&view=&expand=

    In the order asked for, each once; unknown ones are missing without a word.
    """
    if other := request.query.get("other_system_id"):
        rows = [_record(store, request, bib) for bib in _by_network_number(store, other)]
        return Reply({"bib": rows, "total_record_count": len(rows)}, "bibs")
    asked = request.query.get("mms_id", "").split(",")
    if len(asked) > MOST_BIBS or not all(_is_numeric(mms) for mms in asked):
        raise AlmaError("402203", "Input parameter mmsId list is not valid.")
    found = [bib for mms in dict.fromkeys(asked) if (bib := store.bib(mms))]
    rows = [_record(store, request, bib) for bib in found]
    return Reply({"bib": rows, "total_record_count": len(rows)}, "bibs")


def get(store: Store, request: Request, mms: str) -> Reply:
    """GET /bibs/{mms}?view=&expand="""
    return Reply(_record(store, request, find(store, mms)), "bib")


def find(store: Store, mms: str) -> Bib:
    """The bib of an address: 402204 for what is no number, 402203 for an unknown one."""
    if not _is_numeric(mms):
        raise AlmaError("402204", f"Input parameters mmsId {mms} is not numeric.")
    bib = store.bib(mms)
    if bib is None:
        raise AlmaError("402203", f"Input parameters mmsId {mms} is not valid.")
    return bib


def marcxml(store: Store, bib: Bib) -> str:
    """The MARC record of a bib, without its declaration."""
    return str(full_record(bib, [])["anies"][0]).partition("?>")[2]


def portfolios(store: Store, request: Request, mms: str) -> Reply:
    """GET /bibs/{mms}/portfolios?limit=&offset="""
    if store.bib(mms) is None:
        raise AlmaError("402203", "Input parameter mms Id is not valid.")
    limit, offset = page(request)
    rows = store.portfolio_rows("p.mms = ? ORDER BY p.id LIMIT ? OFFSET ?", int(mms), limit, offset)
    briefs = [describe(PORTFOLIO, brief("portfolio", store.portfolio(row)), request.lang) for row in rows]
    record: Record = {"portfolio": briefs} if briefs else {}
    total = store.rows("SELECT count(*) AS n FROM portfolios WHERE mms = ?", int(mms))[0]["n"]
    return Reply(record | {"total_record_count": total}, "portfolios")


def _by_network_number(store: Store, wanted: str) -> list[Bib]:
    """The bibs that somebody sent with this number in 035 a."""
    rows = store.rows("SELECT mms FROM bibs_kept ORDER BY mms")
    found = [bib for row in rows if (bib := store.bib(str(row["mms"]))) and bib.marc]
    return [bib for bib in found if wanted in network_numbers(bib)]


def _is_numeric(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _record(store: Store, request: Request, bib: Bib) -> Record:
    """The record as `view` and `expand` want it. No bib has digital inventory."""
    expand = request.query.get("expand", "").split(",")
    fields = _physical(store, bib) if "p_avail" in expand else []
    record = full_record(bib, fields + (_electronic(store, bib) if "e_avail" in expand else []))
    if "requests" in expand:
        record["requests"] = {"value": len(requests.active(store, "mms = ?", int(bib.mms_id))), "link": None}
    if request.query.get("view") == "brief":
        del record["anies"]
    return record


def _electronic(store: Store, bib: Bib) -> list[Field]:
    """The AVE fields: one for each portfolio."""
    return [
        availability_field(store.portfolio(row), store.record("collection", str(row["collection"])) or {}, row)
        for row in store.portfolio_rows("p.mms = ? ORDER BY p.id", int(bib.mms_id))
    ]


def _physical(store: Store, bib: Bib) -> list[Field]:
    """The AVA fields: one for each holding."""
    found = items.of_bib(store, bib.mms_id)
    fields = []
    for one in holdings.of_bib(store, bib.mms_id):
        inside = [item for item in found if item.holding_id == one.holding_id]
        away = [item for item in inside if circulation.process(store, item)]
        fields.append(physical_field(bib.mms_id, one, len(inside), len(away)))
    return fields
