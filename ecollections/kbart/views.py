"""The page of a service that compares it with a provider's KBART file, and gives the service as one."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from almaportal.alma import clock
from almaportal.alma.records import whole_number
from almaportal.jobs import control
from almaportal.jobs.shown import Shown
from almaportal.request import Request
from ecollections import alma, places
from ecollections.edit_views import get_or_post, may_change
from ecollections.kbart import known, reading, writing
from ecollections.kinds import SERVICE
from ecollections.loading import load_forms, load_jobs
from ecollections.loading.load_views import download, visible
from ecollections.loading.reading import MOST_BYTES, Unreadable, opened, too_large
from ecollections.models import IndexedService, Load, Title
from ecollections.record_job import PAGE

LATEST = 12
TEXT = "text/tab-separated-values; charset=utf-8"
Path = tuple[str, str]


@may_change
@get_or_post
def kbart(request: Request, collection_id: str, service_id: str) -> HttpResponse:
    """What must be known first, the form, and earlier comparisons; a POST indexes, reads, or brings a file."""
    service = (collection_id, service_id)
    if request.method != "POST":
        alma.read(service)  # with what is gone nothing can be compared
        return _page(request, service)
    try:
        match request.POST.get("do"):
            case "index":
                return _job(request, "index-titles", ["/".join(service)], {"identifiers": True})
            case "read":
                ids = _unread(service).order_by("sort", "pk").values_list("alma_id", flat=True)
                return _job(request, "read-portfolios", [f"{'/'.join(service)}/{one}" for one in ids], {})
        return _compare(request, service)
    except (Unreadable, control.Refused) as error:
        return _page(request, service, 422, error=str(error))


def _job(request: Request, kind: str, targets: list[str], params: dict[str, Any]) -> HttpResponse:
    return redirect("jobs:job", control.submit(kind, targets, params, request.user).pk)


def _compare(request: Request, service: Path) -> HttpResponse:
    found = IndexedService.objects.filter(service_id=service[1]).first()
    if found is None or found.built is None:
        raise Unreadable(known.not_indexed())
    name, file = load_forms.brought(request)
    layout, lines = opened(file)
    header = next(lines).cells
    if wrong := reading.problems(header):
        raise Unreadable(
            " ".join([*wrong, _("Is it a KBART file? Name its columns as KBART does, and load it again.")])
        )
    places_of = {place: field for field, place in reading.columns(header).items()}
    columns = [[text, places_of.get(place, "")] for place, text in enumerate(header)]
    previous, latest = known.last_time(service[1]), known.compared_with(service[1]).first()
    decisions = latest.options.get("decisions", {}) if latest else {}
    fields: dict[str, Any] = {"layout": layout.as_json(), "columns": columns, "options": {"decisions": decisions}}
    load = load_forms.keep(
        request,
        name,
        file,
        form=Load.Form.KBART,
        collection_id=service[0],
        service_id=service[1],
        previous=previous,
        **fields,
    )
    load_jobs.sort(load, request.user)
    return redirect("ecollections:file", load.pk)


def _page(request: Request, service: Path, status: int = 200, **more: Any) -> HttpResponse:
    indexed = IndexedService.objects.filter(service_id=service[1], built__isnull=False).first()
    total = indexed.total if indexed else _total(service)
    comparisons = Load.objects.filter(form=Load.Form.KBART, service_id=service[1]).defer("content")
    mine = set(visible(request).filter(service_id=service[1]).values_list("pk", flat=True))
    context = {
        "name": places.names(service[1]).get(service[1], service[1]),
        "crumbs": places.crumbs(service),
        "address": SERVICE.address(service),
        "indexed": indexed,
        "titles": Title.objects.filter(service__service_id=service[1]).count(),
        "unread": _unread(service).count(),
        "index_calls": 2 * -(-(total or 0) // PAGE),
        "rows": [
            {"load": load, "job": Shown(load.job) if load.job else None, "is_visible": load.pk in mine}
            for load in comparisons.select_related("job").order_by("-pk")[:LATEST]
        ],
        "cells": request.POST.get("cells", ""),
        "most_bytes": MOST_BYTES,
        "too_large": too_large(),
        **more,
    }
    return render(request, "ecollections/kbart.html", context, status=status)


def _total(service: Path) -> int | None:
    """How many portfolios Alma lists: the first page, which the job that indexes begins with too."""
    return whole_number(alma.portfolios(*service, PAGE, 0).data.get("total_record_count"))


def _unread(service: Path) -> QuerySet[Title]:
    """The titles whose coverage and URL the portal does not know."""
    return Title.objects.filter(service__service_id=service[1], facts__isnull=True)


@may_change
@require_safe
def kbart_out(request: Request, collection_id: str, service_id: str) -> StreamingHttpResponse:
    """The service as a KBART file, from the title index."""
    names = places.names(collection_id)
    provider = places.interfaces([collection_id]).get(collection_id, "")
    day = timezone.localtime(clock.moment()).date()
    name = writing.file_name(provider, names.get(collection_id, collection_id), day)
    return download(writing.kbart_lines(known.listed((collection_id, service_id))), name, TEXT)
