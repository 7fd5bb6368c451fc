"""The configuration operations: libraries, desks, locations, code tables, proxies; the test of each area."""

from typing import Any

from . import codes
from .errors import AlmaError
from .institution import (
    CIRC_DESKS,
    INSTITUTION,
    INTEGRATION_TYPES,
    LIBRARIES,
    LOCATIONS,
    PROXIES,
    STORAGE_LOCATIONS,
)
from .messages import LINK_BASE, Record, Reply, Request
from .search import fold, page
from .store import Store

DEPARTMENTS: list[Record] = [
    {
        "code": "ACQDeptMAIN",
        "name": "Acquisitions",
        "type": {"value": "ACQ", "desc": "Acquisitions"},
        "library": {"value": "MAIN", "desc": LIBRARIES["MAIN"][0]},
    },
    {
        "code": "BindMAIN",
        "name": "Bindery",
        "type": {"value": "WORK_ORDER", "desc": "Work order"},
        "library": {"value": "MAIN", "desc": LIBRARIES["MAIN"][0]},
    },
]


def general(store: Store, request: Request) -> Reply:
    """GET /conf/general"""
    record = {
        "institution": {"value": INSTITUTION, "desc": "Demo University"},
        "environment_type": "SANDBOX",
    }
    return Reply(record, "general")


def test(store: Store, request: Request) -> Reply:
    """GET and POST …/test of an area: the cheap probe of a key. Only an XML is documented (facts 1)."""
    text = f"GET - OK - institutionCode: {INSTITUTION}" if request.method == "GET" else "POST - OK"
    return Reply({"value": text}, "test", is_xml=True)


def libraries(store: Store, request: Request) -> Reply:
    """GET /conf/libraries"""
    rows = [_library(code) for code in LIBRARIES]
    return Reply({"library": rows, "total_record_count": len(rows)}, "libraries")


def library(store: Store, request: Request, code: str) -> Reply:
    """GET /conf/libraries/{code}"""
    _check_library(code)
    counts = {"number_of_locations": len(_locations(code)), "number_of_circ_desks": len(CIRC_DESKS[code])}
    link = f"{LINK_BASE}/conf/libraries/{code}"
    below = {"number_of_locations": "locations", "number_of_circ_desks": "circ-desks"}
    extra = {name: {"value": n, "link": f"{link}/{below[name]}"} for name, n in counts.items()}
    return Reply(_library(code) | extra, "library")


def circ_desks(store: Store, request: Request, code: str) -> Reply:
    """GET /conf/libraries/{code}/circ-desks/?limit=&offset="""
    _check_library(code)
    return _paged(request, "circ_desk", [_desk(code, *desk) for desk in CIRC_DESKS[code]])


def circ_desk(store: Store, request: Request, code: str, desk: str) -> Reply:
    """GET /conf/libraries/{code}/circ-desks/{desk}"""
    _check_library(code)
    for row in CIRC_DESKS[code]:
        if row[0] == desk:
            return Reply(_desk(code, *row), "circ_desk")
    raise AlmaError("401664")


def locations(store: Store, request: Request, code: str) -> Reply:
    """GET /conf/libraries/{code}/locations"""
    _check_library(code)
    rows = [_location(code, *location) for location in _locations(code)]
    return Reply({"location": rows, "total_record_count": len(rows)}, "locations")


def departments(store: Store, request: Request) -> Reply:
    """GET /conf/departments"""
    return Reply({"department": DEPARTMENTS, "total_record_count": len(DEPARTMENTS)}, "departments")


def code_tables(store: Store, request: Request) -> Reply:
    """GET /conf/code-tables"""
    _check_scope(request)
    rows = [
        {"name": name, "description": _words(name), "link": f"{LINK_BASE}/conf/code-tables/{name}"}
        for name in codes.TABLES
    ]
    return Reply({"code_table": rows, "total_record_count": len(rows)}, "code_tables")


def code_table(store: Store, request: Request, name: str) -> Reply:
    """GET /conf/code-tables/{name}?lang=&scope=; every other row lacks `enabled`, as rows of Alma's can."""
    if name not in codes.TABLES:
        raise AlmaError("40166411")
    scope = _check_scope(request)
    lang = request.lang if request.lang in codes.LANGUAGES else "en"
    rows: list[Record] = []
    for index, row in enumerate(codes.TABLES[name]):
        text = codes.describe(name, row.code, lang)
        rows.append({"code": row.code, "description": text, "default": index == 0})
        if index % 2 == 0:
            rows[-1]["enabled"] = True
    record = {
        "name": name,
        "description": _words(name),
        "language": {"value": lang, "desc": codes.LANGUAGES[lang]},
        "scope": {"institution_id": {"value": INSTITUTION}, "library_id": {"value": scope}},
        "row": rows,
    }
    return Reply(record, "code_table")


