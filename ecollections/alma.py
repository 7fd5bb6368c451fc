"""The electronic area of Alma: e-collections, their services, their portfolios.

Shapes: facts 2.1-2.4. Every function returns an Answer; lists hold {"total_record_count": int, "<singular name>":
[row, …]}, the array missing when empty. What comes from Alma itself is remembered in passing (places, titles). Errors:
AlmaError; unknown IDs raise AlmaNotFound.
"""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from almaportal.alma.caller import calling, current
from almaportal.alma.errors import AlmaNotFound
from almaportal.alma.gateway import Answer, alma
from almaportal.alma.records import code, rows
from ecollections import places
from ecollections.titles import index

FRESH_SECONDS = 15 * 60
SEARCH_FIELDS = ("name", "keywords", "interface_name", "po_line_id")

COLLECTIONS = "/electronic/e-collections"
COLLECTION = f"{COLLECTIONS}/{{collection_id}}"
SERVICES = f"{COLLECTION}/e-services"
SERVICE = f"{SERVICES}/{{service_id}}"
PORTFOLIOS = f"{SERVICE}/portfolios"
PORTFOLIO = f"{PORTFOLIOS}/{{portfolio_id}}"
BIBS = "/bibs"
BIB = f"{BIBS}/{{mms_id}}"
PORTFOLIOS_OF_BIB = f"{BIB}/portfolios"

ID_NAMES = ("collection_id", "service_id", "portfolio_id")
NOWHERE = "0"  # in the place of an ID that nobody knows: a portfolio is found by its own ID alone
LISTS = (COLLECTIONS, SERVICES, PORTFOLIOS)
RECORDS = (COLLECTION, SERVICE, PORTFOLIO)


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
        _see(rows(answer.data, "portfolio"), collection_id, service_id)
    return answer


def portfolio(collection_id: str, service_id: str, portfolio_id: str) -> Answer:
    """One whole portfolio."""
    ids = {"collection_id": collection_id, "service_id": service_id, "portfolio_id": portfolio_id}
    try:
        answer = alma().get(PORTFOLIO, ids, fresh_for=FRESH_SECONDS, lives_at=lambda record: _own_ids(record, ids))
    except AlmaNotFound as error:
        if error.is_gone:
            index.forget([portfolio_id])
        raise
    if not answer.kept:
        _see([answer.data], collection_id, service_id)
    return answer


def _see(found: Sequence[dict[str, Any]], collection_id: str, service_id: str) -> None:
    """A portfolio's own word about its place counts more than the address it was read by."""
    homes = [(one, places.home(one) or (collection_id, service_id)) for one in found]
    index.see((one, home) for one, home in homes if home[1] != NOWHERE)


def _own_ids(record: dict[str, Any], asked: dict[str, str]) -> dict[str, str] | None:
    """The ids of a portfolio's own address, where that is another than the one it was asked for by."""
    home = places.home(record)
    if not home or home == (asked["collection_id"], asked["service_id"]):
        return None
    return asked | {"collection_id": home[0], "service_id": home[1]}


# Below, `ids` says which record it is about: one ID for an e-collection, two for a service, three for a portfolio.


def read(ids: Sequence[str]) -> Answer:
    """One whole record."""
    return (collection, service, portfolio)[len(ids) - 1](*ids)


def newest(ids: Sequence[str]) -> dict[str, Any]:
    """One whole record as it is in Alma now: one call. A kept copy does not stand in: its reason is raised."""
    with reading_anew():
        return proven(read(ids)).data


def proven(answer: Answer) -> Answer:
    """The answer, if it is Alma's word of now: for a copy from before the reason is raised."""
    if answer.old:
        raise answer.old
    return answer


@contextmanager
def reading_anew() -> Iterator[None]:
    """Inside the block no kept answer is fresh enough."""
    with calling(replace(current(), read_again=True)):
        yield


def write(
    ids: Sequence[str], record: dict[str, Any], before: dict[str, Any], took: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """PUT the whole record and return Alma's answer. before, took: see Gateway.put."""
    body = dict(record)
    if len(ids) == 2 and code(body.get("delete_removed_portfolios")) == "true":
        body.pop("deactivate_removed_portfolios", None)  # the two conflict (facts 2.3)
    answer = alma().put(RECORDS[len(ids) - 1], _named(ids), body, before=before, took=took)
    _remember(ids, answer)
    return answer


def create(above: Sequence[str], record: dict[str, Any]) -> dict[str, Any]:
    """POST a new record below `above`: () for an e-collection. Sent once (Gateway.post). Returns Alma's answer."""
    answer = alma().post(LISTS[len(above)], _named(above), record)
    _remember([*above, code(answer.get("id"))], answer)
    return answer


def delete(ids: Sequence[str], bib: str = "") -> None:
    """DELETE a record. bib: for a portfolio, what becomes of a bib left bare: retain, suppress or delete."""
    alma().delete(RECORDS[len(ids) - 1], _named(ids), {"bib": bib} if bib else None)


def seen_gone() -> None:
    """A record was seen to be gone: lists and counts that are kept may still have it."""
    alma().moved("electronic")


def bib(mms_id: str) -> Answer:
    """One bib record: "title", "author", … (facts 6.1). Needs a key for the bibs area."""
    return alma().get(BIB, {"mms_id": mms_id}, fresh_for=FRESH_SECONDS)


def bibs(mms_ids: Sequence[str]) -> Answer:
    """Rows "bib" of these titles, at most 100 numbers; those that Alma does not know are left out."""
    params = {"mms_id": ",".join(mms_ids), "view": "brief"}
    return alma().get(BIBS, params=params, fresh_for=FRESH_SECONDS)


def portfolios_of_bib(mms_id: str, limit: int, offset: int) -> Answer:
    """Brief rows "portfolio" of a title, at most 100, wherever they are; never a kept answer."""
    return alma().get(PORTFOLIOS_OF_BIB, {"mms_id": mms_id}, {"limit": limit, "offset": offset})


def _remember(ids: Sequence[str], record: dict[str, Any]) -> None:
    """A written record's name may be another now."""
    match len(ids):
        case 1:
            places.see_collection(record)
        case 2:
            places.see_services([record], ids[0])
        case 3:
            _see([record], ids[0], ids[1])


def _named(ids: Sequence[str]) -> dict[str, str]:
    return dict(zip(ID_NAMES, ids, strict=False))
