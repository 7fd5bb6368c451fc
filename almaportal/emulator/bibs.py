"""The titles of the emulated institution, made up on demand from the number in the MMS ID: nothing is stored.

The same seed gives the same title for the same number. `Store.bib` reads bibs from here.
"""

from typing import NamedTuple

FIRST_NUMBER = 10_000_000
SUFFIX = "0004711"
# Bibs without any inventory, for portfolios to be made on.
FREE_BIBS = 500

_FORMS = (
    "Journal of", "Annals of", "Handbook of", "Introduction to", "Studies in", "Lectures on", "Advances in",
    "A Short History of", "Problems of", "Archive for", "Companion to", "Notes on", "Perspectives on",
)  # fmt: skip
_KINDS = (
    "Applied", "Comparative", "Northern", "Early Modern", "Urban", "Digital", "Rural", "Quiet", "Coastal",
    "Experimental", "Public", "Tropical", "Medieval", "Quantitative", "Everyday", "Nordic", "Global",
)  # fmt: skip
_SUBJECTS = (
    "Lichen Ecology", "Bridge Acoustics", "Harbour Law", "Wool Trade", "Glacier Hydrology", "Folk Astronomy",
    "Library Architecture", "Seed Banking", "Tidal Engineering", "Court Music", "Peat Chemistry",
    "Map Making",
    "Lantern Optics", "Orchard Economics", "Sign Languages", "Moth Taxonomy", "Paper Conservation",
    "Clock Mechanics", "River Navigation", "School Reform", "Bell Casting", "Cave Archaeology", "Salt Routes",
)  # fmt: skip
_SCRIPTS = (
    "Zeitschrift für Küstenökologie und Wärmeströmungen",
    "Études sur l'évolution des forêts boréales",
    "Přehled dějin křestních jmen a žluťoučkých koní",
    "Łódź i okolice: przegląd źródeł",
    "İstanbul ağız araştırmaları",
    "Tạp chí nghiên cứu đồng bằng",
    "Μελέτες για την ιστορία της ναυσιπλοΐας",
    "Вопросы северного земледелия",
    "دراسات في تاريخ الملاحة",
    "مجلة علوم الصحراء",
    "עיונים בתולדות הדפוס",
    "云岭植物学报",
    "古代桥梁研究",
    "海岸生態学の研究",
    "図書館建築ノート",
    "한국 등대 연구",
    "हिमालयी वनस्पति अध्ययन",
)
_MARKED = (
    'Law & Order in "Quiet" Towns',
    "On the relation a < b > c in <i>Drosophila</i>",
    "O'Hara's Almanac: 'tides' & \"winds\"",
    "C++ & <script>alert('title')</script> for librarians",
)
_LONG = "; with an appendix on the measurement of the same, the collected correspondence of its observers"


class Bib(NamedTuple):
    """What every record that names a bib says of it; `identifier` is {"issn": …}, {"isbn": …} or {}.

    `marc` is the inside of the <record> that somebody sent, "" for a seeded one.
    """

    mms_id: str
    title: str
    author: str
    identifier: dict[str, str]
    suppressed: bool = False
    marc: str = ""
    created: str = ""


def make_id(kind: str, number: int) -> str:
    """A 17-digit ID: 99 bib, 61 collection, 62 service, 53 portfolio, then the number, then the suffix."""
    return f"{kind}{number:08d}{SUFFIX}"


def number_of(mms_id: str) -> int:
    """The number in an MMS ID, -1 when it is not one of this institution's shape."""
    shaped = len(mms_id) == 17 and mms_id.isascii() and mms_id.isdigit()
    return int(mms_id[2:10]) if shaped and mms_id.startswith("99") and mms_id.endswith(SUFFIX) else -1


def title(number: int, seed: int) -> str:
    """The title of a bib: some in other scripts, some with marks that HTML or CSV stumble over, some long."""
    n = number + seed * 7919
    plain = f"{_FORMS[n % 13]} {_KINDS[n // 13 % 17]} {_SUBJECTS[n // 221 % 23]}, {1 + n // 5083 % 40}"
    if n % 1009 == 5:
        return plain + _LONG * 4
    if n % 97 == 11:
        return f"{_MARKED[n // 97 % 4]} ({n % 5083})"
    if n % 9 == 4:
        return f"{_SCRIPTS[n // 9 % 17]} {1 + n // 153 % 900}"
    return plain


def author(number: int) -> str:
    """An invented author for two bibs of three."""
    surnames = (
        "Ångermark",
        "Okoro-Lindqvist",
        "Vasarely-Tóth",
        "Nguyễn",
        "García Peñalba",
        "Żebrowska",
        "Ó Duinn",
    )
    return f"{surnames[number % 7]}, {'ABCDEHJKLM'[number % 10]}." if number % 3 else ""


def identifier(number: int) -> dict[str, str]:
    """An ISSN or an ISBN; the digits are made up and their check digits are not right."""
    if number % 2:
        return {"issn": f"9{number % 1000:03d}-{number // 7 % 10000:04d}"}
    return {"isbn": f"979{number % 10_000_000_000:010d}"}
