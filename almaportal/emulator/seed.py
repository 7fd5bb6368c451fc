"""The data an emulated institution begins with: the same for the same seed, every name invented.

Of every 15 collections 4 are databases without a service; every tenth one's service has its own proxy;
collection 5 of every 30 has two services. Sixty collections so give 40 services of 38 collections without a
proxy of their own, 6 with one, and 16 databases.
"""

import json
from collections.abc import Iterator
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any

from . import bibs, codes
from .institution import INTERFACES
from .messages import LINK_BASE, Record
from .options import Options

if TYPE_CHECKING:
    from .store import Store

# Sizes of the collections after the first three (the largest one, 1,200 titles, none).
_SIZES = (120, 1, 0, 12, 340, 40, 150, 3, 75, 230, 1, 18, 95, 410, 7, 60)
_HTML = (
    '<p class="note">Access from <b>campus</b> only &ndash; see '
    '<a href="https://help.example.org/access?id=1&amp;lang=en" onclick="track()">how</a>.</p>'
    "<script>document.title = 'note'</script>"
)
_NAMES = (
    "Ebooks Complete", "Journals Archive 1870–1995", "Current Journals", "Bibliothèque numérique élargie",
    "Sammlung Wörterbücher & Grammatiken", "Ψηφιακή Συλλογή Ναυτικών Χαρτών", "Коллекция северных летописей",
    "مجموعة المخطوطات البحرية", "אוסף כתבי העת", "数字图书馆文献集", "学術雑誌コレクション",
    "학술 전자저널 모음",
    "हिन्दी साहित्य संग्रह", 'The "Quiet Rooms" Collection', "Streaming Lantern Slides", "Maps & Atlases <beta>",
    "Primärquellen zur Küstenschifffahrt", "Zbirka čitanki i šlabikara", "Open Access Monographs",
)  # fmt: skip
_LONG_NAME = (
    "Consolidated Subscription Package of Digitised Periodicals, Transactions, Proceedings and Occasional "
    "Papers of the Learned Societies of the Northern Harbour Towns, with Their Supplements, Cumulative "
    "Indexes, Plates, Maps, Errata and Continuations under Later Titles, 1789 to the Present, "
    "as Far as They Have Been Preserved"
)
_LANGUAGES = ("eng", "ger", "fre", "gre", "rus", "ara", "heb", "chi", "jpn", "kor", "hin", "mul")


def fill(store: "Store") -> None:
    """Insert the seeded institution into the empty tables of a store, inside its transaction."""
    rng = Random(store.options.seed)
    services, portfolios, mms = count(bibs.FIRST_NUMBER), count(bibs.FIRST_NUMBER), count(bibs.FIRST_NUMBER)
    for index in range(store.options.collections):
        collection = bibs.make_id("61", bibs.FIRST_NUMBER + index)
        record = _collection(index, collection, bibs.make_id("99", next(mms)), rng)
        sql = "INSERT INTO collections VALUES (?, ?, ?)"
        store.run(sql, int(collection), index, json.dumps(record, ensure_ascii=False))
        for size in _service_sizes(index, store.options.portfolios):
            service = bibs.make_id("62", next(services))
            service_record = _service(index, service, collection, record["is_local"])
            columns = "id, collection, local, record, portfolios, next_position"
            sql = f"INSERT INTO services ({columns}) VALUES (?, ?, ?, ?, ?, ?)"
            text = json.dumps(service_record, ensure_ascii=False)
            store.run(sql, int(service), int(collection), record["is_local"], text, size, size)
            sql = "INSERT INTO portfolios (id, service, position, mms) VALUES (?, ?, ?, ?)"
            store.run_many(sql, _portfolios(int(service), size, portfolios, mms))
    store.set_meta("next_collection", bibs.FIRST_NUMBER + store.options.collections)
    store.set_meta("next_service", next(services))
    store.set_meta("next_portfolio", next(portfolios))
    store.set_meta("bibs_end", next(mms) + bibs.FREE_BIBS)


def _portfolios(service: int, size: int, ids: Iterator[int], mms: Iterator[int]) -> Iterator[tuple[int, ...]]:
    suffix = bibs.SUFFIX
    return ((int(f"53{next(ids)}{suffix}"), service, n, int(f"99{next(mms)}{suffix}")) for n in range(size))


def _is_database(index: int) -> bool:
    return index % 15 in (3, 7, 11, 13)


def _is_aggregator(index: int) -> bool:
    return index % 7 == 1 and not _is_database(index)


def _has_own_proxy(index: int) -> bool:
    return index % 10 == 9


