"""The electronic area of Alma: e-collections, their services, their portfolios.

Shapes: facts 2.1-2.4. Every function returns an Answer; lists hold {"total_record_count": int, "<singular name>":
[row, …]}, the array missing when empty. What comes from Alma itself is remembered in passing (places). Errors:
AlmaError; unknown IDs raise AlmaNotFound.
"""

import unicodedata
from typing import Any

from almaportal.alma.gateway import Answer, alma
from almaportal.alma.records import rows
from ecollections import places

FRESH_SECONDS = 15 * 60
SEARCH_FIELDS = ("name", "keywords", "interface_name", "po_line_id")

COLLECTIONS = "/electronic/e-collections"
COLLECTION = f"{COLLECTIONS}/{{collection_id}}"
SERVICES = f"{COLLECTION}/e-services"
SERVICE = f"{SERVICES}/{{service_id}}"
PORTFOLIOS = f"{SERVICE}/portfolios"
PORTFOLIO = f"{PORTFOLIOS}/{{portfolio_id}}"


def query(field: str, text: str) -> str:
    """A brief search for all words of `text` in `field`; "" when it holds no word.

    Words, of letters with their marks and digits in any script, are joined by underscores: Alma refuses blanks within
    a value (facts 3.5), and signs mean something else to it. Only the hyphens of PO lines stay: they are part of them.
    """
    signs = "-" if field == "po_line_id" else ""
    kept = (c if unicodedata.category(c)[0] in "LMN" or c in signs else " " for c in unicodedata.normalize("NFC", text))
    words = [word for word in "".join(kept).split() if word.strip(signs)]
    return f"{field}~{'_'.join(words)}" if words else ""


def collections(q: str, limit: int, offset: int) -> Answer:
    """Brief rows "electronic_collection", those that match `q` (see `query`) or all for ""."""
    params = {"limit": limit, "offset": offset} | ({"q": q} if q else {})
    answer = alma().get(COLLECTIONS, params=params, fresh_for=FRESH_SECONDS)
    if not answer.kept:
        places.see_collections(rows(answer.data, "electronic_collection"))
    return answer


def collection(collection_id: str) -> Answer:
    """One whole e-collection."""
    answer = alma().get(COLLECTION, {"collection_id": collection_id}, fresh_for=FRESH_SECONDS)
    if not answer.kept:
        places.see_collection(answer.data)
    return answer


def services(collection_id: str) -> Answer:
    """Rows "electronic_service", all of them: this list has no paging (facts 2.3)."""
    answer = alma().get(SERVICES, {"collection_id": collection_id}, fresh_for=FRESH_SECONDS)
    if not answer.kept:
        places.see_services(rows(answer.data, "electronic_service"), collection_id)
    return answer


def service(collection_id: str, service_id: str) -> Answer:
    """One whole electronic service."""
    ids = {"collection_id": collection_id, "service_id": service_id}
    answer = alma().get(SERVICE, ids, fresh_for=FRESH_SECONDS)
    if not answer.kept:
        places.see_services([answer.data], collection_id)
    return answer


def portfolios(collection_id: str, service_id: str, limit: int, offset: int) -> Answer:
    """Brief rows "portfolio", at most 100."""
    ids = {"collection_id": collection_id, "service_id": service_id}
    answer = alma().get(PORTFOLIOS, ids, {"limit": limit, "offset": offset}, FRESH_SECONDS)
    if not answer.kept:
        places.see_portfolios(rows(answer.data, "portfolio"), collection_id, service_id)
    return answer


def portfolio(collection_id: str, service_id: str, portfolio_id: str) -> Answer:
    """One whole portfolio."""
    ids = {"collection_id": collection_id, "service_id": service_id, "portfolio_id": portfolio_id}
    answer = alma().get(PORTFOLIO, ids, fresh_for=FRESH_SECONDS, lives_at=lambda record: _own_ids(record, ids))
    if not answer.kept:
        places.see_portfolios([answer.data], collection_id, service_id)
    return answer


def _own_ids(record: dict[str, Any], asked: dict[str, str]) -> dict[str, str] | None:
    """The ids of a portfolio's own address, where that is another than the one it was asked for by."""
    home = places.home(record)
    if not home or home == (asked["collection_id"], asked["service_id"]):
        return None
    return asked | {"collection_id": home[0], "service_id": home[1]}
