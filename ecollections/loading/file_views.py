"""What people do with a file that was brought: look at it, decide, make jobs of its groups, have it read once more."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from django.core.exceptions import BadRequest
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from almaportal import tables
from almaportal.changes.shown import as_number
from almaportal.jobs import control, notices
from almaportal.request import Request
from almaportal.tables import Row, harmless
from ecollections.deleting import BIB_CHOICES
from ecollections.edit_views import get_or_post
from ecollections.kbart.known import WITHOUT
from ecollections.loading import load_jobs
from ecollections.loading.file_page import LATER, NONE, Page, lines_of
from ecollections.loading.fill_in import fill_in
from ecollections.loading.groups import GROUPS, make_job, rows_of, sorted_anew
from ecollections.loading.load_views import crumbs, download, may_change, own, visible
from ecollections.models import Load, LoadRow

PAGE = "ecollections/file.html"
CHUNK = 1000


@may_change
@require_safe
def file(request: Request, number: int) -> HttpResponse:
    """A file. While its rows are sorted the page asks for itself again."""
    load = get_object_or_404(visible(request).select_related("job"), pk=number)
    if load.form == Load.Form.ROWS and load.counts is None and load.job is None:
        return redirect("ecollections:file_columns", load.pk)
    if load.job:
        notices.seen(load.job, request.user)
    return _show(request, load)


def post_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Who goes once more to where something was sent comes to the file."""

    @wraps(view)
    def posted(request: Request, number: int) -> HttpResponse:
        return view(request, number) if request.method == "POST" else redirect("ecollections:file", number)

    return get_or_post(posted)


def _show(request: Request, load: Load, refused: tuple[str, ...] = (), status: int = 200, **more: Any) -> HttpResponse:
    part = {"state": "#state", "results": "#results"}.get(request.htmx.target or "", "") if request.htmx else ""
    context = {"load": load, "page": Page(request, load, refused), "crumbs": crumbs(load), "bib": "retain", **more}
    return render(request, f"{PAGE}{part}", context, status=status)


@may_change
@post_only
def file_again(request: Request, number: int) -> HttpResponse:
    """Sort its rows once more."""
    load = own(request, number)
    under_way = load.job is not None and load.job.state not in control.OVER
    if not (under_way and load.counts is None):
        load_jobs.sort(load, request.user)
    return redirect("ecollections:file", number)


@may_change
@post_only
def file_remove(request: Request, number: int) -> HttpResponse:
    """Forget the file and its rows; the jobs that were made from it stay."""
    load = own(request, number)
    load.delete()
    if load.form == Load.Form.KBART:
        return redirect("ecollections:kbart", load.collection_id, load.service_id)
    return redirect("ecollections:files")


@may_change
@post_only
def file_job(request: Request, number: int) -> HttpResponse:
    """A job for all rows of a group, for those that were ticked, or for all but those."""
    load = own(request, number)
    group = GROUPS[load.form].get(request.POST.get("group", ""))
    deed = request.POST.get("deed", "").split()
    if group is None or len(deed) != 2 or deed[0] not in group.does:
        raise BadRequest("not a button of this page")
    if _is_sorted_anew(request, load):
        return _show(request, load, (sorted_anew(),), 422)
    name, which = deed
    bib = request.POST.get("bib", "")
    if name == "delete" and bib not in BIB_CHOICES:
        return _show(request, load, (_("Say first what becomes of titles that are left without any inventory."),), 422)
    rows = rows_of(load, group, bool(request.POST.get("old")))
    if which != "all":
        rows = _picked(request, rows, which)
    try:
        job = make_job(load, group, name, rows, request.user, bib)
    except control.Refused as refused:
        return _show(request, load, refused.sentences, 422, bib=bib)
    return redirect("jobs:job", job.pk)


def _is_sorted_anew(request: Request, load: Load) -> bool:
    """Whether the rows are other ones than on the page that this was sent from: what was ticked there is none of
    them."""
    return load.counts is None or request.POST.get("sorted") != str(load.job_id or "")


def _picked(request: Request, rows: QuerySet[LoadRow], which: str) -> QuerySet[LoadRow]:
    ticked = [*request.POST.get("more", "").split(), *request.POST.getlist("pick")]
    numbers = [found for one in ticked if (found := as_number(one))]
    return rows.filter(pk__in=numbers) if which == "ticked" else rows.exclude(pk__in=numbers)


@may_change
@post_only
def file_decisions(request: Request, number: int) -> HttpResponse:
    """What people say that unclear titles are; it counts from the next comparison on, and for next month's file too."""
    load = own(request, number)
    page = Page(request, load)
    if "forget" not in request.POST and _is_sorted_anew(request, load):
        return _show(request, load, (sorted_anew(),), 422)
    if "forget" in request.POST:
        decided: dict[str, str | None] = dict.fromkeys(page.decisions)
    else:
        decided = dict(_decided(request, load))
    with transaction.atomic():
        options = Load.objects.values_list("options", flat=True).get(pk=load.pk)
        kept = {key: value for key, value in (options.get("decisions", {}) | decided).items() if value is not None}
        Load.objects.filter(pk=load.pk).update(options=options | {"decisions": kept})
    if "again" in request.POST:
        return file_again(request, number)
    query = {"group": "unclear", **{name: request.POST[name] for name in ("old", "page") if request.POST.get(name)}}
    return redirect(f"{reverse('ecollections:file', args=[number])}?{urlencode(query)}#decisions")


def _decided(request: Request, load: Load) -> Iterator[tuple[str, str | None]]:
    """(matching.key, path), "" for no portfolio, None for not decided; of the rows that the form had."""
    sent = ((name, str(text)) for name, text in request.POST.items() if name.startswith("choice-"))
    said = {as_number(name.removeprefix("choice-")): text for name, text in sent}
    for row in load.rows.filter(group="unclear", pk__in=said):
        data, choice = row.data or {}, said[row.pk]
        if choice in (LATER, NONE, *(one["path"] for one in data.get("choices", []))):
            yield str(data["match_key"]), {LATER: None, NONE: ""}.get(choice, choice)


@may_change
@require_safe
def file_rows_csv(request: Request, number: int) -> HttpResponseBase:
    """The rows of a group, as the page shows them; of new titles without MMS ID a file to fill in and to load."""
    load = get_object_or_404(visible(request), pk=number)
    page = Page(request, load)
    group = page.chosen.group
    rows = rows_of(load, group, page.with_old)
    head, found = fill_in(load, _all(rows)) if group.name == WITHOUT else (_head(), map(_cells, _all(rows)))
    text = tables.csv_of(head, ([harmless(cell) for cell in row] for row in found))
    return download(text, f"file-{number}-{group.name}.csv")


def _all(rows: QuerySet[LoadRow]) -> Iterator[LoadRow]:
    """A chunk at a time: no reading stays open beside a worker's writes."""
    last = 0
    while found := list(rows.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        yield from found
        last = found[-1].pk


def _head() -> Row:
    return [_("Row"), _("Title"), _("Path"), _("What becomes of it"), _("Why"), _("Fields")]


def _cells(row: LoadRow) -> Row:
    lines = [f"{label}: {before or '–'} → {after or '–'}" for label, before, after in lines_of(row)]
    return [str(row.number or ""), row.title, row.path, row.group, row.why, "\n".join(lines)]