def _service_sizes(index: int, largest: int) -> list[int]:
    """The number of portfolios of each service of a collection."""
    if _is_database(index):
        return []
    size = (largest, 1_200, 0)[index] if index < 3 else _SIZES[index % len(_SIZES)]
    return [size, 4] if index % 30 == 5 else [size]


def _name(index: int) -> str:
    """The name of a collection, and the title of its own bib."""
    _, vendor_name = list(INTERFACES.values())[index % len(INTERFACES)]
    return _LONG_NAME if index == 10 else f"{vendor_name}: {_NAMES[index % len(_NAMES)]}"


def collection_title(number: int, options: Options) -> str | None:
    """The title of a bib that a seeded collection is catalogued with, None for every other bib."""
    own = bibs.FIRST_NUMBER
    for index in range(options.collections):
        if own >= number:
            return _name(index) if own == number else None
        own += 1 + sum(_service_sizes(index, options.portfolios))
    return None


def _coded(table: str, code: str) -> Record:
    return {"value": code, "desc": codes.describe(table, code)}


def _collection(index: int, collection: str, mms: str, rng: Random) -> Record:
    """The full record of a collection. The larger ones come from the Community Zone."""
    local = index % 4 == 2 or index == 8
    interface = list(INTERFACES)[index % len(INTERFACES)]
    vendor, _ = INTERFACES[interface]
    name = _name(index)
    kind = "6" if _is_database(index) else ("1" if _is_aggregator(index) else "0")
    link = f"{LINK_BASE}/electronic/e-collections/{collection}"
    record: Record = {
        "id": collection,
        "is_local": local,
        "public_name": name,
        "public_name_override": "",
        "description": ("", "Invented for the emulator.", _HTML, "Enthält Rückstände & Beilagen")[index % 4],
        "internal_description": "",
        "type": _coded("ElectronicCollectionType", kind),
        "interface": {
            "name": interface,
            "vendor": {"value": vendor, "link": f"{LINK_BASE}/acq/vendors/{vendor}"},
        },
        "process_type": {"value": "active", "desc": "Active" if index % 5 else None},
        "url": f"https://{('platform.example.org', 'content.example.net')[index % 2]}/{vendor.lower()}",
        "url_override": f"https://old.example.org/{vendor.lower()}?c={index}" if index % 8 == 1 else "",
        "resource_metadata": {
            "mms_id": {"value": mms, "link": f"{LINK_BASE}/bibs/{mms}"},
            "title": name,
            "author": "",
            "issn": "",
        },
        "portfolios": {"value": 0, "link": None if index % 5 == 2 else f"{link}/portfolios"},
        "link": link,
    }
    return record | _acquisition(index, rng) | _access(index) | _odd_keys(index)


def _acquisition(index: int, rng: Random) -> Record:
    """Library, PO line, licence and dates: filled in some records, empty in four ways in the others."""
    empty: Any = ({"value": "", "link": None}, {"value": ""}, None, {})[index % 4]
    library, line, licence = ("MAIN", "SCI", "LAW")[index % 3], rng.randint(1001, 1240), rng.randint(1, 40)
    record: Record = {
        "library": {"value": library, "link": f"{LINK_BASE}/conf/libraries/{library}"} if index % 5 == 1 else empty,
        "po_line": {"value": f"POL-{line}", "link": f"{LINK_BASE}/acq/po-lines/POL-{line}"} if index % 3 else empty,
        "license": (
            {"value": f"LIC-{licence:03d}", "link": f"{LINK_BASE}/acq/licenses/LIC-{licence:03d}"}
            if index % 3 == 1
            else empty
        ),
        "source": ("", "KB", None)[index % 3],
        "creator": ("", None, "Demo, Cataloguer")[index % 3],
        "category": "" if index % 4 else "Multidisciplinary",
        "language": {"value": _LANGUAGES[index % 12], "desc": None} if index % 2 else {},
    }
    if index % 4 != 3:
        record["activation_date"] = f"{rng.randint(2008, 2025)}-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}" + (
            "z" if index % 6 == 0 else "Z"
        )
    if index % 9 == 4:
        record["expected_activation_date"] = None
    return record


def _access(index: int) -> Record:
    """What patrons need to get in."""
    codes_of = ("current", "perpetual", "current_and_perpetual")
    return {
        "access_type": _coded("CollectionAccessType", codes_of[index % 3]) if index % 4 else {},
        "free": ({"value": "1", "desc": "Yes"}, {"value": "0", "desc": None}, {}, None)[index % 4],
        "proxy_enabled": {"value": "false", "desc": "No"},
        "proxy": ("", None)[index % 2],
        "authentication_note": "Sign in with your campus account." if index % 6 == 3 else "",
        "public_note": (_HTML if index % 12 == 6 else ""),
    }


