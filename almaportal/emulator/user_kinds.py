"""The kinds of seeded people: what each has that nothing-the-matter people have not.

A kind is a name and a function that changes a plain record; None changes nothing. `Emulator.people(kind)` finds them.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from .messages import Record
from .user_parts import block, calendar, coded, identifier, instant, note

Change = Callable[[Record, int, date], None]

_HTML = '<p>Speak <b>slowly</b> &amp; clearly</p><script>document.title = "note"</script>'
_ROLES = ("21", "32", "51", "204", "215", "221")
_SCOPES = ("MAIN", "SCI", "LAW", "MED", "MUS", "ASIA", "STORE")
STAFF_ROLES = 91


def _staff(record: Record, number: int, day: date) -> None:
    """Ninety roles beside that of a patron; desks as parameters, some inactive, some with an expiry date."""
    record["record_type"] = coded("AddNewUserOptions", "STAFF")
    record["user_group"] = coded("UserGroups", "STAFF")
    record["job_category"] = coded("JobTitles", ("CircDesk", "Cataloger")[number % 2])
    roles = record["user_role"]
    while len(roles) < STAFF_ROLES:
        n = len(roles)
        role: Record = {
            "status": coded("UserRoleStatus", "ACTIVE" if n % 9 else "INACTIVE"),
            "scope": {"value": _SCOPES[n % 7], "desc": _SCOPES[n % 7].capitalize()},
            "role_type": coded("HFrUserRoles.roleType", _ROLES[n % 6]),
            "parameter": [],
        }
        if n % 6 == 1:
            desk = {"value": "DEFAULT_CIRC_DESK", "desc": "Main Circulation Desk"}
            role["parameter"] = [{"type": {"value": "CirculationDesk", "desc": None}, "scope": {}, "value": desk}]
        if n % 10 == 3:
            role["expiry_date"] = calendar(day, n - 40)
        roles.append(role)


def _contact(record: Record, number: int, day: date) -> None:
    record["record_type"] = coded("AddNewUserOptions", "CONTACT")
    record |= {"primary_id": f"no primary id ({123_456_000_000 + number})", "user_identifier": [], "user_role": []}
    record["user_group"] = {"value": "", "desc": ""}
    record["contact_info"] = {"email": [{"email_address": f"orders{number}@vendor.example.net", "preferred": True}]}
    record["contact_info"]["email"][0] |= {"email_type": [coded("UserEmailTypes", "queries")]}


def _inactive(record: Record, number: int, day: date) -> None:
    record["status"] = coded("ContentStructureStatus", "INACTIVE")
    record["status_date"] = calendar(day, -20)


def _expires(days: int | None) -> Change:
    def change(record: Record, number: int, day: date) -> None:
        if days is None:
            del record["expiry_date"], record["purge_date"]
        else:
            record["expiry_date"] = calendar(day, days)

    return change


def _blocks(*makers: Callable[[date], Record]) -> Change:
    def change(record: Record, number: int, day: date) -> None:
        record["user_block"] = [make(day) for make in makers]

    return change


def _active(day: date) -> Record:
    made = {"created_by": "demo_desk", "created_date": instant(day, -30), "expiry_date": instant(day, 60, 22)}
    return block("LOST-CARD", "USER", block_note="Card found on the tram? Ask for an identity card.", **made)


def _forever(day: date) -> Record:
    return block("02-GLOBAL", "GENERAL")


def _other_case(day: date) -> Record:
    return block("UNPAID", "CASH", "Active", block_note=None, created_date=instant(day, -3))


def _lifted(day: date) -> Record:
    return block("OVERDUE", "LOAN", "INACTIVE", block_note="Returned everything.", created_by="exl_impl")


def _over(day: date) -> Record:
    return block("CONDUCT", "USER", created_date=instant(day, -200), expiry_date=instant(day, -9), block_note=_HTML)


def _of_loan(day: date) -> Record:
    return block("OVERDUE", "LOAN", "ACTIVE", item_loan_id="1310000001000004711", created_date=instant(day, -1))


def _from_outside(day: date) -> Record:
    return block("ADDRESS", "GENERAL", block_note="Set by the registry.") | {"segment_type": "External"}


def _popup(record: Record, number: int, day: date) -> None:
    record["user_note"] = [
        note("CIRCULATION", "Prefers the reading room.", created_date=instant(day, -90)),
        note("POPUP", "A parcel for this person is at the desk.", popup=True, created_date=instant(day, -2)),
        note("GENERAL", _HTML, popup=True, note_owner="demo_desk"),
        note("ADDRESS", "نقل العنوان", user_viewable=True, created_by=None, created_date=None),
    ]


def _duplicate(record: Record, number: int, day: date) -> None:
    value = record["user_identifier"][0]["value"]
    record["user_identifier"].append(identifier("BARCODE", value, status="INACTIVE"))


def _shared(status: str, partner: int) -> Change:
    """One barcode for two neighbours: given up by the first, in use by the second."""

    def change(record: Record, number: int, day: date) -> None:
        value = f"29{min(number, number + partner):08d}"
        record["user_identifier"].append(identifier("BARCODE", value, status=status))

    return change


def _primary_id(pattern: str) -> Change:
    def change(record: Record, number: int, day: date) -> None:
        record["primary_id"] = pattern.format(number)

    return change


def _slashes(record: Record, number: int, day: date) -> None:
    record["primary_id"] = f"a/b-{number}"
    record["user_identifier"].append(identifier("INST_ID", f"7/{number}"))


_LISTS = ("user_identifier", "user_role", "user_block", "user_note", "user_statistic", "proxy_for_user")


def _missing(record: Record, number: int, day: date) -> None:
    for name in (*_LISTS, "contact_info", "gender", "campus_code", "pref_first_name", "rs_library", "library_notice"):
        del record[name]


def _all(value: Any) -> Change:
    def change(record: Record, number: int, day: date) -> None:
        record |= dict.fromkeys(_LISTS, value) | {"contact_info": {"address": value, "email": value, "phone": value}}
        record |= {"gender": value or {}, "campus_code": {"value": value or "", "desc": ""}}

    return change


def _long(record: Record, number: int, day: date) -> None:
    record["last_name"] = "-".join(["Featherstonehaugh"] * 14)
    record["full_name"] = f"{record['first_name']} {record['last_name']}"
    record["user_note"] = [note("GENERAL", "A long story. " * 130)]
    record["user_block"] = [block("CONDUCT", "GENERAL", "INACTIVE", block_note="x" * 2000)]


def _no_patron(record: Record, number: int, day: date) -> None:
    record["user_role"] = [row | {"status": coded("UserRoleStatus", "INACTIVE")} for row in record["user_role"]]


KINDS: dict[str, Change | None] = {
    "student": None,
    "external": None,  # group, campus and language were set by hand in Alma
    "staff": _staff,
    "contact": _contact,
    "inactive": _inactive,
    "expired": _expires(-8),
    "expiring": _expires(12),
    "no_expiry": _expires(None),
    "blocked": _blocks(_active),
    "blocked_forever": _blocks(_forever),
    "blocked_other_case": _blocks(_other_case),
    "block_lifted": _blocks(_lifted),
    "block_expired": _blocks(_over),
    "blocks": _blocks(_active, _forever, _other_case, _lifted, _over, _of_loan),
    "external_blocks": _blocks(_from_outside, _forever),
    "popup": _popup,
    "duplicate": _duplicate,
    "barcode_given_up": _shared("INACTIVE", 1),
    "barcode_taken_over": _shared("ACTIVE", -1),
    "id_slash": _slashes,
    "id_plus": _primary_id("a+b-{}"),
    "id_at": _primary_id("reader{}@mail.example.org"),
    "id_hash": _primary_id("a#b-{}"),
    "id_question": _primary_id("a?b={}"),
    "id_percent": _primary_id("100%25-{}"),
    "id_blank": _primary_id("two words {}"),
    "id_case": _primary_id("MiXeD-{}"),
    "id_script": _primary_id("читатель-{}"),
    "missing": _missing,
    "null": _all(None),
    "empty": _all([]),
    "script": None,  # a name that is not Latin
    "long": _long,
    "many_loans": None,  # 150
    "no_loans": None,
    "fees": None,  # of every status
    "no_patron": _no_patron,
    "purged": None,  # counted in lists and shown nowhere
}
