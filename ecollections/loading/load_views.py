"""Files that people bring: their list, a template to fill in, and what the columns of one are loaded into."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from almaportal import tables
from almaportal.accounts.roles import CHANGE_ECOLLECTIONS, VIEW_ALL_JOBS
from almaportal.jobs import control
from almaportal.jobs.shown import Shown
from almaportal.pager import Pager
from almaportal.request import Request
from ecollections import places
from ecollections.create_jobs import is_service
from ecollections.edit_views import get_or_post
from ecollections.kinds import BY_NAME, KINDS, PORTFOLIO
from ecollections.loading import columns, load_forms, load_jobs
from ecollections.loading.load_forms import ColumnsForm
from ecollections.loading.reading import MOST_BYTES, Unreadable, too_large
from ecollections.models import Load

may_change = permission_required(CHANGE_ECOLLECTIONS, raise_exception=True)


def visible(request: Request) -> QuerySet[Load]:
    """One's own; all for who sees all jobs."""
    loads = Load.objects.defer("content")
    return loads if request.user.has_perm(VIEW_ALL_JOBS) else loads.filter(user_id=request.user.pk or 0)


def own(request: Request, number: int) -> Load:
    """The owner's alone: what is made of it is made in their name."""
    load = get_object_or_404(visible(request).select_related("job"), pk=number)
    if load.user_id != request.user.pk:
        raise PermissionDenied
    return load


@may_change
@get_or_post
def files(request: Request) -> HttpResponse:
    """Those that were brought, the latest first; a POST brings one. `?to=C/S`: where its new portfolios go."""
    if request.method != "POST":
        return _page(request)
    kind = BY_NAME.get(request.POST.get("what", ""), PORTFOLIO)
    to = request.POST.get("to", "").strip()
    try:
        if to and not is_service(to):
            raise Unreadable(_("New portfolios go into a service: write <e-collection>/<service>, or nothing."))
        name, file = load_forms.brought(request)
        found = load_forms.found_out(kind.name, file)
    except Unreadable as error:
        return _page(request, 422, error=str(error))
    collection_id, _slash, service_id = to.partition("/")
    found["options"] |= {"to": to}
    more: dict[str, Any] = {"collection_id": collection_id, "service_id": service_id, **found}
    load = load_forms.keep(request, name, file, form=Load.Form.ROWS, kind=kind.name, **more)
    return redirect("ecollections:file_columns", load.pk)


def _page(request: Request, status: int = 200, **more: Any) -> HttpResponse:
    pager = Pager.asked(request)
    found = visible(request).select_related("job").order_by("-pk")
    shown = list(found[pager.offset : pager.offset + pager.size])
    to = str(request.POST.get("to", request.GET.get("to", ""))).strip()
    context = {
        "rows": [{"load": load, "job": Shown(load.job) if load.job else None} for load in shown],
        "pager": pager.got(len(shown), found.count()),
        "kinds": [(one.name, words) for one, words in zip(reversed(KINDS), _whats(), strict=True)],
        "what": request.POST.get("what", PORTFOLIO.name),
        "cells": request.POST.get("cells", ""),
        "to": to,
        "to_name": places.names(to.rpartition("/")[2]).get(to.rpartition("/")[2], "") if is_service(to) else "",
        "most_bytes": MOST_BYTES,
        "too_large": too_large(),
        "days": load_forms.how_long(),
        "crumbs": places.crumbs(()),
        **more,
    }
    name = "ecollections/files.html"
    return render(request, f"{name}#results" if request.htmx else name, context, status=status)


def _whats() -> list[str]:
    return [_("portfolios"), _("services"), _("e-collections")]


@may_change
@require_safe
def file_template(request: Request) -> HttpResponseBase:
    """A file to fill in: `?what=portfolio&format=xlsx`."""
    kind = BY_NAME.get(request.GET.get("what", ""), PORTFOLIO)
    head, *rows = columns.template(kind)
    if request.GET.get("format") != "xlsx":
        return download(tables.csv_of(head, rows), f"{kind.name}s.csv")
    book = tables.xlsx_of(kind.name, head, rows)
    return FileResponse(book, as_attachment=True, filename=f"{kind.name}s.xlsx", content_type=tables.XLSX)


def download(text: Iterable[str], name: str, content_type: str = tables.CSV) -> StreamingHttpResponse:
    headers = {"Content-Disposition": content_disposition_header(True, name) or ""}
    return StreamingHttpResponse(text, content_type=content_type, headers=headers)


@may_change
@get_or_post
def file_columns(request: Request, number: int) -> HttpResponse:
    """How a file is read, and what its columns are loaded into; a POST has its rows sorted."""
    if request.method != "POST":
        load = get_object_or_404(visible(request).select_related("job"), pk=number)
        return _columns_page(request, load, ColumnsForm(load))
    load = own(request, number)
    if load.form != Load.Form.ROWS:
        raise Http404
    form = ColumnsForm(load, request.POST)
    try:
        if form.is_read_otherwise or "reread" in request.POST:
            return _read_otherwise(load, form)
        if form.problems:
            return _columns_page(request, load, form, 422, problems=form.problems)
        load.columns = [[header, loaded] for (header, _old), loaded in zip(load.columns, form.loaded, strict=True)]
        load.save(update_fields=["columns"])
        load_jobs.sort(load, request.user)
    except Unreadable as error:
        return _columns_page(request, load, form, 422, problems=[str(error)])
    except control.Refused as refused:
        return _columns_page(request, load, form, 422, problems=refused.sentences)
    return redirect("ecollections:file", load.pk)


def _read_otherwise(load: Load, form: ColumnsForm) -> HttpResponse:
    """What its columns are loaded into is found out anew; what was sorted before counts no more."""
    with load_jobs.content(load) as file:
        found = load_forms.found_out(load.kind, file, **form.given)
    found["options"] = load.options | found["options"]
    Load.objects.filter(pk=load.pk).update(**found, job=None, counts=None, message="")
    return redirect(f"{reverse('ecollections:file_columns', args=[load.pk])}?reread")


def _columns_page(
    request: Request, load: Load, form: ColumnsForm, status: int = 200, problems: Any = ()
) -> HttpResponse:
    if load.form != Load.Form.ROWS:
        return redirect("ecollections:file", load.pk)
    context = {
        "load": load,
        "form": form,
        "problems": problems,
        "is_owner": load.user_id == request.user.pk,
        "is_reread": "reread" in request.GET,
        "crumbs": crumbs(load),
    }
    return render(request, "ecollections/file_columns.html", context, status=status)


def crumbs(load: Load) -> list[tuple[str, str]]:
    """The way to a file; to one that is compared with a service by that service."""
    if load.form == Load.Form.KBART:
        service = (load.collection_id, load.service_id)
        return [*places.crumbs(service), (_("KBART"), reverse("ecollections:kbart", args=service))]
    return [*places.crumbs(()), (_("Files"), reverse("ecollections:files"))]