def _odd_keys(index: int) -> Record:
    """Keys that only some records have."""
    record: Record = {}
    if index % 2:
        record |= {"is_selective": index % 4 == 1, "alternative_title": "", "description_override": ""}
        record["number"] = []
    if index % 3 == 2:
        record["counter_platform"] = _coded("CounterPlatform", ("QLM", "BKF", "THD")[index // 3 % 3])
        record["public_access_model"] = _coded("PublicAccessModel", "UNLIMITED")
    if index % 6 == 4:
        record["notes"] = [
            _note(_HTML, "2024-02-29Z", "demo_cataloguer", "LICENSE"),
            _note('Renewed.\nSecond line; "quoted", with a tab\there.', "2025-01-01z", "", ""),
        ]
    if index % 10 == 6:
        record["group_settings"] = [group_setting("STUDENT", ""), group_setting("ALUMNI", "PROXY_ALUMNI")]
    if _is_aggregator(index):
        record["linking_parameters"] = [{"code": "CUSTID", "value": f"c{index:04d}"}]
    if index % 4 == 1:
        record |= {"cdi_search_activation_status": {"value": "ACTIVE"}, "cdi_local_notes": "", "cdi_info": {}}
    return record


def _note(content: str, created: str, by: str, kind: str) -> Record:
    return {"content": content, "creation_date": created, "created_by": by, "type": kind}


def group_setting(group: str, proxy: str) -> Record:
    """A row of group settings."""
    return {
        "group": _coded("UserGroups", group),
        "proxy_enabled": _coded("BooleanYesNo", "true" if proxy else "false"),
        "proxy": proxy,
        "public_name": "",
        "authentication_note": "",
        "public_note": "For this group only." if proxy else "",
    }


def _service(index: int, service: str, collection: str, local: bool) -> Record:
    """The full record of a service; two empty styles, and its own proxy for every tenth collection."""
    link = f"{LINK_BASE}/electronic/e-collections/{collection}/e-services/{service}"
    kind = "getSelectedFullTxt" if index % 7 == 1 else "getFullTxt"
    record: Record = {
        "id": service,
        "is_local": local,
        "type": _coded("ElectronicServiceType", kind),
        "public_description": ("", "Full text", "Volltext für alle")[index % 3],
        "public_description_override": "",
        "internal_description": "",
        "activation_status": _coded("ElectronicBaseStatus", "10" if index % 12 == 8 else "11"),
        "activate_new_portfolios": index % 2 == 0,
        "delete_removed_portfolios": False,
        "deactivate_removed_portfolios": index % 3 == 0,
        "service_temporarily_unavailable": {"value": "0"} if index % 2 else {"value": "0", "desc": "No"},
        "service_unavailable_reason": "",
        "authentication_note": "",
        "public_note": _HTML if index % 16 == 10 else "",
        "portfolios": {"value": 0, "link": f"{link}/portfolios"},
        "link": link,
    }
    record |= _service_linking(index)
    if index % 2:
        record |= {"active_from_date": None, "active_until_date": None, "notes": []}
    if index % 10 == 6:
        record["group_settings"] = [group_setting("FACULTY", "PROXY_MAIN")]
    return record


def _service_linking(index: int) -> Record:
    """Parser, URL and proxy of a service."""
    own_proxy = _has_own_proxy(index)
    return {
        "parser": "" if index % 3 else "Generic::Static",
        "parser_override": "",
        "parser_parameters": "bkey=" if index % 5 == 0 else "",
        "parser_parameters_override": "",
        "link_resolver_plugin": {} if index % 2 else _coded("ElectronicLinkResolver", "BULK"),
        "url_type": {} if index % 3 else _coded("ElectronicUrlType", "param"),
        "url_type_override": {},
        "dynamic_url": "",
        "dynamic_url_override": "",
        "free": {},
        "crossref_supported": {"value": "false", "desc": "No"},
        "crossref_enabled": {"value": "false", "desc": None},
        "proxy_enabled": _coded("BooleanYesNo", "true" if own_proxy else "false"),
        "proxy": ("PROXY_MAIN", "PROXY_OLD")[index // 10 % 2] if own_proxy else ("", None)[index % 2],
        "linking_level": {} if index % 2 else _coded("ElectronicLinkingLevel", "ARTICLE"),
    }
