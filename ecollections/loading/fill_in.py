"""New titles whose MMS ID nobody knows, as a file that is filled in by hand and then loaded."""

from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from almaportal.tables import Row
from ecollections.kinds import PORTFOLIO
from ecollections.loading import cells, columns
from ecollections.models import Load, LoadRow


def fill_in(load: Load, rows: Iterable[LoadRow]) -> tuple[Row, Iterator[Row]]:
    """The header, and the rows: columns as the loader knows them, the MMS ID empty; last what tells which title it
    is."""
    loaded = [pair for pair in columns.headers(PORTFOLIO) if pair[0] != columns.ID]
    head = [*(header for _target, header in loaded), _("Title in the file"), _("ISSN or ISBN in the file")]
    return head, (_row(load, row, [target for target, _header in loaded]) for row in rows)


def _row(load: Load, row: LoadRow, targets: Iterable[str]) -> Row:
    data = row.data or {}
    wanted = data.get("set", {})
    own = {columns.DO: _("create"), columns.COLLECTION_ID: load.collection_id, columns.SERVICE_ID: load.service_id}
    said = [
        own.get(target) or (cells.text(PORTFOLIO.fields[target], wanted[target]) if target in wanted else "")
        for target in targets
    ]
    return [*said, row.title, ", ".join(data.get("identifiers", []))]
