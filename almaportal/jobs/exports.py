"""The items of a job as rows of a table, for CSV, XLSX and the files that are kept.

Rows are read a chunk at a time, from where the last one ended: no reading stays open beside a worker's writes.
"""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from tempfile import TemporaryFile
from typing import IO

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from almaportal.changes.models import Change
from almaportal.jobs.kinds import Kind
from almaportal.jobs.models import Item

CHUNK = 500
XLSX_MOST = 20_000  # rows: more of them keep a web server busy for half a minute and longer
NEW = "+"  # how the path of a record that is to be made ends: "+" and its line
FORMULA = ("=", "+", "-", "@", "\t", "\r")
Row = list[str]


def head() -> Row:
    names = (_("Path"), _("Collection ID"), _("Service ID"), _("Portfolio ID"), _("Title"), _("Review"), _("State"))
    return [*names, _("Message"), _("Alma's code"), _("Tracking ID"), _("Fields"), _("Change")]


def chunks(items: QuerySet[Item], size: int = CHUNK) -> Iterator[list[Item]]:
    """All of them in the order they were made, so many at a time."""
    last = 0
    while found := list(items.filter(pk__gt=last).order_by("pk")[:size]):
        yield found
        last = found[-1].pk


def rows(items: QuerySet[Item], kind: Kind | None) -> Iterator[Row]:
    """One an item, texts that nothing takes for a formula."""
    words = {str(value): str(label) for value, label in (*Item.State.choices, *Item.Verdict.choices)}
    words[""] = _("not looked at")
    for chunk in chunks(items.defer("kept")):
        changes = Change.objects.filter(pk__in=[item.change_id for item in chunk if item.change_id])
        made = dict(changes.values_list("pk", "ids"))
        for item in chunk:
            ids = made.get(item.change_id or 0) or item.ids
            yield [harmless(cell) for cell in _row(item, ids, kind, words)]


def _row(item: Item, ids: list[str], kind: Kind | None, words: dict[str, str]) -> Row:
    """ids: new ones, where it was made. What is yet to be made has none."""
    lines = kind.lines(item) if kind else []
    return [
        item.path,
        *[*("" if one.startswith(NEW) else one for one in ids), "", "", ""][:3],
        item.title,
        words[item.verdict],
        words[item.state],
        item.message,
        item.code,
        item.tracking_id,
        "\n".join(f"{line.label}: {line.before or '–'} → {line.after or '–'}" for line in lines),
        str(item.change_id or ""),
    ]


def harmless(text: str) -> str:
    """A spreadsheet program runs what begins like a formula: an apostrophe before it makes it a text."""
    return f"'{text}" if text.lstrip(" \n\0").startswith(FORMULA) else text


def csv_of(table: Iterable[Row]) -> Iterator[str]:
    """The head and the rows as CSV, some hundred lines at a time; begins with the mark that spreadsheets know UTF-8
    by."""
    out = StringIO()
    write = csv.writer(out).writerow
    out.write("\ufeff")
    write(head())
    for number, row in enumerate(table, 1):
        write(row)
        if not number % CHUNK:
            yield _taken(out)
    yield _taken(out)


def _taken(out: StringIO) -> str:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text


def xlsx_of(table: Iterable[Row]) -> IO[bytes]:
    """The head and the rows as a workbook: a file on disk, which vanishes when it is closed. All cells are text, so
    that no ID loses its last digits."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("Items"))
    sheet.append(head())
    for row in table:
        sheet.append([ILLEGAL_CHARACTERS_RE.sub("", cell) for cell in row])
    file = TemporaryFile()  # noqa: SIM115 - the response closes it
    book.save(file)
    file.seek(0)
    return file
