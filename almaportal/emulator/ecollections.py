"""The five operations on e-collections."""

import json
from copy import deepcopy

from . import search
from .errors import AlmaError
from .fields import COLLECTION, brief
from .institution import INTERFACES
from .merge import describe, merge
from .messages import LINK_BASE, Record, Reply, Request, required_body
from .store import Row, Store, as_number

# A new local collection before its body is applied. Its name is null: an empty one must count as a change.
_NEW: Record = {
    "is_local": True,
    "public_name": None,
    "public_name_override": "",
    "description": "",
    "internal_description": "",
    "library": {"value": ""},
    "type": {},
    "interface": {},
    "process_type": {},
    "access_type": {},
    "free": {},
    "proxy_enabled": {"value": "false", "desc": "No"},
    "proxy": "",
    "language": {},
    "category": "",
    "source": "",
    "creator": "",
    "po_line": {"value": ""},
    "license": {"value": ""},
    "url": "",
    "url_override": "",
    "authentication_note": "",
    "public_note": "",
    "resource_metadata": {},
    "notes": [],
    "group_settings": [],
}


def find(store: Store, collection: str, message: str | None = None) -> Row:
    """The row of a collection, or 60121 (whose text differs between the operations)."""
    row = store.row("SELECT * FROM collections WHERE id = ?", as_number(collection))
    if row is None:
        raise AlmaError("60121", message)
    return row


def listing(store: Store, request: Request) -> Reply:
    """GET /electronic/e-collections?q=&limit=&offset="""
    limit, offset = search.page(request)
    query = request.query.get("q", "")
    if query:
        conditions = search.parse(query)
        rows = store.rows("SELECT * FROM collections ORDER BY position")
        found = [row for row in rows if search.matches(json.loads(row["record"]), conditions)]
        total, rows = len(found), found[offset : offset + limit]
    else:
        total = store.rows("SELECT count(*) AS n FROM collections")[0]["n"]
        sql = "SELECT * FROM collections ORDER BY position LIMIT ? OFFSET ?"
        rows = store.rows(sql, limit, offset)
    records = [store.counted("collection", row) for row in rows]
    briefs = [describe(COLLECTION, brief("collection", record), request.lang) for record in records]
    record = {"electronic_collection": briefs} if briefs else {}
    return Reply(record | {"total_record_count": total}, "electronic_collections")


def get(store: Store, request: Request, collection: str) -> Reply:
    """GET /electronic/e-collections/{collection}"""
    row = find(store, collection, "The collection ID is not valid.")
    return _reply(request, store.counted("collection", row))


def create(store: Store, request: Request) -> Reply:
    """POST /electronic/e-collections"""
    record = merge(COLLECTION, deepcopy(_NEW), _with_required(required_body(request)), local=True)
    collection = str(store.new_id("collection"))
    link = f"{LINK_BASE}/electronic/e-collections/{collection}"
    record |= {"id": collection, "portfolios": {"value": 0, "link": f"{link}/portfolios"}, "link": link}
    _check(store, {}, record)
    position = store.rows("SELECT coalesce(max(position), -1) + 1 AS n FROM collections")[0]["n"]
    store.run("INSERT INTO collections VALUES (?, ?, ?)", int(collection), position, json.dumps(record))
    return _reply(request, record)


def update(store: Store, request: Request, collection: str) -> Reply:
    """PUT /electronic/e-collections/{collection}; a new library becomes that of all portfolios below."""
    old = store.counted("collection", find(store, collection))
    record = merge(COLLECTION, old, required_body(request), local=bool(old.get("is_local")))
    _check(store, old, record)
    store.put_record("collection", collection, record)
    if _code(record, "library") != _code(old, "library"):
        _set_library(store, collection, record["library"])
    return _reply(request, record)


def delete(store: Store, request: Request, collection: str) -> Reply:
    """DELETE /electronic/e-collections/{collection}; refused while it has a service."""
    row = find(store, collection)
    if store.row("SELECT 1 FROM services WHERE collection = ?", row["id"]):
        raise AlmaError("60289", "The delete is blocked e-service attached.")
    store.run("DELETE FROM collections WHERE id = ?", row["id"])
    return Reply()


def _reply(request: Request, record: Record) -> Reply:
    return Reply(describe(COLLECTION, record, request.lang), "electronic_collection")


def _with_required(body: Record) -> Record:
    """The body with an empty value for a required key that is missing, so that its own error refuses it."""
    return {"public_name": "", "type": "", **{key: value for key, value in body.items() if value is not None}}


def _code(record: Record, name: str) -> str:
    value = record.get(name)
    return str((value.get("value") if isinstance(value, dict) else value) or "")


def _check(store: Store, old: Record, record: Record) -> None:
    """What no single field can tell: linking parameters, the bib, the vendor of the interface."""
    linking = record.get("linking_parameters")
    if linking and linking != old.get("linking_parameters") and _code(record, "type") != "1":
        raise AlmaError("60359")
    if record.get("interface") != old.get("interface"):
        _set_vendor(record["interface"])
    metadata = record.get("resource_metadata") or {}
    mms = _code(metadata, "mms_id")
    if mms != _code(old.get("resource_metadata") or {}, "mms_id"):
        bib = store.bib(mms)
        if bib is None:
            raise AlmaError("60143")
        metadata |= {"title": bib.title, "author": bib.author}


def _set_vendor(interface: Record) -> None:
    """The vendor follows from the interface."""
    name = interface.get("name") or ""
    interface["vendor"] = None
    if name:
        vendor, _ = INTERFACES[name]
        interface["vendor"] = {"value": vendor, "link": f"{LINK_BASE}/acq/vendors/{vendor}"}


def _set_library(store: Store, collection: str, library: Record) -> None:
    sql = "UPDATE services SET library = ? WHERE collection = ?"
    store.run(sql, library.get("value") or "", as_number(collection))
    for row in store.portfolio_rows("s.collection = ? AND p.record IS NOT NULL", as_number(collection)):
        record = store.portfolio(row) | {"library": library}
        store.run("UPDATE portfolios SET record = ? WHERE id = ?", json.dumps(record), row["id"])
