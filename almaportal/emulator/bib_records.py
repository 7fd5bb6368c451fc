"""The record of a bib, made from its number by arithmetic: the keys of recorded answers, and its MARCXML."""

from typing import Any, NamedTuple

from defusedxml.ElementTree import fromstring

from .bibs import Bib, number_of
from .holdings import Holding
from .institution import INSTITUTION, INTERFACES, LIBRARIES, LOCATION_NAMES
from .messages import LINK_BASE, Record
from .xml_format import escaped

_PLACES = ("Harbourton", "Köln", "Łódź", "東京", "Ναύπλιο", "São Vicente")
_XML_HEAD = '<?xml version="1.0" encoding="UTF-16"?>'


class Field(NamedTuple):
    """A MARC data field: its subfields as (code, text), those without text left out."""

    tag: str
    indicators: str
    subfields: list[tuple[str, Any]]


def full_record(bib: Bib, availability: list[Field]) -> Record:
    """The record with every inventory field given; flags are texts, as Alma's are. Some keys come and go."""
    n = number_of(bib.mms_id)
    nz = f"99{n:08d}0004700" if n % 3 == 0 else None
    record: Record = {
        "mms_id": bib.mms_id,
        "record_format": "marc21",
        "linked_record_id": None if n % 3 == 2 else {"value": nz, "type": "NZ" if nz else None},
        "title": bib.title,
        "author": bib.author or None,
        "issn": bib.identifier.get("issn"),
        "isbn": bib.identifier.get("isbn"),
        "complete_edition": "",
        "network_number": [f"(DEMO)cat{n}"] + ([f"(EXLNZ-01DEMO_NETWORK){nz}"] if nz else []),
        "publisher_const": _publisher(n),
        "holdings": {"value": None, "link": f"{LINK_BASE}/bibs/{bib.mms_id}/holdings"},
        "created_by": "import",
        "created_date": f"{2005 + n % 10}-0{1 + n % 9}-1{n % 7}Z",
        "suppress_from_publishing": str(bib.suppressed).lower(),
        "originating_system": INSTITUTION if n % 2 else "ILS",
        "originating_system_id": bib.mms_id if n % 2 else f"cat{n}",
        "cataloging_level": {"value": "00", "desc": "Default Level"},
        "brief_level": {},
        "requests": None,
        "link": f"{LINK_BASE}/bibs/{bib.mms_id}" if n % 2 else None,
    }
    if n % 4:
        record |= {"place_of_publication": _place(n), "date_of_publication": str(_year(n))}
        record |= {"suppress_from_external_search": "false", "sync_with_oclc": "BIBS"}
        record["sync_with_libraries_australia"] = "NONE"
    if n % 5 < 3:
        record |= {"last_modified_by": "demo_cataloguer", "last_modified_date": f"202{n % 5}-02-28Z"}
    if bib.marc:
        return _kept(record, bib, availability)
    record["anies"] = [_marc(record, availability)]
    return record


def _kept(record: Record, bib: Bib, availability: list[Field]) -> Record:
    """The record of a bib that somebody sent."""
    record |= {"created_by": "exl_api", "created_date": bib.created} if bib.created else {}
    record |= {"network_number": network_numbers(bib), "publisher_const": None}
    for name in ("place_of_publication", "date_of_publication"):
        record.pop(name, None)
    return record | {"anies": [f"{_XML_HEAD}<record>{bib.marc}{''.join(map(_data_field, availability))}</record>"]}


def network_numbers(bib: Bib) -> list[str]:
    """The 035 a of a bib that somebody sent."""
    fields = fromstring(f"<record>{bib.marc}</record>").iterfind("datafield[@tag='035']/subfield[@code='a']")
    return [str(one.text) for one in fields if one.text]


def physical_field(mms_id: str, one: Holding, total: int, unavailable: int) -> Field:
    """The AVA field of a holding: how many items it has, and how many of them are not there."""
    state = "check_holdings" if not total else "available" if unavailable < total else "unavailable"
    subfields = [
        ("0", mms_id),
        ("8", one.holding_id),
        ("a", INSTITUTION),
        ("b", one.library),
        ("c", LOCATION_NAMES.get(one.location)),
        ("d", one.call_number),
        ("e", state),
        ("f", str(total)),
        ("g", str(unavailable)),
        ("j", one.location),
        ("k", "0"),
        ("p", "1"),
        ("q", LIBRARIES[one.library][0]),
    ]
    return Field("AVA", "  ", subfields)


def availability_field(portfolio: Record, collection: Record, row: Any) -> Field:
    """The AVE field of a portfolio, from its record, its collection's and its row of `Store.portfolio_rows`."""
    subfields = [
        ("l", _part(portfolio, "library", "value")),
        ("m", collection.get("public_name")),
        ("n", portfolio.get("public_note")),
        ("t", _part(collection, "interface", "name")),
        ("8", row["id"]),
        ("c", row["collection"]),
        ("e", _part(portfolio, "availability", "desc")),
    ]
    return Field("AVE", "  ", subfields)


def _part(record: Record, name: str, key: str) -> Any:
    value = record.get(name)
    return value.get(key) if isinstance(value, dict) else None


def _publisher(n: int) -> str:
    return list(INTERFACES.values())[n % len(INTERFACES)][1]


def _place(n: int) -> str:
    return _PLACES[n % len(_PLACES)]


def _year(n: int) -> int:
    return 1950 + n * 7 % 75


def _marc(record: Record, availability: list[Field]) -> str:
    """The MARCXML of a record as one text, with the declaration that Alma writes before it."""
    n = number_of(record["mms_id"])
    created = str(record["created_date"])
    modified = str(record.get("last_modified_date", created))
    controls = {
        "001": record["mms_id"],
        "005": modified[:10].replace("-", "") + "120000.0",
        "008": f"{created[2:10].replace('-', '')}s{_year(n)}    xx      o           eng d",
    }
    fields = [
        Field("020", "  ", [("a", record["isbn"])]),
        Field("022", "  ", [("a", record["issn"])]),
        *(Field("035", "  ", [("a", number)]) for number in record["network_number"]),
        Field("100", "1 ", [("a", record["author"])]),
        Field("245", "10" if record["author"] else "00", [("a", record["title"])]),
        Field("264", " 1", [("a", _place(n)), ("b", _publisher(n)), ("c", _year(n))]),
        *availability,
    ]
    leader = "00000nam a2200000 i 4500" if record["isbn"] else "00000nas a2200000 i 4500"
    inner = [f"<leader>{leader}</leader>"]
    inner += [f'<controlfield tag="{tag}">{text}</controlfield>' for tag, text in controls.items()]
    return f"{_XML_HEAD}<record>{''.join(inner)}{''.join(map(_data_field, fields))}</record>"


def _data_field(field: Field) -> str:
    """The field as XML, "" when none of its subfields has a text."""
    inner = [f'<subfield code="{code}">{escaped(text)}</subfield>' for code, text in field.subfields if text]
    start = f'<datafield ind1="{field.indicators[0]}" ind2="{field.indicators[1]}" tag="{field.tag}">'
    return f"{start}{''.join(inner)}</datafield>" if inner else ""
