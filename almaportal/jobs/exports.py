"""The items of a job as rows of a table, for CSV, XLSX and the files that are kept.

Rows are read a chunk at a time, from where the last one ended: no reading stays open beside a worker's writes.
"""

from collections.abc import Iterable, Iterator
from typing import IO

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from almaportal import tables
from almaportal.changes.models import Change
from almaportal.jobs.kinds import Kind
from almaportal.jobs.models import Item
from almaportal.tables import Row, harmless

CHUNK = 500
NEW = "+"  # how the path of a record that is to be made ends: "+" and its line


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
        "/".join(item.ids),
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


def csv_of(table: Iterable[Row]) -> Iterator[str]:
    return tables.csv_of(head(), table)


def xlsx_of(table: Iterable[Row]) -> IO[bytes]:
    return tables.xlsx_of(_("Items"), head(), table)
