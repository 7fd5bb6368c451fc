"""A service as a KBART file (NISO RP-9-2014): for a discovery system, a partner, or to be compared with later."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from almaportal.alma.records import Record
from almaportal.tables import harmless
from ecollections.coverage import Row
from ecollections.kbart.coverage import kbart_cells, kbart_embargo, one_line
from ecollections.kbart.reading import FIELDS, identifiers_in, is_isbn, is_issn

LONGEST_NAME = 100  # bytes of each half of a file's name: file systems take 255 in all


@dataclass(frozen=True, slots=True)
class Listed:
    """A portfolio to be written. id: Alma's own, written as title_id; issn, isbn: texts as Alma has them, with any
    number of them; url, coverage, embargo: those in force, raw values; material_type: Alma's code."""

    id: str
    title: str
    issn: str = ""
    isbn: str = ""
    url: str = ""
    coverage: Sequence[Row] = ()
    embargo: Record | None = None
    author: str = ""
    publisher: str = ""
    material_type: str = ""


def kbart_lines(known: Iterable[Listed]) -> Iterator[str]:
    """The lines of the file, each with its end. A serial has as many as it has rows of coverage."""
    yield "\t".join(FIELDS) + "\n"
    for one in known:
        cells = _cells(one)
        is_serial = cells["publication_type"] == "serial"
        rows = [found for row in one.coverage if any((found := kbart_cells(row)).values())] if is_serial else []
        for row in rows or [{}]:
            said = cells | row
            yield "\t".join(harmless(one_line(said.get(name, ""))) for name in FIELDS) + "\n"


def _cells(one: Listed) -> dict[str, str]:
    """Those that are the same in all its lines."""
    isbns = [text for text in identifiers_in(one.isbn) if is_isbn(text)]
    issns = [text for text in identifiers_in(one.issn) if is_issn(text)]
    is_monograph = bool(isbns) or one.material_type == "BOOK"
    first, second = [*(isbns if is_monograph else []), *issns, "", ""][:2]
    return {
        "publication_title": one_line(one.title) or one.id,
        "print_identifier": second,
        "online_identifier": first,
        "title_url": one.url.removeprefix("jkey="),
        "first_author": one.author,
        "title_id": one.id,
        "embargo_info": "" if is_monograph else kbart_embargo(one.embargo),
        "coverage_depth": "fulltext",
        "publisher_name": one.publisher,
        "publication_type": "monograph" if is_monograph else "serial",
        "access_type": "P",
    }


def file_name(provider: str, collection: str, day: date) -> str:
    """As the recommendation has it: Provider_Region_Package_2026-03-31.txt."""
    return f"{_bare(provider) or 'Provider'}_Global_{_bare(collection) or 'Package'}_{day:%Y-%m-%d}.txt"


def _bare(text: str) -> str:
    """Letters and digits, without accents where that leaves any, and not too many."""
    letters = [letter for letter in unicodedata.normalize("NFKD", text) if letter.isalnum()]
    plain = [letter for letter in letters if letter.isascii()]
    return "".join(plain or letters).encode()[:LONGEST_NAME].decode(errors="ignore")
