"""Changes from a file: an edit of many records in which each has its own values."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from almaportal import codes
from almaportal.jobs.kinds import Found, register
from almaportal.jobs.models import Item, Job
from almaportal.request import Request
from ecollections import targets
from ecollections.actions import Action
from ecollections.field import CELLED
from ecollections.jobs import Edit
from ecollections.kinds import KINDS, Kind
from ecollections.loading import columns, reading
from ecollections.loading.checking import check
from ecollections.loading.shapes import Line, Sorted
from ecollections.record_form import tables_of
from ecollections.record_job import PAGE

FIRST = 10  # wrong rows that are named
LABELS = {
    "collection": gettext_lazy("Load changes from a file: e-collections"),
    "service": gettext_lazy("Load changes from a file: services"),
    "portfolio": gettext_lazy("Load changes from a file: portfolios"),
}


class EditRows(Edit):
    """targets: rows {"path": the whole path of a record, "title": as far as known, "set": {field path: a text, rows of
    coverage, the row of an embargo, or "" to clear}}, no record twice; params, where they come from a file:
    {"load": number of the file, "file": its name}."""

    takes = frozenset()

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind)
        self.name, self.label = f"load-{kind.name}s", LABELS[kind.name]

    def given(self, targets: list[str], lines: list[str]) -> list[Any]:
        """lines: of a CSV file with a header: the columns that it names are loaded, and all rows must be edits."""
        if targets:
            raise ValueError(_("The records are named in the file: say no others."))
        wrong, rows = [], []
        for one in _sorted(self.kind, lines):
            if one.group == "edit":
                rows.append({"path": one.path, "title": one.title, "set": one.data["set"]})
            elif one.group in ("create", "delete"):
                wrong.append(_("Row %d is no change: load the file in the portal.") % one.number)
            elif one.group != "same":
                words = {"n": one.number, "why": one.why}
                wrong.append(one.why if one.group == "wrong" else _("Row %(n)d: %(why)s") % words)
        if wrong:
            raise ValueError("\n".join(wrong[:FIRST]))
        return rows

    def check(self, targets: list[Any], params: dict[str, Any]) -> list[str]:
        """Whether these are rows; what is wrong with a value is found by the review, for its record alone."""
        if not targets:
            return [_("There is nothing to do it to.")]
        found = [
            _("Row %(n)d: %(why)s") % {"n": n, "why": why}
            for n, row in enumerate(targets, 1)
            if (why := self._wrong(row))
        ]
        twice = Counter(row["path"] for row in targets) if not found else {}
        found += [_("%s is named twice.") % path for path, times in twice.items() if times > 1]
        return found[:FIRST]

    def _wrong(self, row: Any) -> str:
        if not isinstance(row, dict) or not isinstance(row.get("path"), str) or not isinstance(row.get("set"), dict):
            return _("It does not say which record, and what to set.")
        if why := targets.wrong_with(row["path"]):
            return why
        if targets.depth_of(row["path"]) != self.kind.depth or row["path"].count("/") != self.kind.depth - 1:
            return _("It is not the whole path of its record.")
        if not row["set"]:
            return _("It says nothing that could be changed.")
        for path, value in row["set"].items():
            one = columns.LOADED[self.kind.name].get(path)
            if one is None:
                return _("“%s” is no field that can be set.") % path
            if value != "" and isinstance(value, str) == (one.kind in CELLED):
                return f"{one.label}: " + (_("This takes rows.") if one.kind in CELLED else _("This takes a text."))
        return ""

    def title(self, targets: list[Any], params: dict[str, Any]) -> str:
        words = {"n": len(targets), "file": params.get("file", "")}
        if not words["file"]:
            return ngettext("Changes of %(n)d record", "Changes of %(n)d records", words["n"]) % words
        return (
            ngettext("Changes of %(n)d record from %(file)s", "Changes of %(n)d records from %(file)s", words["n"])
            % words
        )

    def does(self, params: dict[str, Any]) -> list[str]:
        return []

    def plan(self, job: Job) -> Iterator[list[Found]]:
        for start in range(0, len(job.targets), PAGE):
            page = job.targets[start : start + PAGE]
            yield [Found(row["path"], row.get("title", ""), input={"set": row["set"]}) for row in page]

    def _actions(self, job: Job, item: Item) -> list[Action]:
        wanted: dict[str, Any] = (item.input or {})["set"]
        return [
            {"path": path, "do": "clear"} if value == "" else {"path": path, "do": "set", "value": value}
            for path, value in wanted.items()
        ]

    def warnings(self, job: Job) -> list[str]:
        effects = {path: str(one.effect) for path, one in self.kind.fields.items() if one.effect}
        asked = {path for row in job.targets for path in row["set"]} if effects else set[str]()
        return [effects[path] for path in effects if path in asked]

    def again(self, request: Request, job: Job) -> HttpResponse | None:
        return None


def _sorted(kind: Kind, lines: Iterable[str]) -> Iterator[Sorted]:
    """What is to become of the lines of a CSV file, the header first. They come without the blanks around them and
    without blank ones. Raises ValueError where they cannot be read at all."""
    file = BytesIO("\n".join(lines).encode())
    try:
        layout = reading.layout_of(file)
        header, *rows = reading.lines(file, layout)
    except reading.Unreadable as error:
        raise ValueError(str(error)) from None
    if layout.delimiter == "\t":
        raise ValueError(_("Save the table with commas: without tabs at its ends a row may mean something else."))
    found = columns.guess(kind, header.cells)
    if wrong := columns.problems(kind, found):
        raise ValueError("\n".join(wrong))
    return check(kind, map(_whole, rows), found, {}, codes.tables(tables_of(kind)))


def _whole(line: Line) -> Line:
    """Of a text with several lines nobody knows which blank ones are missing."""
    if line.wrong or not any("\n" in cell for cell in line.cells):
        return line
    why = _("a cell has several lines: load the file in the portal.")
    return replace(line, wrong=_("Row %(n)d: %(why)s") % {"n": line.number, "why": why})


def register_kinds() -> None:
    for kind in KINDS:
        register(EditRows(kind))