def integration_profiles(store: Store, request: Request) -> Reply:
    """GET /conf/integration-profiles?type=PROXY_DEFINITION&q=name~…&limit=&offset="""
    kind = request.query.get("type", "")
    if kind and kind not in INTEGRATION_TYPES:
        raise AlmaError("40166404")
    rows = [_proxy(code) for code in PROXIES] if kind in ("", "PROXY_DEFINITION") else []
    query = request.query.get("q", "")
    if query:
        field, _, words = query.partition("~")
        if field not in ("name", "created_by") or not words:
            raise AlmaError("40166410", "Parameter value invalid.")
        rows = [row for row in rows if fold(words.replace("_", " ")) in fold(str(row.get(field, "")))]
    return _paged(request, "integration_profile", rows)


def integration_profile(store: Store, request: Request, profile: str) -> Reply:
    """GET /conf/integration-profiles/{id}"""
    for code, (number, _, _) in PROXIES.items():
        if number == profile:
            return Reply(_proxy(code), "integration_profile")
    raise AlmaError("60304")


def _paged(request: Request, name: str, rows: list[Record]) -> Reply:
    limit, offset = page(request)
    record: Record = {name: rows[offset : offset + limit]} if rows[offset : offset + limit] else {}
    return Reply(record | {"total_record_count": len(rows)}, f"{name}s")


def _check_library(code: str) -> None:
    if code not in LIBRARIES:
        raise AlmaError("402119")


def _check_scope(request: Request) -> str:
    """The library of `scope=`, "" for the institution."""
    scope = request.query.get("scope") or INSTITUTION
    if scope == INSTITUTION:
        return ""
    if scope not in LIBRARIES:
        raise AlmaError("40166411", "Failed to find scope.")
    return scope


def _library(code: str) -> Record:
    name, campus, description = LIBRARIES[code]
    return {
        "link": f"{LINK_BASE}/conf/libraries/{code}",
        "code": code,
        "id": f"{1100 + list(LIBRARIES).index(code)}0004711",
        "path": f"{INSTITUTION}.{code}",
        "name": name,
        "description": description,
        "resource_sharing": code == "MAIN",
        "campus": {"value": campus, "desc": campus.capitalize() if campus else None},
        "proxy": "PROXY_HOSPITAL" if code == "MED" else "",
        "default_location": {"value": _locations(code)[0][0], "desc": _locations(code)[0][1]},
    }


def _locations(code: str) -> list[tuple[str, str, str]]:
    return STORAGE_LOCATIONS if code == "STORE" else LOCATIONS


def _desk(library_code: str, code: str, name: str, hold_shelf: bool) -> Record:
    return {
        "code": code,
        "name": name,
        "library": {"value": library_code, "desc": LIBRARIES[library_code][0]},
        "primary": code == "DEFAULT_CIRC_DESK",
        "reading_room_desk": False,
        "has_hold_shelf": hold_shelf,
        "link": f"{LINK_BASE}/conf/libraries/{library_code}/circ-desks/{code}",
    }


def _location(library_code: str, code: str, name: str, kind: str) -> Record:
    return {
        "link": f"{LINK_BASE}/conf/libraries/{library_code}/locations/{code}",
        "code": code,
        "name": name,
        "external_name": name,
        "type": {"value": kind, "desc": kind.capitalize()},
        "map": "",
        "remote_storage": "",
        "suppress_from_publishing": "false",
        "fulfillment_unit": {"value": f"{library_code}_REG", "desc": "Regular loan"},
        "accession_placement": {"value": "", "desc": None},
        "call_number_type": {"value": "0", "desc": "Library of Congress classification"},
    }


def _proxy(code: str) -> Record:
    number, name, address = PROXIES[code]
    parameters: list[dict[str, Any]] = [
        {"name": {"value": "proxy_url", "desc": "Proxy URL"}, "value": address},
        {"name": {"value": "proxy_type", "desc": "Proxy type"}, "value": "EZproxy"},
    ]
    return {
        "id": number,
        "code": code,
        "name": name,
        "description": "",
        "type": {"value": "PROXY_DEFINITION", "desc": "Resolver proxy"},
        "system": {"value": "OTHER", "desc": "Other"},
        "default": "true" if code == "PROXY_MAIN" else "false",
        "created_by": "demo",
        "parameter": parameters,
        "link": f"{LINK_BASE}/conf/integration-profiles/{number}",
    }


def _words(name: str) -> str:
    """ElectronicBaseStatus → "Electronic Base Status"."""
    return "".join(f" {letter}" if letter.isupper() else letter for letter in name).strip()
