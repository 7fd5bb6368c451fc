"""What a POST or PUT makes of a user: swap-all, with Alma's exceptions and refusals.

Sources: the vendor's OpenAPI texts and schema; which input causes which code is in part the emulator's reading.
"""

from typing import Any

from . import codes, people, user_codes
from .errors import AlmaError
from .loans import moment
from .messages import Record, Request
from .people import code_of, rows_of
from .store import Row, Store
from .user_fields import CONTACT_LISTS, LISTS, OVERRIDABLE, SEGMENTED, USER, Fields
from .user_parts import coded
from .user_values import list_rows, missing, taken, wrong_shape

_OUTPUT: Record = {"password": "", "requests": None, "loans": None, "fees": None, "proxy_for_user": [], "link": None}
_API_USER = "exl_api"
_DATES = ("birth_date", "expiry_date", "purge_date")


def created(store: Store, request: Request) -> Record:
    """The record of a new user."""
    body = _body(request)
    # The documented order of refusals: what is missing first, then what is wrong.
    for name, field in USER.items():
        if field.mandatory and not (code_of(body.get(name)) or str(body.get(name) or "")):
            raise missing(name)
    record = _taken(store, {}, body)
    account, external_id = code_of(record["account_type"]), record["external_id"]
    if account == "INTERNAL" and external_id:
        raise AlmaError("401853", "External Id must be empty for internal user.")
    if account == "EXTERNAL" and not external_id:
        raise AlmaError("401854", "External Id must be given for external user.")
    _check_password(record, body)
    _check_unique(store, record, -1)
    if not record["user_role"]:
        record["user_role"] = [_patron_role()]
    record = {name: value for name, value in record.items() if value != "" or name not in _DATES}
    return record | _OUTPUT | {"status_date": moment(store)[:10] + "Z"}


def updated(store: Store, request: Request, row: Row) -> Record:
    """The record of a user after a PUT."""
    old, body = people.record(store, row), _body(request)
    override = [name for name in request.query.get("override", "").split(",") if name]
    if not set(override) <= set(OVERRIDABLE):
        raise AlmaError("401666", "override parameter is not valid.")
    new = _taken(store, old, body)
    before, after = code_of(old.get("account_type")), code_of(new["account_type"])
    if (before, after) == ("EXTERNAL", "INTERNAL"):
        raise AlmaError("401859", "Action currently not supported.")
    if after == "EXTERNAL" and not new["external_id"]:
        raise AlmaError("401854", "External Id must be given for external user.")
    if before == "EXTERNAL" and new["external_id"] != old.get("external_id"):
        text = "The external id in DB does not fit the given value in xml - external id cannot be updated."
        raise AlmaError("401858", text)
    if after == "EXTERNAL":
        _keep_manual(new, old, people.manual_fields(row), {OVERRIDABLE[name] for name in override})
    _check_password(new, body)
    _check_unique(store, new, row["number"])
    if not new["user_role"]:
        new["user_role"] = old.get("user_role")
    if code_of(new["status"]) != code_of(old.get("status")):
        new["status_date"] = moment(store)[:10] + "Z"
    result = _in_old_shape(old, new)
    for name in _DATES:
        if not result.get(name):
            result.pop(name, None)
    return result


def translated(record: Record, lang: str) -> Record:
    """The record with the texts of its codes in another language."""
    contact = record.get("contact_info")
    result = _translated(USER, record, lang)
    for name, fields in LISTS.items():
        if isinstance(record.get(name), list):
            result[name] = [_translated(fields, row, lang) for row in record[name]]
    if isinstance(contact, dict):
        result["contact_info"] = {
            name: [_translated(CONTACT_LISTS[name], row, lang) for row in rows] if isinstance(rows, list) else rows
            for name, rows in contact.items()
        }
    return result


def _translated(fields: Fields, record: Any, lang: str) -> Any:
    if not isinstance(record, dict):
        return record
    result = dict(record)
    for name, field in fields.items():
        value = record.get(name)
        if field.kind == "code" and isinstance(value, dict) and value.get("desc"):
            result[name] = value | {"desc": codes.describe(field.table, code_of(value), lang) or value["desc"]}
    return result


def _body(request: Request) -> Record:
    if not request.body.strip():
        raise AlmaError("401676", "No valid XML was given.")
    return request.data


def _taken(store: Store, old: Record, body: Record) -> Record:
    """All fields that a body sets; what it does not name is emptied."""
    new = taken(USER, body)
    new["full_name"] = " ".join(filter(None, (new["first_name"], new["middle_name"], new["last_name"])))
    external = code_of(new["account_type"]) == "EXTERNAL"
    for name, fields in LISTS.items():
        new[name] = _list(store, name, fields, old.get(name), body.get(name), external)
    contact, kept = body.get("contact_info"), old.get("contact_info")
    if contact is not None and not isinstance(contact, dict):
        raise wrong_shape("com.exlibris.alma.sdk.ContactInfo", "contact_info", contact)
    kept = kept if isinstance(kept, dict) else {}
    new["contact_info"] = {
        name: _list(store, name, fields, kept.get(name), (contact or {}).get(name), external)
        for name, fields in CONTACT_LISTS.items()
    }
    _check_contact_types(new)
    new["contact_info"] = _in_old_shape(kept, new["contact_info"])
    return new


