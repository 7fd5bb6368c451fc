"""The usage page: who spends the calls to Alma, when they run out, what was saved. It asks Alma nothing itself."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from almaportal import tables
from almaportal.accounts.roles import VIEW_USAGE
from almaportal.request import Request
from almaportal.usage import breakdown, words
from almaportal.usage.chart import Chart
from almaportal.usage.page import Page

may_view = permission_required(VIEW_USAGE, raise_exception=True)
Table = tuple[list[str], Iterable[list[object]]]


@may_view
@require_safe
def usage(request: Request) -> HttpResponse:
    """What was counted in a period, narrowed by the filters of the address."""
    page = Page(request)
    return render(request, "usage/usage.html#results" if request.htmx else "usage/usage.html", {"page": page})


@may_view
@require_safe
def csv(request: Request) -> StreamingHttpResponse:
    """A part of the page, whole: `part` is a word of PARTS; all else as in the page's own address."""
    page = Page(request)
    part = request.GET.get("part", "")
    part = part if part in PARTS else "table"
    head, rows = PARTS[part](page)
    texts = map(_texts, rows)
    response = StreamingHttpResponse(tables.csv_of(_texts(head), texts), content_type=tables.CSV)
    response["Content-Disposition"] = f'attachment; filename="usage-{part}-{page.asked.period}.csv"'
    return response


def _texts(row: Iterable[object]) -> list[str]:
    return [tables.harmless("" if cell is None else str(cell)) for cell in row]


def _table(page: Page) -> Table:
    name = str(words.DIMENSIONS[page.asked.by])
    head = [name, _("Value"), _("Calls"), _("Counted by Alma"), _("Share, %"), _("Saved"), _("429"), _("Waited, s"),
            _("Not made"), _("Answer, median, s"), _("Answer, 95 %, s")]  # fmt: skip
    rows, _all = breakdown.rows(page.parts, page.asked, page.request, None)
    return head, (_row(row) for row in rows)


def _row(row: breakdown.Row) -> list[object]:
    sums = row.sums
    return [row.name, row.value, sums.calls, sums.counted, f"{row.percent:.2f}", sums.saved, sums.throttled,
            f"{sums.waited:.3f}", sums.refused, _seconds(sums.median), _seconds(sums.p95)]  # fmt: skip


def _seconds(found: float | None) -> str:
    if found is None:
        return ""
    return f"{found:.3f}" if found != float("inf") else "inf"


def _chart(page: Page) -> Table:
    chart = page.chart
    stacks = [stack.label for stack in chart.stacks]
    head = [_("From (GMT)"), chart.head if chart.of_days else _("From (here)"), *stacks, _("All"), _("Left")]
    begun = (bar for bar in chart.bars if bar.start <= page.now)
    return head, ([*_begins(chart, bar.start), *bar.counts, bar.total, bar.left] for bar in begun)


def _begins(chart: Chart, start: datetime) -> list[str]:
    """A day or a month of Alma's begins at no time of ours."""
    gmt, here = _times(start)
    return [gmt, chart.words(start) if chart.of_days else here]


def _errors(page: Page) -> Table:
    head = [_("Error"), _("What it means"), _("Calls"), _("Latest tracking IDs")]
    rows = ([one.name, one.meaning, one.calls, " ".join(found for found, _at in one.ids)] for one, _href in page.errors)
    return head, rows


def _failures(page: Page) -> Table:
    head = [_("When (GMT)"), _("When (here)"), _("Method"), _("Operation"), _("Outcome"), _("HTTP"), _("Code"),
            _("Alma's text"), _("Tracking ID"), _("Person")]  # fmt: skip
    return head, _failed(page)


def _failed(page: Page) -> Iterator[list[object]]:
    names = words.names("person", {one.user_id for one in page.on_record}, page.request)
    for one in page.on_record:
        what = [one.method, one.operation, one.what, one.status, one.code, one.text, one.tracking_id]
        yield [*_times(one.at), *what, names[one.user_id]]


def _times(moment: datetime) -> list[str]:
    return [f"{moment:%Y-%m-%dT%H:%M:%SZ}", f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}"]


PARTS = {"table": _table, "chart": _chart, "errors": _errors, "failures": _failures}
