"""Several portfolios for a service at once: new ones by their MMS IDs, or existing ones moved in. Both become a job."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render

from almaportal import codes
from almaportal.alma.records import tidy
from almaportal.jobs import control
from almaportal.request import Request
from ecollections import alma, checks, places, targets
from ecollections.create_jobs import Wrong, rows_of
from ecollections.edit_views import get_or_post, may_change
from ecollections.kinds import PORTFOLIO, SERVICE

TEMPLATE = "ecollections/several.html"
AVAILABILITY = PORTFOLIO.fields["availability"]
AVAILABLE = "11"
FIRST_WRONG = 50


@may_change
@get_or_post
def several(request: Request, **path: str) -> HttpResponse:
    """The two forms; a POST of either becomes a job, which is reviewed before anything is sent."""
    service = tuple(path.values())
    if request.method != "POST":
        alma.read(service)  # into what is gone nothing can be put
        return _page(request, service)
    return (_move if request.POST.get("do") == "move" else _create)(request, service)


def _page(request: Request, service: tuple[str, ...], status: int = 200, **more: Any) -> HttpResponse:
    options = checks.options(AVAILABILITY, codes.tables([AVAILABILITY.table]))
    context = {
        "name": places.names(service[1]).get(service[1], service[1]),
        "crumbs": places.crumbs(service),
        "address": SERVICE.address(service),
        "availabilities": list((options or {}).items()),
        "availability": request.POST.get("availability", AVAILABLE),
        "do": request.POST.get("do", ""),
        "lines": request.POST.get("lines", ""),
        "reason": request.POST.get("reason", ""),
        **more,
    }
    return render(request, TEMPLATE, context, status=status)


def _create(request: Request, service: tuple[str, ...]) -> HttpResponse:
    rows, wrong = rows_of(request.POST.get("lines", ""), "/".join(service))
    params = {"set": {AVAILABILITY.path: request.POST.get("availability", "")}}
    return _submitted(request, service, "create-portfolios", rows, params, wrong)


def _move(request: Request, service: tuple[str, ...]) -> HttpResponse:
    given = targets.from_text(request.POST.get("lines", ""))
    params = {"to": "/".join(service), "given": given.summary}
    return _submitted(request, service, "move-portfolios", given.targets, params, given.wrong)


def _submitted(
    request: Request,
    service: tuple[str, ...],
    kind: str,
    found: list[Any],
    params: Mapping[str, Any],
    wrong: Wrong,
) -> HttpResponse:
    """To the job; back to the form with all that was typed, when a line makes no sense."""
    if wrong:
        shown = {"wrong": wrong[:FIRST_WRONG], "more_wrong": len(wrong) - len(wrong[:FIRST_WRONG])}
        return _page(request, service, 422, **shown)
    reason = tidy(request.POST.get("reason", ""))
    try:
        job = control.submit(kind, found, dict(params), request.user, reason, asks=True)
    except control.Refused as refused:
        return _page(request, service, 422, refused=refused.sentences)
    return redirect("jobs:job", job.pk)