def _in_old_shape(old: Record, new: Record) -> Record:
    """The new values, but of what did not change the one that stood there: null, "", {} or nothing at all."""
    result = dict(old)
    for name, value in new.items():
        before = old.get(name)
        both_empty = not _filled(before) and not _filled(value)
        if not both_empty and not (isinstance(value, dict) and code_of(value) and code_of(before) == code_of(value)):
            result[name] = value
    return result


def _filled(value: Any) -> bool:
    if isinstance(value, dict) and value.keys() <= {"value", "desc"}:
        return bool(code_of(value))
    return isinstance(value, bool) or bool(value)


def _list(store: Store, name: str, fields: Fields, old: Any, sent: Any, external: bool) -> list[Record]:
    """A list after the swap. Rows that did not change stay as they stand, all others get their shape."""
    before, rows = rows_of(old), []
    for row in list_rows(name, sent):
        new = taken(fields, row)
        if name in SEGMENTED:
            asked = row.get("segment_type")
            new["segment_type"] = (
                (asked if asked in ("Internal", "External") else "External") if external else "Internal"
            )
        _complete(store, name, new)
        rows.append(row if row in before and row.get("segment_type") == new.get("segment_type") else new)
    if not external or not rows or name not in SEGMENTED:
        return rows
    segments = {row["segment_type"] for row in rows}
    return rows + [row for row in before if row.get("segment_type") not in segments]


def _complete(store: Store, name: str, row: Record) -> None:
    """Defaults of a new row."""
    if name in ("user_block", "user_note"):
        row["created_by"] = row["created_by"] or _API_USER
        row["created_date"] = row["created_date"] or moment(store)
    if name == "user_block":
        status = row["block_status"].upper() or "ACTIVE"
        if status not in ("ACTIVE", "INACTIVE"):
            raise AlmaError("40166404", "Invalid field value. Field: [Ljava.lang.Object;@5e2de80c Value: {1}")
        row["block_status"] = status
        if not code_of(row["block_type"]):
            row["block_type"] = coded("UserBlockTypes", "GENERAL")
        for optional in ("expiry_date", "item_loan_id"):
            if not row[optional]:
                del row[optional]
    elif name == "user_identifier":
        row["status"] = row["status"].upper() or "ACTIVE"
    elif name == "user_role" and not code_of(row["status"]):
        row["status"] = coded("UserRoleStatus", "ACTIVE")


def _keep_manual(new: Record, old: Record, manual: set[str], override: set[str]) -> None:
    """An external user's fields that were set by hand, or are empty in the body, stay: without a word."""
    for field in OVERRIDABLE.values():
        value = new.get(field)
        empty = not (code_of(value) if isinstance(value, dict) else value)
        if field not in override and (field in manual or empty):
            new[field] = old.get(field)


def _check_password(record: Record, body: Record) -> None:
    password = body.get("password")
    if code_of(record["account_type"]) != "INTERNAL" or not password:
        return
    if len(str(password)) < 8 or record["primary_id"].casefold() in str(password).casefold():
        text = "New password must be at least 8 characters long and must not include the user-name"
        raise AlmaError("500038", f"{text} or any commonly used password.")


def _check_unique(store: Store, record: Record, number: int) -> None:
    """No value twice in one person, whatever its type and status; no active one at two."""
    seen: set[str] = set()
    for row in record["user_identifier"]:
        kind, value = code_of(row["id_type"]), str(row["value"]).lower()
        if value in seen or (row["status"] == "ACTIVE" and _taken_by_other(store, value, kind, number)):
            raise AlmaError("401851", f"User with identifier of type {kind} already exists.")
        seen.add(value)
    if _taken_by_other(store, record["primary_id"], "", number):
        raise AlmaError("401851", f"User with identifier of type {people.PRIMARY} already exists.")


def _taken_by_other(store: Store, value: str, kind: str, number: int) -> bool:
    if kind in people.SHARED_TYPES:
        return False
    row = people.find(store, value)
    return row is not None and row["number"] != number


def _check_contact_types(record: Record) -> None:
    """Some types of e-mail, phone and address are for contacts only, most are not for them."""
    record_type = code_of(record["record_type"])
    for name in CONTACT_LISTS:
        for row in record["contact_info"][name]:
            for kind in (code_of(one) for one in row.get(f"{name}_type") or []):
                allowed = user_codes.CONTACT_TYPES[name]
                fits = kind in allowed if record_type == "CONTACT" else kind not in user_codes.ONLY_CONTACTS
                if not fits:
                    text = f"Given {name} type ({kind}) is not supported for given user record type ({record_type})."
                    raise AlmaError("401863", text)


def _patron_role() -> Record:
    return {
        "status": coded("UserRoleStatus", "ACTIVE"),
        "scope": {"value": "01DEMO_INST", "desc": "Demo University"},
        "role_type": coded("HFrUserRoles.roleType", "200"),
        "parameter": [],
    }
