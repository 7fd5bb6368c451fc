"""A filtered list of titles as CSV or XLSX. The columns that a file may carry are named and written as it would be
loaded (ecollections.loading), so that what comes back unchanged changes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from almaportal import tables
from almaportal.request import Request
from almaportal.tables import Row, harmless
from ecollections.kinds import PORTFOLIO
from ecollections.loading import cells, columns
from ecollections.models import Title
from ecollections.titles import facts, forms, search
from ecollections.titles.search import Query
from ecollections.views import may_view

NAME = "titles"
KNOWN = (columns.ID, columns.COLLECTION_ID, columns.SERVICE_ID, columns.MMS_ID, "availability", "library", *facts.PATHS)
TOLD = ("title", "issn", "isbn", "author", "publisher", "url")


@dataclass(frozen=True)
class Columns:
    """targets: of the columns that can be loaded; head: their headers, then those of what is for reading only."""

    targets: list[str]
    head: Row

    @classmethod
    def all(cls) -> "Columns":
        named = [(target, header) for target, header in columns.headers(PORTFOLIO) if target in KNOWN]
        told = [_("Title"), "ISSN", "ISBN", _("Author"), _("Publisher"), _("URL in use")]
        return cls([target for target, _header in named], [*(header for _target, header in named), *told])

    def row(self, title: Title) -> Row:
        loaded = [_cell(title, target) for target in self.targets]
        return [harmless(text) for text in (*loaded, *(getattr(title, name) or "" for name in TOLD))]


def _cell(title: Title, target: str) -> str:
    value: Any
    match target:
        case columns.ID:
            return str(title.alma_id)
        case columns.COLLECTION_ID:
            return title.service.collection_id
        case columns.SERVICE_ID:
            return title.service.service_id
        case columns.MMS_ID:
            return str(title.mms_id or "")
        case "availability":
            value = title.facet.availability
        case "library":
            value = title.facet.library
        case _:
            value = (title.facts or {}).get(target)
    return cells.text(PORTFOLIO.fields[target], value) if value else ""


def rows(query: Query, found: Columns) -> Iterator[Row]:
    """One a title, as the index has them, read some hundred at a time."""
    for titles in search.every(query):
        for title in titles:
            yield found.row(title)


@may_view
@require_safe
def titles_export(request: Request) -> HttpResponseBase:
    """All that match, as `?format=csv` or `xlsx`; of very many there is no workbook: the search says so."""
    query = forms.TitlesForm(request.GET).query(forms.known_values())
    found = Columns.all()
    if request.GET.get("format") != "xlsx":
        text = tables.csv_of(found.head, rows(query, found))
        disposition = {"Content-Disposition": f'attachment; filename="{NAME}.csv"'}
        return StreamingHttpResponse(text, content_type=tables.CSV, headers=disposition)
    if search.count(query) > tables.XLSX_MOST:
        return redirect(forms.address(query))
    book = tables.xlsx_of(_("Titles"), found.head, rows(query, found))
    return FileResponse(book, as_attachment=True, filename=f"{NAME}.xlsx", content_type=tables.XLSX)
