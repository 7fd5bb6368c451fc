"""The record of a seeded portfolio, made from its row by arithmetic, and parts that every portfolio has."""

from typing import Any

from . import bibs
from .messages import LINK_BASE, Record

_NOTES = (
    "",
    "",
    "",
    "Campus network only.",
    "Volltext ab Band 12; ältere Jahrgänge auf Anfrage.",
    '<p>See the <a href="https://help.example.org/?a=1&b=2">guide</a></p><script>alert("note")</script>',
    "اتصل بأمين المكتبة",
)


def identity(portfolio: str, service: str, collection: str, mms: str, title: str) -> Record:
    """The keys that say what a portfolio is and where it belongs; its link is below its bib, as Alma's is."""
    parent = f"{LINK_BASE}/electronic/e-collections/{collection}"
    return {
        "id": portfolio,
        "is_local": True,
        "is_standalone": False,
        "resource_metadata": {"mms_id": {"value": mms, "link": f"{LINK_BASE}/bibs/{mms}"}, "title": title},
        "electronic_collection": {
            "id": {"value": collection, "link": parent},
            "service": {"value": service, "link": f"{parent}/e-services/{service}"},
        },
        "link": f"{LINK_BASE}/bibs/{mms}/portfolios/{portfolio}",
    }


def seeded_record(row: Any, seed: int) -> Record:
    """The full record of a portfolio that no PUT has touched: a row of `Store.portfolio_rows`."""
    n, mms = row["position"], str(row["mms"])
    number = bibs.number_of(mms)
    record = identity(str(row["id"]), str(row["service"]), str(row["collection"]), mms, bibs.title(number, seed))
    record["is_local"] = bool(row["local"])
    record["resource_metadata"] |= {"author": bibs.author(number), **bibs.identifier(number)}
    record["availability"] = (
        {"value": "10", "desc": "Not Available"} if n % 23 == 5 else {"value": "11", "desc": "Available"}
    )
    record["material_type"] = (
        {"value": "BOOK", "desc": "Book"},
        {"value": "JOURNAL", "desc": "Journal"},
        {},
    )[n % 5 % 3]
    record["library"] = _library(row, n)
    record["po_line"] = _po_line(n)
    record["license"] = _license(n)
    record["linking_details"] = _linking(n, number, bool(row["local"]))
    record["coverage_details"] = _coverage(n)
    record |= _odd_keys(n)
    record["authentication_note"] = ""
    record["public_note"] = _NOTES[n % 7] if n % 3 == 0 else ""
    return record


def _library(row: Any, n: int) -> Any:
    """A collection's library, once set, is that of all its portfolios; before, empty in several shapes."""
    code = row["library"] if row["library"] is not None else ("SCI" if n % 17 == 3 else "")
    if code:
        return {"value": code, "link": f"{LINK_BASE}/conf/libraries/{code}"}
    return ({"value": "", "link": None}, {"value": ""}, None, {})[n % 4]


def _po_line(n: int) -> Any:
    if n % 11 == 2:
        code = f"POL-{1001 + n % 240}"
        return {"value": code, "link": f"{LINK_BASE}/acq/po-lines/{code}"}
    return {"value": "", "link": None} if n % 2 else {"value": ""}


def _license(n: int) -> Any:
    if n % 13 == 4:
        code = f"LIC-{1 + n % 40:03d}"
        return {"value": code, "link": f"{LINK_BASE}/acq/licenses/{code}"}
    return {"value": ""}


def is_old(n: int) -> bool:
    """Three portfolios of 43 point at the old host: 3,900 of 55,900."""
    return n * 7 % 43 < 3


def _linking(n: int, number: int, local: bool) -> Record:
    """Old captures have every key, if empty, new ones `{}` and missing keys; about 7% use the old host."""
    host = "content.example.net" if n % 2 else "titles.example.org"
    own = f"https://{host}/{number}"
    old = f"https://old.example.org/view?id={number}&src=alma"
    static, override = (old, "") if is_old(n) and local else (own, old if is_old(n) else "")
    details: Record = {
        "url": override or static,
        "url_type": {"value": "static", "desc": None} if n % 3 else {"value": "static", "desc": "Static URL"},
        "url_type_override": {"value": "static", "desc": "Static URL"} if override else {},
        "dynamic_url": "",
        "static_url": f"jkey={static}",
        "static_url_override": f"jkey={override}" if override else "",
        "parser_parameters": "bkey=" if n % 29 == 1 else "",
        "parser_parameters_override": "",
        "proxy_enabled": {"value": "false", "desc": "No"},
        "proxy": "",
    }
    if n % 2:
        details["dynamic_url_override"] = ""
    return details


def _coverage(n: int) -> Record:
    """Coverage in every shape seen: none, global, local, both, months and days coded or plain, embargoes."""
    coded = n % 2 == 0
    first = _span(1950 + n % 60, None, coded)
    second = _span(1990 + n % 20, 2001 + n % 20, coded)
    shapes: tuple[Record, ...] = (
        {"coverage_in_use": {"value": "0", "desc": "Only local"}, "local": [], "global": []},
        {"coverage_in_use": {"value": "1", "desc": "Only global"}, "local": [], "global": [first]},
        {"coverage_in_use": {"value": "0", "desc": "Only local"}, "local": [first, second], "global": []},
        {"coverage_in_use": {"value": "2", "desc": "Global or local"}, "local": [second], "global": [first]},
        {"coverage_in_use": {"value": "3", "desc": "Global and local"}, "local": [second], "global": [first]},
        {"coverage_in_use": {"value": "0", "desc": None}, "local": [], "global": []},
    )
    shape = shapes[n % 6]
    details: Record = {
        "coverage_in_use": shape["coverage_in_use"],
        "global_date_coverage_parameters": shape["global"],
        "local_date_coverage_parameters": shape["local"],
    }
    if n % 2:
        details["perpetual_date_coverage_parameters"] = []
    if n % 10 == 3:
        details["local_embargo_information"] = {
            "embargo_operator": {"value": ">", "desc": "More than"},
            "number_of_years": "1",
            "number_of_months": "6",
        }
    elif n % 10 == 4:
        details |= {"global_embargo_information": None, "local_embargo_information": None}
    return details


def _span(start: int, end: int | None, coded: bool) -> Record:
    """A coverage row; years are strings, month and day objects in some captures and plain in others."""
    row: Record = {"from_year": str(start), "from_volume": str(1 + start % 40), "from_issue": "1"}
    if end is None:
        return row
    january, last = ("1", "31") if not coded else ({"value": "1", "desc": "January"}, {"value": "31", "desc": "31"})
    december = {"value": "12", "desc": "December"} if coded else "12"
    row |= {"from_month": january, "until_year": str(end), "until_month": december, "until_day": last}
    return row


def _odd_keys(n: int) -> Record:
    """Keys that some records have and others do not, as the captures do."""
    keys: Record = {}
    if n % 2:
        keys |= {"access_type": {}, "counter_platform": {"value": ""}, "public_access_model": {"value": ""}}
        keys |= {"internal_description": "", "pda": None}
    if n % 3 == 1:
        keys["activation_date"] = f"{2015 + n % 10}-08-10{'z' if n % 12 == 1 else 'Z'}"
    if n % 31 == 7:
        keys["notes"] = [{"content": _NOTES[5], "creation_date": "2023-01-31Z", "created_by": "demo", "type": ""}]
    if n % 37 == 1:
        keys["group_settings"] = []
    return keys
