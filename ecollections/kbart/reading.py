"""A provider's KBART file (NISO RP-9-2014): its rows as titles, however its columns are named and ordered."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from sys import intern
from typing import Any

from django.utils.translation import gettext as _

from almaportal.alma.records import Record
from ecollections import checks
from ecollections.coverage import Row
from ecollections.field import Field
from ecollections.kbart.coverage import WrongCell, alma_embargo, alma_row
from ecollections.loading.shapes import Line, Sorted

FIELDS = (
    "publication_title",
    "print_identifier",
    "online_identifier",
    "date_first_issue_online",
    "num_first_vol_online",
    "num_first_issue_online",
    "date_last_issue_online",
    "num_last_vol_online",
    "num_last_issue_online",
    "title_url",
    "first_author",
    "title_id",
    "embargo_info",
    "coverage_depth",
    "notes",
    "publisher_name",
    "publication_type",
    "date_monograph_published_print",
    "date_monograph_published_online",
    "monograph_volume",
    "monograph_edition",
    "first_editor",
    "parent_publication_title_id",
    "preceding_publication_title_id",
    "access_type",
)
OTHER_NAMES = {  # letters and digits only
    "publication_title": "title journaltitle booktitle titlename",
    "print_identifier": "issn printissn pissn issnprint printid",
    "online_identifier": "eissn onlineissn electronicissn issnonline onlineid",
    "print_isbn": "isbn pisbn isbnprint",
    "online_isbn": "eisbn electronicisbn isbnonline",
    "date_first_issue_online": "datefirstissue firstissuedate startdate coveragestart",
    "num_first_vol_online": "numfirstvol firstvolume",
    "num_first_issue_online": "numfirstissue firstissue",
    "date_last_issue_online": "datelastissue lastissuedate enddate coverageend",
    "num_last_vol_online": "numlastvol lastvolume",
    "num_last_issue_online": "numlastissue lastissue",
    "title_url": "url journalurl bookurl link",
    "first_author": "author",
    "title_id": "titleidentifier",
    "embargo_info": "embargo",
    "notes": "coveragenotes",
    "publisher_name": "publisher",
    "publication_type": "type",
    "access_type": "access",
    "mms_id": "mmsid",
}
ISBNS = {"print_identifier": "print_isbn", "online_identifier": "online_isbn"}  # where they have columns of their own
NUMBERS = ("print_identifier", "online_identifier", "title_id", "mms_id")
SPOILED = re.compile(r"\d[.,]\d+E\+?\d+|\dE\+\d+", re.ASCII | re.IGNORECASE)
ISSN = re.compile(r"\d{7}[\dX]", re.ASCII)
ISBN = re.compile(r"97[89]\d{10}", re.ASCII)
ISBN_10 = re.compile(r"\d{9}[\dX]", re.ASCII)
NUMBER_IN_TEXT = re.compile(r"\d[\dX‐-–-]{6,16}", re.ASCII | re.IGNORECASE)
URL = Field("title_url", "", "url")
MOST_REMARKS = 5
MAY_STAND_LATER = ("print_id", "online_id", "title_id", "url", "mms_id")  # not in a serial's first row


@dataclass(frozen=True, slots=True)
class KbartTitle:
    """A title of the file: of a serial all its rows.

    numbers: of its rows; print_id, online_id: as `identifier`; coverage: rows as Alma has them, none of a monograph;
    embargo: as Alma has it, {} for none, None when the file does not say, or Alma cannot; remarks: what could not be
    taken over, in sentences; publication_type: "serial", "monograph", or what else stands there.
    """

    numbers: list[int]
    title: str
    print_id: str = ""
    online_id: str = ""
    title_id: str = ""
    url: str = ""
    coverage: list[Row] = field(default_factory=list)
    embargo: Record | None = None
    remarks: tuple[str, ...] = ()
    publication_type: str = ""
    author: str = ""
    publisher: str = ""
    mms_id: str = ""
    access_type: str = ""

    @property
    def identifiers(self) -> tuple[str, ...]:
        """Those that are an ISSN or ISBN by their look."""
        return tuple(dict.fromkeys(one for one in (self.online_id, self.print_id) if is_issn(one) or is_isbn(one)))

    @property
    def is_monograph(self) -> bool:
        return _is_monograph(self.publication_type, self.print_id, self.online_id)


def _is_monograph(publication_type: str, *identifiers: str) -> bool:
    if publication_type:
        return publication_type.startswith(("monograph", "book"))
    return any(map(is_isbn, identifiers))


def digest(*parts: object) -> str:
    """The same 24 characters for the same texts, in every process."""
    return blake2b("\0".join(map(str, parts)).encode(errors="replace"), digest_size=12).hexdigest()


def identifier(text: str) -> str:
    """An ISSN as 1234-567X, an ISBN as 13 digits, anything else as it is. Check digits are not looked at."""
    bare = re.sub(r"[^0-9A-Z]", "", text.upper()) if text else ""
    bare = bare.removeprefix("E").removeprefix("ISSN").removeprefix("ISBN")
    if ISSN.fullmatch(bare):
        return f"{bare[:4]}-{bare[4:]}"
    if ISBN.fullmatch(bare):
        return bare
    return _thirteen(bare) if ISBN_10.fullmatch(bare) else text


def is_issn(text: str) -> bool:
    """Of what `identifier` gave."""
    return len(text) == 9 and text[4] == "-"


def is_isbn(text: str) -> bool:
    """Of what `identifier` gave."""
    return len(text) == 13 and text.isascii() and text.isdigit()


def _thirteen(isbn_10: str) -> str:
    digits = f"978{isbn_10[:9]}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


def identifiers_in(text: str) -> tuple[str, ...]:
    """Every ISSN and ISBN in a text of Alma, such as "9783161484100 (pbk.); 0028-0836", each once, in its order."""
    found = (identifier(one) for one in (text, *NUMBER_IN_TEXT.findall(text)))
    return tuple(dict.fromkeys(one for one in found if is_issn(one) or is_isbn(one)))


def columns(header: Sequence[str]) -> dict[str, int]:
    """Field → place of its column, in any order and by the names that are met; other columns are passed over.

    Beside FIELDS there may be "mms_id", and, beside an identifier of the same sort, those of ISBNS.
    """
    places: dict[str, int] = {}
    for place, text in enumerate(header):
        places.setdefault(re.sub(r"[^a-z0-9]", "", text.casefold()), place)
    found = {}
    for name in (*FIELDS, *ISBNS.values(), "mms_id"):
        for spelling in (name.replace("_", ""), *OTHER_NAMES.get(name, "").split()):
            if spelling in places:
                found[name] = places[spelling]
                break
    for name, isbn in ISBNS.items():
        if isbn in found and name not in found:
            found[name] = found.pop(isbn)
    return found


def problems(header: Sequence[str]) -> list[str]:
    """Why a file with this header cannot be compared, in sentences."""
    found = columns(header)
    result = [] if "publication_title" in found else [_("No column is publication_title.")]
    if not found.keys() & {"print_identifier", "online_identifier", "title_id", "title_url"}:
        result.append(_("No column is print_identifier, online_identifier, title_id or title_url."))
    return result


def titles(lines: Iterable[Line], columns: Mapping[str, int]) -> Iterator[KbartTitle | Sorted]:
    """The wrong rows as they come (group "wrong"), then all titles, in the order of their first rows."""
    together = _Together()
    for line in lines:
        cells = {name: line.cells[place] for name, place in columns.items() if place < len(line.cells)}
        for name, isbn in ISBNS.items():
            if isbn in cells:
                cells[name] = cells.get(name) or cells[isbn]
        if line.wrong:
            torn = identifiers_in(" ; ".join(line.cells))
            yield _wrong(line.number, cells, line.wrong, "unreadable", torn)
        elif any(cells.values()):
            try:
                if sentence := together.add(_title(line.number, cells), cells):
                    yield _wrong(line.number, cells, sentence, "twice")
            except WrongCell as wrong:
                place = {"row": line.number, "column": wrong.column, "why": wrong.why}
                sentence = _("Row %(row)d, %(column)s: %(why)s") % place
                yield _wrong(line.number, cells, sentence, wrong.column + wrong.why)
    yield from together.titles


def _wrong(number: int, cells: Mapping[str, str], sentence: str, why: str, torn: Sequence[str] = ()) -> Sorted:
    """data has what tells its title nevertheless: a portfolio whose row is wrong is not missing in the file. torn:
    identifiers of a row whose cells may stand in wrong columns."""
    title = cells.get("publication_title", "")
    told = {
        "print_id": identifier(cells.get("print_identifier", "")),
        "online_id": identifier(cells.get("online_identifier", "")),
        "title_id": cells.get("title_id", ""),
        "mms_id": cells.get("mms_id", ""),
    }
    data: dict[str, Any] = {name: text for name, text in told.items() if text}
    if torn:
        data["torn"] = list(torn)
    return Sorted(number, "wrong", title=title, why=sentence, data=data, key=digest("wrong", title, data, why))


def _title(number: int, cells: Mapping[str, str]) -> KbartTitle:
    """What one row says. Raises WrongCell."""

    def text(name: str) -> str:
        return cells.get(name, "")

    if not text("publication_title"):
        raise WrongCell("publication_title", _("There is no title."))
    for name in NUMBERS:
        if SPOILED.fullmatch(text(name)):
            sentence = _("“%s” was a number that a spreadsheet program shortened: its digits are lost.")
            raise WrongCell(name, sentence % text(name))
    if text("mms_id") and not (text("mms_id").isascii() and text("mms_id").isdigit()):
        raise WrongCell("mms_id", _("An MMS ID has digits only."))
    if sentence := checks.problem(URL, text("title_url"), {}):
        raise WrongCell("title_url", sentence)
    ids = identifier(text("print_identifier")), identifier(text("online_identifier"))
    kind = intern(text("publication_type").lower())
    coverage, embargo, remarks = ([], None, ()) if _is_monograph(kind, *ids) else _coverage(cells)
    return KbartTitle(
        [number],
        text("publication_title"),
        *ids,
        text("title_id"),
        text("title_url"),
        coverage,
        embargo,
        remarks,
        kind,
        text("first_author"),
        intern(text("publisher_name")),
        text("mms_id"),
        intern(text("access_type")),
    )


def _coverage(cells: Mapping[str, str]) -> tuple[list[Row], Record | None, tuple[str, ...]]:
    """Coverage, embargo and remarks as of KbartTitle. Raises WrongCell."""
    row = alma_row(cells)
    embargo, remark = alma_embargo(cells["embargo_info"]) if "embargo_info" in cells else (None, "")
    return [row] if row else [], embargo, (remark,) if remark else ()


class _Together:
    """The titles so far: rows of one serial come together, though other rows stand between them."""

    def __init__(self) -> None:
        self.titles: list[KbartTitle] = []
        # By hashes: the texts of 100,000 rows would take much memory.
        self._places: dict[int, int] = {}
        self._rows: dict[int, int] = {}
        self._coverage: dict[int, set[frozenset[tuple[str, str]]]] = {}  # of the titles that have several rows

    def add(self, title: KbartTitle, cells: Mapping[str, str]) -> str:
        """A sentence when an earlier row says just the same."""
        number = title.numbers[0]
        first = self._rows.setdefault(hash(tuple(cells.values())), number)
        if first != number:
            return _("Row %(row)d says the same as row %(first)d.") % {"row": number, "first": first}
        place = None if title.is_monograph else self._place(title)
        if place is None:
            place = len(self.titles)
            self.titles.append(title)
            for key in () if title.is_monograph else _keys(title):
                self._places.setdefault(key, place)
        else:
            self._join(place, title)
        return ""

    def _place(self, title: KbartTitle) -> int | None:
        for key in _keys(title):
            place = self._places.get(key)
            if place is not None and not _contradict(self.titles[place], title):
                return place
        return None

    def _join(self, place: int, title: KbartTitle) -> None:
        first = self.titles[place]
        first.numbers.extend(title.numbers)
        if place not in self._coverage:
            self._coverage[place] = {frozenset(row.items()) for row in first.coverage}
        for row in title.coverage:
            if (said := frozenset(row.items())) not in self._coverage[place]:
                self._coverage[place].add(said)
                first.coverage.append(row)
        remarks = [one for one in title.remarks if one not in first.remarks]
        row = {"row": title.numbers[0]}
        if title.url and first.url and title.url != first.url:
            remarks.append(_("Row %(row)d has another title_url, which is not used.") % row)
        if title.title != first.title:
            remarks.append(_("Row %(row)d has another publication_title, which is not used.") % row)
        if title.embargo is not None and first.embargo is not None and title.embargo != first.embargo:
            remarks.append(_("Row %(row)d has another embargo: Alma has one embargo only.") % row)
        filled = {name: getattr(first, name) or getattr(title, name) for name in MAY_STAND_LATER}
        filled["remarks"] = (*first.remarks, *remarks)[:MOST_REMARKS]
        self.titles[place] = replace(first, **filled, embargo=first.embargo if title.embargo == first.embargo else None)


def _keys(title: KbartTitle) -> Iterator[int]:
    if title.title_id:
        yield hash(title.title_id)
    ids = title.print_id, title.online_id
    yield hash((*ids, title.title.casefold(), "" if any(ids) else title.publisher))


def _contradict(one: KbartTitle, other: KbartTitle) -> bool:
    """Whether both have an identifier of the same sort, and another one; or neither an identifier nor the title in
    common: some providers write the same title_id everywhere."""
    pairs = ((one.print_id, other.print_id), (one.online_id, other.online_id))
    if any(a and b and a != b for a, b in pairs):
        return True
    return not any(a and a == b for a, b in pairs) and one.title.casefold() != other.title.casefold()
