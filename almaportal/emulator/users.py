"""The operations on users: find one, list and search, create, update, delete, sign in."""

import re
from urllib.parse import unquote

from . import fees, loans, people, requests, user_rules, user_search
from .errors import AlmaError
from .messages import Record, Reply, Request
from .search import page
from .store import Row, Store
from .user_parts import user_link
from .user_seed import brief_row

_ORDERS = {
    "": "last, first, primary_id",
    "last_name": "last, primary_id",
    "first_name": "first, primary_id",
    "primary_id": "primary_id",
}
# What `view=brief` leaves of a record beside its plain and coded fields.
_BRIEF_LISTS = ("user_identifier", "user_statistic")
_EXPANDED = ("loans", "requests", "fees")


def get(store: Store, request: Request, user_id: str) -> Reply:
    """GET /users/{id}?user_id_type=&view=full|brief&expand=loans,requests,fees"""
    view = request.query.get("view", "full")
    expand = [name for name in request.query.get("expand", "none").split(",") if name not in ("", "none")]
    if view not in ("full", "brief"):
        raise AlmaError("401666", "view parameter is not valid.")
    if not set(expand) <= set(_EXPANDED):
        raise AlmaError("401666", "expand parameter is not valid.")
    row = people.asked(store, request, user_id)
    record = people.record(store, row)
    if view == "brief":
        record = _brief(record)
    return Reply(described(record | _counts(store, row, record, expand), request.lang), "user")


def listing(store: Store, request: Request) -> Reply:
    """GET /users?q=&limit=&offset=&order_by=&expand=full&modify_date_from="""
    limit, offset = page(request)
    query, since = request.query.get("q", ""), request.query.get("modify_date_from", "")
    order, expand = request.query.get("order_by", ""), request.query.get("expand", "none")
    if request.query.get("source_institution_code"):
        raise AlmaError("401651", "Source institution not valid or not part of fulfillment network.")
    for name, wrong in {
        "order_by": order not in _ORDERS,
        "expand": expand not in ("none", "full", ""),
        "modify_date_from": bool(since and (query or not re.fullmatch(r"\d{4}-\d\d-\d\d", since))),
    }.items():
        if wrong:
            raise AlmaError("401666", f"{name} parameter is not valid.")
    sql = _ORDERS[order]
    if query:
        conditions = user_search.parse(query)
        if conditions is None:
            return Reply({"total_record_count": -1}, "users")
        # A search is never sorted by primary ID.
        found = user_search.search(store, conditions, sql.replace("primary_id", "number DESC"))
        total, rows = len(found), [row for row in found if not row["hidden"]][offset : offset + limit]
    else:
        where = "changed >= ?" if since else "? = ''"
        total = store.rows(f"SELECT count(*) AS n FROM people WHERE {where}", since)[0]["n"]
        sql = f"SELECT * FROM people WHERE {where} AND NOT hidden ORDER BY {sql} LIMIT ? OFFSET ?"
        rows = store.rows(sql, since, limit, offset)
    records = [described(people.record(store, row), request.lang) for row in rows]
    if expand == "full":
        records = [record | {"link": brief_row(record)["link"]} for record in records]
    else:
        records = [brief_row(record) for record in records]
    return Reply({"user": records, "total_record_count": total} if records else {"total_record_count": total}, "users")


def create(store: Store, request: Request) -> Reply:
    """POST /users"""
    if request.query.get("source_institution_code"):
        raise AlmaError("401651", "Source institution not valid or not part of fulfillment network.")
    record = user_rules.created(store, request)
    people.add(store, record, str(request.data.get("password") or ""))
    return Reply(described(record, request.lang), "user")


def update(store: Store, request: Request, user_id: str) -> Reply:
    """PUT /users/{id}?user_id_type=&override=: swap-all, with the exceptions of `user_rules`."""
    row = people.asked(store, request, user_id)
    record = user_rules.updated(store, request, row)
    people.put(store, row["number"], record)
    if request.data.get("password"):
        store.run("UPDATE people SET password = ? WHERE number = ?", request.data["password"], row["number"])
    return Reply(described(record, request.lang), "user")


def delete(store: Store, request: Request, user_id: str) -> Reply:
    """DELETE /users/{id}; refused while there are loans or unpaid fees."""
    row = people.asked(store, request, user_id)
    if loans.count(store, row) or fees.balance(store, row):
        kind = request.query.get("user_id_type", "all_unique")
        raise AlmaError("401850", f"Failed to delete user with identifier {user_id} of type {kind}.")
    store.run("DELETE FROM requests WHERE person = ?", row["number"])
    people.remove(store, row["number"])
    return Reply()


def act(store: Store, request: Request, user_id: str) -> Reply:
    """POST /users/{id}?op=auth with the password in the header Exl-User-Pw, or in `password=`; 204 when right."""
    row = people.asked(store, request, user_id)
    operation = request.query.get("op", "auth")
    if operation == "refresh":
        raise AlmaError("60229", "Failed to find linked account for user.")
    if operation != "auth":
        raise AlmaError("401666", "op parameter is not valid.")
    account = people.code_of(people.record(store, row).get("account_type"))
    password = people.PASSWORD if row["password"] is None else row["password"]
    given = unquote(request.user_password) or request.query.get("password", "")
    if account != "INTERNAL" or not given or given != password:
        raise AlmaError("401866", "User authentication failed")
    return Reply()


def _brief(record: Record) -> Record:
    """Core information, e-mails, identifiers and statistics."""
    contact = record.get("contact_info")
    core = {name: value for name, value in record.items() if not isinstance(value, list) or name in _BRIEF_LISTS}
    if isinstance(contact, dict):
        core["contact_info"] = {"email": contact.get("email")}
    return core


def _counts(store: Store, row: Row, record: Record, expand: list[str]) -> Record:
    """The numbers that `expand` asks for: loans, requests, the balance of fees."""
    link = user_link(str(record.get("primary_id") or ""))
    values = {
        "loans": lambda: loans.count(store, row),
        "requests": lambda: requests.count(store, row["number"]),
        "fees": lambda: fees.balance(store, row),
    }
    return {name: {"value": values[name](), "link": f"{link}/{name}"} for name in expand}


def described(record: Record, lang: str) -> Record:
    """The record with the texts of codes in another language of the institution."""
    return user_rules.translated(record, lang) if lang in ("de", "fr") else record
