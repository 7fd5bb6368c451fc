"""The five operations on e-services."""

import json
from copy import deepcopy

from . import ecollections
from .errors import AlmaError
from .fields import SERVICE, brief
from .merge import day, describe, merge
from .messages import LINK_BASE, Record, Reply, Request, required_body
from .store import Row, Store, as_number

# A new local service before its body is applied.
_NEW: Record = {
    "is_local": True,
    "type": {},
    "public_description": "",
    "public_description_override": "",
    "internal_description": "",
    "activation_status": {"value": "10", "desc": "Not Available"},
    "activate_new_portfolios": False,
    "delete_removed_portfolios": False,
    "deactivate_removed_portfolios": False,
    "service_temporarily_unavailable": {"value": "0", "desc": "No"},
    "service_unavailable_reason": "",
    "parser": "",
    "parser_override": "",
    "parser_parameters": "",
    "parser_parameters_override": "",
    "link_resolver_plugin": {},
    "url_type": {},
    "url_type_override": {},
    "dynamic_url": "",
    "dynamic_url_override": "",
    "free": {},
    "crossref_supported": {},
    "crossref_enabled": {},
    "proxy_enabled": {"value": "false", "desc": "No"},
    "proxy": "",
    "linking_level": {},
    "authentication_note": "",
    "public_note": "",
    "notes": [],
    "group_settings": [],
}
_RANGES = (
    ("active_from_date", "active_until_date"),
    ("service_unavailable_date", "service_unavailable_until_date"),
)


def find(store: Store, collection: str, service: str, messages: tuple[str | None, str | None] = (None, None)) -> Row:
    """The row of a service of the collection: 60121 or 60122 with the operation's own `messages`."""
    parent = ecollections.find(store, collection, messages[0])
    sql = "SELECT * FROM services WHERE id = ? AND collection = ?"
    row = store.row(sql, as_number(service), parent["id"])
    if row is None:
        raise AlmaError("60122", messages[1])
    return row


def listing(store: Store, request: Request, collection: str) -> Reply:
    """GET …/e-services: all, no paging. For every third collection the count is missing, as Alma's can be."""
    parent = ecollections.find(store, collection)
    rows = store.rows("SELECT * FROM services WHERE collection = ? ORDER BY id", parent["id"])
    records = [brief("service", store.counted("service", row)) for row in rows]
    record: Record = {}
    if records:
        record["electronic_service"] = [describe(SERVICE, row, request.lang) for row in records]
    if parent["position"] % 3:
        record["total_record_count"] = len(records)
    return Reply(record, "electronic_services")


def get(store: Store, request: Request, collection: str, service: str) -> Reply:
    """GET …/e-services/{service}"""
    return _reply(request, store.counted("service", find(store, collection, service)))


def create(store: Store, request: Request, collection: str) -> Reply:
    """POST …/e-services; a collection has one service, a second is refused with 60149."""
    parent = ecollections.find(store, collection, "The Collection ID is not valid.")
    body = {key: value for key, value in _consistent(required_body(request)).items() if value is not None}
    record = merge(SERVICE, deepcopy(_NEW), {"type": "", **body}, local=True)
    _check(record)
    if store.row("SELECT 1 FROM services WHERE collection = ?", parent["id"]):
        raise AlmaError("60149")
    service = str(store.new_id("service"))
    link = f"{LINK_BASE}/electronic/e-collections/{parent['id']}/e-services/{service}"
    record |= {"id": service, "portfolios": {"value": 0, "link": f"{link}/portfolios"}, "link": link}
    sql = "INSERT INTO services (id, collection, local, record) VALUES (?, ?, 1, ?)"
    store.run(sql, int(service), parent["id"], json.dumps(record))
    return _reply(request, record)


def update(store: Store, request: Request, collection: str, service: str) -> Reply:
    """PUT …/e-services/{service}; the type cannot be changed."""
    old = store.counted("service", find(store, collection, service))
    record = merge(SERVICE, old, _consistent(required_body(request)), local=bool(old.get("is_local")))
    if record.get("type") != old.get("type"):
        raise AlmaError("60153")
    _check(record)
    store.put_record("service", service, record)
    return _reply(request, record)


def delete(store: Store, request: Request, collection: str, service: str) -> Reply:
    """DELETE …/e-services/{service}; refused while it has portfolios or is being deleted."""
    row = find(store, collection, service)
    if row["deleted_at"] is not None:
        raise AlmaError("60157")
    if row["portfolios"]:
        raise AlmaError("60289", "The delete is blocked portfolio attached.")
    if store.options.delete_seconds:
        until = store.now() + store.options.delete_seconds
        store.run("UPDATE services SET deleted_at = ? WHERE id = ?", until, row["id"])
    else:
        store.run("DELETE FROM services WHERE id = ?", row["id"])
    return Reply()


def _reply(request: Request, record: Record) -> Reply:
    return Reply(describe(SERVICE, record, request.lang), "electronic_service")


def _consistent(body: Record) -> Record:
    """The body without `deactivate_removed_portfolios` when it also says to delete them: the two conflict."""
    if body.get("delete_removed_portfolios") in (True, "true"):
        return {key: value for key, value in body.items() if key != "deactivate_removed_portfolios"}
    return body


def _check(record: Record) -> None:
    """A range of dates must not end before it begins."""
    for first, last in _RANGES:
        begin, end = day(record.get(first)), day(record.get(last))
        if begin and end and end < begin:
            raise AlmaError("60142", "The service date is not valid.")
