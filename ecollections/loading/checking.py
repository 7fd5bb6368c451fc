"""The rows of a file, checked one by one without asking Alma: what is to become of each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from openpyxl.utils import get_column_letter

from almaportal.codes import Table
from ecollections import checks, targets
from ecollections.actions import Refused
from ecollections.field import Field
from ecollections.kinds import KINDS, PORTFOLIO, SERVICE, Kind
from ecollections.loading import cells
from ecollections.loading.columns import COLLECTION_ID, DO, ID, LOADED, MMS_ID, NOTHING, SERVICE_ID, choices
from ecollections.loading.shapes import Line, Sorted

BATCH = 500
WHY_LONGEST = 500
SHOWN, SHOWN_LONGEST = 6, 80  # fields of a row, and letters of each, that its page shows
KNOWN_MOST = 10_000  # texts of a column that are remembered
URL, URL_TYPE = "linking_details.static_url", "linking_details.url_type"


@dataclass
class Column:
    """A column that is loaded into a field. label: of that; name: as sentences call it; known: what its texts turned
    out to mean."""

    at: int
    one: Field
    label: str
    name: str
    known: dict[str, tuple[Any, str] | Refused] = field(default_factory=dict)

    def read(self, text: str, tables: Mapping[str, Table]) -> tuple[Any, str]:
        """The value, and what the page shows of it. Raises Refused."""
        found = self.known.get(text)
        if found is None:
            if len(self.known) >= KNOWN_MOST:
                self.known.clear()
            try:
                value = cells.value(self.one, text, tables)
                shown = value if isinstance(value, str) else text
                found = value, shown[:SHOWN_LONGEST] or cells.EMPTY
            except Refused as refused:
                found = refused
            self.known[text] = found
        if isinstance(found, Refused):
            raise found
        return found


@dataclass
class Row:
    """A row on its way. do: "edit", "create", "delete", "" for nothing; target: the ID or path of the record, of a new
    one that of its service; path, title: the same as they were found; wrong: what is wrong with it."""

    line: Line
    do: str = ""
    target: str = ""
    mms_id: str = ""
    path: str = ""
    title: str = ""
    wrong: list[str] = field(default_factory=list)


def check(
    kind: Kind,
    lines: Iterable[Line],
    columns: Sequence[str],
    options: Mapping[str, Any],
    tables: Mapping[str, Table],
) -> Iterator[Sorted]:
    """What is to become of each line: see shapes.Sorted. lines: without the header; columns: what each column is
    loaded into, see columns.problems; options: {"to": "C/S", the service of new portfolios, or ""}."""
    checker = Checker(kind, columns, options, tables)
    rest = iter(lines)
    while batch := list(islice(rest, BATCH)):
        yield from checker.sorted(batch)


class Checker:
    """What holds for all rows of a file."""

    def __init__(
        self, kind: Kind, columns: Sequence[str], options: Mapping[str, Any], tables: Mapping[str, Table]
    ) -> None:
        self.kind, self.tables = kind, tables
        self.to = str(options.get("to", ""))
        labels = {target: label for _group, pairs in choices(kind) for target, label in pairs}
        self.at = {target: n for n, target in enumerate(columns) if target}
        self.names = {
            target: _("column %(letter)s (%(label)s)") % {"letter": get_column_letter(n + 1), "label": labels[target]}
            for target, n in self.at.items()
        }
        loaded = LOADED[kind.name]
        self.columns = [
            Column(n, loaded[path], labels[path], self.names[path]) for path, n in self.at.items() if path in loaded
        ]
        english = {"edit": ("edit", "change"), "create": ("create", "new", "add"), "delete": ("delete", "remove")}
        translated = {
            "edit": (_("edit"), _("change")),
            "create": (_("create"), _("new"), _("add")),
            "delete": (_("delete"), _("remove")),
        }
        self.does = {word.casefold(): do for words in (translated, english) for do in words for word in words[do]}
        self.first: dict[str, int] = {}  # record, or title and service of a new one → the first row about it

    def sorted(self, lines: Sequence[Line]) -> Iterator[Sorted]:
        rows = [self._row(line) for line in lines]
        edited = [row for row in rows if row.do in ("edit", "delete") and not row.wrong]
        self._find(self.kind, edited, ID)
        made = [row for row in rows if row.do == "create" and not row.wrong]
        self._find(SERVICE, made, SERVICE_ID if SERVICE_ID in self.at else ID)
        for row in rows:
            yield self._sorted(row)

    # which record, and what to do

    def _row(self, line: Line) -> Row:
        row = Row(line)
        if line.wrong:
            row.wrong.append(line.wrong)
            return row
        said = self._cell(line, DO)
        if said in (NOTHING, "–", "—"):
            return row
        for target in (ID, COLLECTION_ID, SERVICE_ID, MMS_ID):
            if targets.SPOILED.fullmatch(self._cell(line, target)):
                row.wrong.append(f"{self.names[target]}: {targets.wrong_with(self._cell(line, target))}")
        if row.wrong:
            return row
        row.mms_id = self._cell(line, MMS_ID) if self.kind is PORTFOLIO else ""
        row.do = self.does.get(said.casefold(), "") if said else self._do(line, row.mms_id)
        if not row.do:
            known = ", ".join((_("edit"), _("create"), _("delete"), NOTHING))
            row.wrong.append(
                f"{self.names[DO]}: " + _("“%(text)s” is none of %(known)s.") % {"text": said[:40], "known": known}
            )
        elif row.do != "edit" and self.kind is not PORTFOLIO:
            row.wrong.append(f"{self.names[DO]}: " + _("Only portfolios can be created or deleted by a file."))
        elif row.do == "create":
            self._aim_at_service(row)
        else:
            row.target = self._target(line)
            if not row.target:
                row.wrong.append(_("It does not say which record: there is no ID."))
        return row

    def _do(self, line: Line, mms_id: str) -> str:
        """Where the row does not say it: what is there is changed, a title alone is to be made a portfolio."""
        return "create" if mms_id and (not self._cell(line, ID) or self._says_service(line)) else "edit"

    def _says_service(self, line: Line) -> bool:
        """Whether what stands as the ID of a portfolio is that of a service."""
        said = self._cell(line, ID)
        return bool(said) and not targets.wrong_with(said) and targets.depth_of(said) == SERVICE.depth

    def _above(self, line: Line) -> str:
        """The path of the service or e-collection that the other columns say; a service alone by its ID."""
        collection, service = self._cell(line, COLLECTION_ID), self._cell(line, SERVICE_ID)
        if not service or "/" in service:
            return service or collection
        return f"{collection}/{service}" if collection else service

    def _target(self, line: Line) -> str:
        said, above = self._cell(line, ID), self._above(line)
        is_whole = above.count("/") == self.kind.depth - 2
        return f"{above}/{said}" if said and "/" not in said and above and is_whole else said

    def _aim_at_service(self, row: Row) -> None:
        said, above = self._cell(row.line, ID), self._above(row.line)
        if said and not self._says_service(row.line):
            row.wrong.append(
                f"{self.names[ID]}: " + _("A portfolio that is to be created has no ID yet: leave it empty.")
            )
            return
        has_service = self._cell(row.line, SERVICE_ID) or not above
        fits = not above or self.to.startswith(f"{above}/")
        row.target = said or (above if has_service else "") or (self.to if fits else "")
        if not row.target:
            row.wrong.append(_("It does not say into which service the new portfolio goes."))
        sentence = checks.problem(PORTFOLIO.fields[MMS_ID], row.mms_id, {})
        if sentence:
            name = self.names.get(MMS_ID) or str(PORTFOLIO.fields[MMS_ID].label)
            row.wrong.append(f"{name}: {sentence}")

    def _find(self, kind: Kind, rows: Sequence[Row], column: str) -> None:
        """The paths of the targets, by what the portal knows."""
        found = []
        for row in rows:
            depth = targets.depth_of(row.target)
            if depth == kind.depth:
                found.append(row)
                continue
            words = {"given": KINDS[min(depth, len(KINDS)) - 1].label, "asked": kind.label}
            other = _("This is an ID of another kind: %(given)s, not %(asked)s.") % words
            self._say(row, column, targets.wrong_with(row.target) or other)
        pages = targets.found(kind, [row.target for row in found])
        seen = targets.places_of([row.target for row in found if "/" in row.target])
        for row, one in zip(found, (one for page in pages for one in page), strict=True):
            row.path, row.title = one.path, one.title
            above, _slash, alma_id = one.path.rpartition("/")
            place = seen.get(alma_id)
            where = "/".join((place.collection_id, place.service_id)[: kind.depth - 1]) if place else ""
            if sentence := one.missing or (where and where != above and _elsewhere(where)) or "":
                self._say(row, column, sentence)

    def _say(self, row: Row, column: str, sentence: str) -> None:
        name = self.names.get(column)
        row.wrong.append(f"{name}: {sentence}" if name else sentence)

    def _cell(self, line: Line, target: str) -> str:
        return line.cells[self.at[target]] if target in self.at else ""

    # what becomes of it

    def _sorted(self, row: Row) -> Sorted:
        number = row.line.number
        if row.wrong:
            if not row.line.wrong and row.do != "delete":
                self._values(row)  # all that is wrong with it is said at once
            return self._wrong(row)
        if not row.do:
            return Sorted(number, "same", why=_("Marked with “-”: nothing is done."))
        is_new = row.do == "create"
        key = f"{row.path} {row.mms_id}" if is_new else row.path.rpartition("/")[2]
        title = row.mms_id if is_new else row.title
        path = "" if is_new else row.path
        if (first := self.first.setdefault(key, number)) != number:
            return Sorted(number, "double", path, title, _("Row %d is about the same record.") % first)
        if row.do == "delete":
            return Sorted(number, "delete", path, title)
        found, lines = self._values(row)
        if row.wrong:
            return self._wrong(row, title)
        if is_new:
            data = {"mms_id": row.mms_id, "to": row.path, "set": _of_new(found), "lines": lines}
            return Sorted(number, "create", path, title, data=data)
        if not found:
            return Sorted(number, "same", path, title, _("It says nothing that could be changed."))
        return Sorted(number, "edit", path, title, data={"set": found, "lines": lines})

    def _wrong(self, row: Row, title: str = "") -> Sorted:
        why = row.line.wrong or _("Row %(n)d: %(why)s") % {"n": row.line.number, "why": "; ".join(row.wrong)}
        return Sorted(row.line.number, "wrong", row.path if row.do != "create" else "", title, why[:WHY_LONGEST])

    def _values(self, row: Row) -> tuple[dict[str, Any], list[list[str]]]:
        """Path → value of the cells that say something, and what the page shows of them."""
        found: dict[str, Any] = {}
        lines: list[list[str]] = []
        unshown = 0
        for column in self.columns:
            if not (text := row.line.cells[column.at]):
                continue
            try:
                found[column.one.path], shown = column.read(text, self.tables)
            except Refused as refused:
                row.wrong.append(f"{column.name}: {refused}")
                continue
            if len(lines) < SHOWN:
                lines.append([column.label, "", shown])
            else:
                unshown += 1
        if unshown:
            lines.append(["", "", ngettext("and %d more", "and %d more", unshown) % unshown])
        for path, sentence in checks.record_problems(found).items():
            self._say(row, path, sentence)
        if row.do == "create":
            for one in self.kind.fields.values():
                if one.required and one.path != MMS_ID and not self._cell(row.line, one.path):
                    name = self.names.get(one.path) or str(one.label)
                    row.wrong.append(f"{name}: {checks.problem(one, '', self.tables)}")
        return found, lines


def _elsewhere(where: str) -> str:
    text = _("The portal knows this record in %s. If it was moved, open its page once; otherwise correct the row.")
    return text % where


def _of_new(found: Mapping[str, Any]) -> dict[str, Any]:
    """Of a record that is to be made there is nothing to clear; its address is of no use without its type."""
    wanted = {path: value for path, value in found.items() if value}
    return {URL_TYPE: "static", **wanted} if wanted.get(URL) else wanted
