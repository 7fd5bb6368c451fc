"""Jobs: their list, one of them, its items and its files. What people do with one: control_views.py."""

from collections.abc import Iterable

from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe
from django_htmx.http import reswap, retarget

from almaportal import tables
from almaportal.accounts.roles import VIEW_ALL_JOBS, VIEW_JOBS
from almaportal.jobs import exports, files, notices
from almaportal.jobs.forms import FilterForm, ItemsForm, StartForm
from almaportal.jobs.job_page import Page
from almaportal.jobs.kinds import KINDS, hidden_from
from almaportal.jobs.models import Item, Job
from almaportal.jobs.shown import Shown, ShownItem, counts_of
from almaportal.pager import Pager
from almaportal.request import Request

may_view = permission_required(VIEW_JOBS, raise_exception=True)


def visible(request: Request) -> QuerySet[Job]:
    """One's own; all for who sees all; none about records that this person may not see."""
    jobs = Job.objects.exclude(kind__in=hidden_from(request.user))
    return jobs if request.user.has_perm(VIEW_ALL_JOBS) else jobs.filter(user_id=request.user.pk or 0)


@may_view
@require_safe
def jobs(request: Request) -> HttpResponse:
    """Jobs, the latest first, by kind, state, person and day."""
    form = FilterForm(request.GET, request.user)
    found = form.filter(visible(request)).order_by("-pk")
    pager = Pager.asked(request)
    shown = list(found.defer("targets", "params", "tree")[pager.offset : pager.offset + pager.size])
    counts = counts_of(shown)
    context = {
        "form": form,
        "rows": [Shown(job, counts[job.pk]) for job in shown],
        "pager": pager.got(len(shown), found.count()),
    }
    return render(request, "jobs/jobs.html#results" if request.htmx else "jobs/jobs.html", context)


@may_view
@require_safe
def job(request: Request, number: int) -> HttpResponse:
    """One job. While something goes on it asks for itself again: for its figures, or for all that looks different."""
    return show(request, get_object_or_404(visible(request), pk=number))


def show(
    request: Request, found: Job, refused: tuple[str, ...] = (), form: StartForm | None = None, status: int = 200
) -> HttpResponse:
    """The page of a job. refused: why what was just asked was not done; form: as it was sent."""
    if not request.htmx:  # a tab that nobody looks at asks too
        notices.seen(found, request.user)
    page = Page(request, found, refused, form)
    context = {"page": page, "job": found}
    if not request.htmx:
        _note_seen(request, found, page.first_items)
        return render(request, "jobs/job.html", context, status=status)
    if request.GET.get("shown") == page.layout:
        return render(request, "jobs/job.html#progress", context)
    _note_seen(request, found, page.first_items)
    return reswap(retarget(render(request, "jobs/job.html#state", context), "#state"), "outerHTML")


@may_view
@require_safe
def items(request: Request, number: int) -> HttpResponse:
    """What became of each record, or will."""
    found = get_object_or_404(visible(request), pk=number)
    form = ItemsForm(request.GET)
    matching = form.filter(found.items.all())
    pager = Pager.asked(request)
    rows = matching.order_by("position").defer("kept", "change__record", "change__fields", "change__looked")
    shown = list(rows.select_related("change")[pager.offset : pager.offset + pager.size])
    kind, count = KINDS.get(found.kind), matching.count()
    _note_seen(request, found, shown)
    context = {
        "job": found,
        "form": form,
        "rows": [ShownItem(item, kind) for item in shown],
        "pager": pager.got(len(shown), count),
        "xlsx_most": tables.XLSX_MOST if count > tables.XLSX_MOST else None,
    }
    return render(request, "jobs/items.html#results" if request.htmx else "jobs/items.html", context)


def _table(request: Request, number: int) -> tuple[Job, QuerySet[Item]]:
    """The items of the filter that the address says, for a file of them."""
    found = get_object_or_404(visible(request), pk=number)
    matching = ItemsForm(request.GET).filter(found.items.all())
    _note_seen(request, found, matching)
    return found, matching


def _note_seen(request: Request, job: Job, items: Iterable[Item]) -> None:
    """Where looks at the records of the job are on record."""
    if kind := KINDS.get(job.kind):
        kind.seen(request, items)


@may_view
@require_safe
def items_csv(request: Request, number: int) -> HttpResponseBase:
    found, matching = _table(request, number)
    text = exports.csv_of(exports.rows(matching, KINDS.get(found.kind)))
    return _download(StreamingHttpResponse(text, content_type="text/csv; charset=utf-8"), f"job-{number}-items.csv")


@may_view
@require_safe
def items_xlsx(request: Request, number: int) -> HttpResponseBase:
    """Of very many there is none: the page of the items says so."""
    found, matching = _table(request, number)
    if matching.count() > tables.XLSX_MOST:
        return redirect(f"{reverse('jobs:items', args=[number])}?{request.GET.urlencode()}")
    book = exports.xlsx_of(exports.rows(matching, KINDS.get(found.kind)))
    return FileResponse(book, as_attachment=True, filename=f"job-{number}-items.xlsx", content_type=tables.XLSX)


@may_view
@require_safe
def file(request: Request, number: int, name: str) -> HttpResponseBase:
    """A file that is kept of the job; what it was asked to do it to is made on the fly."""
    found = get_object_or_404(visible(request), pk=number)
    if name == files.TARGETS:
        return _download(
            StreamingHttpResponse(files.targets(found), content_type="text/plain; charset=utf-8"),
            f"job-{number}-{name}",
        )
    kept = get_object_or_404(found.files, name=name)
    _note_seen(request, found, found.items.all())
    content_type = "text/csv; charset=utf-8" if name.endswith(".csv") else "application/jsonl; charset=utf-8"
    return _download(StreamingHttpResponse(files.content(kept), content_type=content_type), f"job-{number}-{name}")


def _download(response: StreamingHttpResponse, name: str) -> StreamingHttpResponse:
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
