"""The values of a user's fields as POST and PUT take them: checked, and in the shape in which Alma keeps them."""

import re
from datetime import UTC, date, datetime
from typing import Any

from . import codes
from .errors import AlmaError
from .messages import Record
from .people import code_of
from .user_fields import Field, Fields
from .user_parts import coded

_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})[Zz]?")
# What each list is called in the words of 401863 and 401864.
_WORDS = {"id_type": "identifier", "email_type": "email", "phone_type": "phone", "address_type": "address"}
_CLASSES = {
    "user_identifier": "UserIdentifier", "user_role": "UserRole", "user_block": "UserBlock", "user_note": "UserNote",
    "user_statistic": "UserStatistic", "rs_library": "RsLibrary", "library_notice": "LibraryNotice",
    "address": "Address", "email": "Email", "phone": "Phone", "contact_info": "ContactInfo",
}  # fmt: skip


def missing(name: str) -> AlmaError:
    """A mandatory field without a value."""
    return AlmaError("401664", f"Mandatory field is missing: {name}")


def wrong_shape(wanted: str, name: str, value: Any) -> AlmaError:
    """The error of the JSON reader, whose text Alma passes on."""
    token = "START_ARRAY" if isinstance(value, list) else "START_OBJECT" if isinstance(value, dict) else "VALUE_STRING"
    kind = {"START_ARRAY": "Array", "START_OBJECT": "Object", "VALUE_STRING": "String"}[token]
    text = f"Cannot deserialize value of type `{wanted}` from {kind} value (token `JsonToken.{token}`)"
    return AlmaError("60101", f'{text} (through reference chain: com.exlibris.alma.sdk.User["{name}"])')


def list_rows(name: str, value: Any) -> list[Record]:
    """The rows of a list; a list must be flat and of records. Missing and null are empty."""
    wanted = f"com.exlibris.alma.sdk.{_CLASSES[name]}"
    if value is None:
        return []
    if not isinstance(value, list):
        raise wrong_shape(f"java.util.ArrayList<{wanted}>", name, value)
    for row in value:
        if not isinstance(row, dict):
            raise wrong_shape(wanted, name, row)
    return value


def taken(fields: Fields, sent: Record) -> Record:
    """The fields of a body or row, each in its shape; those without a value are empty."""
    return {name: _value(name, field, sent.get(name)) for name, field in fields.items()}


def _value(name: str, field: Field, value: Any) -> Any:
    match field.kind:
        case "any":
            result = value
        case "flag":
            result = value is True or str(value).lower() == "true"
        case "code":
            result = _coded(name, field, _code(name, value))
        case "codes":
            rows = value if isinstance(value, list) else []
            result = [_coded(name, field, code) for row in rows if (code := _code(name, row))]
        case "date":
            result = _day(name, _text(name, value))
        case "moment":
            result = _moment(name, _text(name, value))
        case _:
            result = _text(name, value)
            if len(result) > field.longest:
                raise AlmaError("401860", "Failed to update user.")
    empty = result in ("", None, []) or (isinstance(result, dict) and not code_of(result))
    if field.mandatory and empty:
        raise missing(name)
    return result


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (dict, list)):
        raise wrong_shape("java.lang.String", name, value)
    return str(value).strip()


def _code(name: str, value: Any) -> str:
    """The code of `{"value": …}`, or of a bare value, as XML has it."""
    if isinstance(value, list):
        raise wrong_shape(f"com.exlibris.alma.sdk.{name.title().replace('_', '')}", name, value)
    return _text(name, value.get("value") if isinstance(value, dict) else value)


def _coded(name: str, field: Field, code: str) -> Record:
    if not code:
        return {"value": "", "desc": None}
    if codes.has(field.table, code):
        return coded(field.table, code)
    if field.error == "401864":
        raise AlmaError("401864", f"Given {_WORDS[name]} type ({code}) is invalid.")
    if field.error == "401852":
        raise AlmaError("401852", "Given user group is not legal.")
    if field.error == "401857":
        if code == "INTEXTAUTH":
            text = "The account type 'Internal with external authentication' is currently not supported."
            raise AlmaError("401855", text)
        raise AlmaError("401857", "The given user account type is illegal (must be INTERNAL/EXTERNAL).")
    if field.table == "UserRoleStatus":
        return coded(field.table, "INACTIVE")
    raise AlmaError("40166404", "Invalid field value. Field: [Ljava.lang.Object;@5e2de80c Value: {1}")


def _day(name: str, text: str) -> str:
    if not text:
        return ""
    found = _DAY.fullmatch(text)
    try:
        return f"{date.fromisoformat(found[1] if found else '')}Z"
    except ValueError:
        raise wrong_shape("javax.xml.datatype.XMLGregorianCalendar", name, text) from None


def _moment(name: str, text: str) -> str:
    """A date and time as Alma writes it; a date alone is its midnight."""
    if not text:
        return ""
    found = _DAY.fullmatch(text)
    try:
        at = datetime.fromisoformat(found[1] if found else text)
    except ValueError:
        raise wrong_shape("java.util.Date", name, text) from None
    at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
