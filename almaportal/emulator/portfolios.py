"""The five operations on portfolios of a service."""

import json
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from . import eservices
from .errors import AlmaError
from .fields import PORTFOLIO, brief
from .merge import day, describe, merge
from .messages import Record, Reply, Request, required_body
from .portfolio_records import identity
from .search import page
from .store import Row, Store, as_number

_NOT_FOUND = ("Failed to find the Collection ID.", "Failed to find the Service ID.")

# A new local portfolio before its body is applied.
_NEW: Record = {
    "availability": {"value": "10", "desc": "Not Available"},
    "material_type": {},
    "library": {"value": ""},
    "po_line": {"value": ""},
    "license": {"value": ""},
    "access_type": {},
    "counter_platform": {},
    "public_access_model": {},
    "linking_details": {
        "url": "",
        "url_type": {},
        "url_type_override": {},
        "dynamic_url": "",
        "dynamic_url_override": "",
        "static_url": "",
        "static_url_override": "",
        "parser_parameters": "",
        "parser_parameters_override": "",
        "proxy_enabled": {"value": "false", "desc": "No"},
        "proxy": "",
    },
    "coverage_details": {
        "coverage_in_use": {"value": "0", "desc": "Only local"},
        "global_date_coverage_parameters": [],
        "local_date_coverage_parameters": [],
        "perpetual_date_coverage_parameters": [],
    },
    "authentication_note": "",
    "public_note": "",
    "internal_description": "",
    "notes": [],
    "group_settings": [],
}


def listing(store: Store, request: Request, collection: str, service: str) -> Reply:
    """GET …/portfolios?limit=&offset="""
    parent = eservices.find(store, collection, service, _NOT_FOUND)
    limit, offset = page(request)
    records = [brief("portfolio", store.portfolio(row)) for row in _page(store, parent, limit, offset)]
    record: Record = {}
    if records:
        record["portfolio"] = [describe(PORTFOLIO, row, request.lang) for row in records]
    return Reply(record | {"total_record_count": parent["portfolios"]}, "portfolios")


def _page(store: Store, service: Row, limit: int, offset: int) -> list[Row]:
    """Rows in list order. Until a delete, position and offset are the same and every page equally fast."""
    if service["portfolios"] == service["next_position"]:
        condition = "p.service = ? AND p.position >= ? AND p.position < ? ORDER BY p.position"
        return store.portfolio_rows(condition, service["id"], offset, offset + limit)
    # Skipping happens on the index alone: only the rows of the page are read.
    sql = "SELECT id FROM portfolios WHERE service = ? ORDER BY position LIMIT ? OFFSET ?"
    return store.portfolio_rows(f"p.id IN ({sql}) ORDER BY p.position", service["id"], limit, offset)


def find(store: Store, portfolio: str, code: str = "60123", message: str | None = None) -> Row:
    """The row of a portfolio, found by its own ID alone: the documentation knows no error but 60123."""
    rows = store.portfolio_rows("p.id = ?", as_number(portfolio))
    if not rows:
        raise AlmaError(code, message)
    return rows[0]


def get(store: Store, request: Request, collection: str, service: str, portfolio: str) -> Reply:
    """GET …/portfolios/{portfolio}"""
    return _reply(request, store.portfolio(find(store, portfolio)))


def create(store: Store, request: Request, collection: str, service: str) -> Reply:
    """POST …/portfolios; coverage in the body is dropped without a word, it takes a PUT."""
    parent = eservices.find(store, collection, service, _NOT_FOUND)
    body = {key: value for key, value in required_body(request).items() if value is not None}
    body.pop("coverage_details", None)
    mms, title = _bib(store, body)
    merged = merge(PORTFOLIO, deepcopy(_NEW), body, local=True)
    portfolio = store.new_id("portfolio")
    record = identity(str(portfolio), str(parent["id"]), str(parent["collection"]), mms, title) | merged
    _finish(store, deepcopy(_NEW), record)
    sql = "INSERT INTO portfolios (id, service, position, mms, record) VALUES (?, ?, ?, ?, ?)"
    store.run(sql, portfolio, parent["id"], parent["next_position"], int(mms), json.dumps(record))
    sql = "UPDATE services SET portfolios = portfolios + 1, next_position = next_position + 1 WHERE id = ?"
    store.run(sql, parent["id"])
    store.run("DELETE FROM bibs_left WHERE mms = ? AND action = 'retain'", int(mms))
    return _reply(request, record)


def update(store: Store, request: Request, collection: str, service: str, portfolio: str) -> Reply:
    """PUT …/portfolios/{portfolio}"""
    old = store.portfolio(find(store, portfolio))
    record = merge(PORTFOLIO, old, required_body(request), local=bool(old.get("is_local")))
    _finish(store, old, record)
    store.put_record("portfolio", portfolio, record)
    return _reply(request, record)


def delete(store: Store, request: Request, collection: str, service: str, portfolio: str) -> Reply:
    """DELETE …/portfolios/{portfolio}?bib=retain|suppress|delete"""
    row = find(store, portfolio, "60122", "The Portfolio ID was not found.")
    bib = request.query.get("bib", "retain")
    if bib not in ("retain", "suppress", "delete"):
        raise AlmaError("401666", "bib parameter is not valid.")
    if row["deleted_at"] is not None:
        raise AlmaError("60174")
    if store.options.delete_seconds:
        until = store.now() + store.options.delete_seconds
        store.run("UPDATE portfolios SET deleted_at = ?, bib = ? WHERE id = ?", until, bib, row["id"])
    else:
        store.remove_portfolio(row["id"], bib)
    return Reply()


def _reply(request: Request, record: Record) -> Reply:
    return Reply(describe(PORTFOLIO, record, request.lang), "portfolio")


def _bib(store: Store, body: Record) -> tuple[str, str]:
    """(MMS ID, title) of the bib a new portfolio is for: 60159 when missing, 60172 when unknown."""
    metadata = body.get("resource_metadata")
    value = metadata.get("mms_id") if isinstance(metadata, dict) else None
    mms = str((value.get("value") if isinstance(value, dict) else value) or "")
    if not mms:
        raise AlmaError("60159")
    bib = store.bib(mms)
    if bib is None:
        raise AlmaError("60172", "The title MMS ID is not valid.")
    return mms, bib.title


def _finish(store: Store, old: Record, record: Record) -> None:
    """What no single field can tell: the resulting URL, and dates against availability."""
    linking = record.get("linking_details")
    if isinstance(linking, dict) and linking != old.get("linking_details"):
        static = linking.get("static_url_override") or linking.get("static_url") or ""
        linking["url"] = static.removeprefix("jkey=")
    begin, end = day(record.get("active_from_date")), day(record.get("active_until_date"))
    if begin and end and end < begin:
        raise AlmaError("300465")
    changed = _availability(record) != _availability(old)
    if changed and (begin or end):
        today = datetime.fromtimestamp(store.now(), UTC).date()
        inside = (begin is None or begin <= today) and (end is None or today <= end)
        if inside != (_availability(record) == "11"):
            raise AlmaError("200797")


def _availability(record: Record) -> Any:
    found = record.get("availability")
    return found.get("value") if isinstance(found, dict) else found
