"""Home, finding by ID, and the answer to a monitor."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import escape
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django.views.defaults import bad_request as server_bad_request
from django.views.defaults import server_error

from almaportal.accounts.roles import VIEW_CHANGES, VIEW_ECOLLECTIONS, VIEW_USAGE
from almaportal.alma import clock
from almaportal.alma.gateway import alma
from almaportal.changes.models import Change
from almaportal.changes.shown import visible_to
from almaportal.health import has_run_long
from almaportal.jobs.sweep import worker_is_late
from almaportal.pages import failure
from almaportal.request import Request
from almaportal.usage import alerts
from almaportal.usage.keys import refused_today
from ecollections.finding import find_page, look_for_service, may_be_alma_id
from ecollections.models import IndexedService


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    quota = alma().quota.state()
    missing_keys = [f"ALMA_API_KEY_{area.upper()}" for area in settings.ALMA_AREAS if not settings.ALMA_KEYS.get(area)]
    no_worker = worker_is_late() and has_run_long()
    unsure = _unsure_changes(request.user) if request.user.has_perm(VIEW_CHANGES) else 0
    may_view_usage = request.user.has_perm(VIEW_USAGE)
    refused_keys = refused_today() if may_view_usage else []
    warnings = alerts.on_home() if may_view_usage else []
    states = (quota.blocked_until, quota.failed_at, quota.slowed, missing_keys, no_worker, unsure, refused_keys)
    context = {
        "warnings": warnings,
        "refused_keys": refused_keys,
        "unsure": unsure,
        "quota": quota,
        "base_url": settings.ALMA_BASE_URL,
        "missing_keys": missing_keys,
        "read_only": sorted(settings.ALMA_READ_ONLY),
        "worker_is_late": no_worker,
        "needs_attention": any((*states, warnings)),
        "resets_in": quota.resets_at - clock.moment(),
    }
    return render(request, "home.html", context)


def _unsure_changes(user: Any) -> int:
    """Those of the last days whose outcome nobody knows: older ones somebody has seen by now."""
    recent = visible_to(user).filter(at__gte=clock.moment() - timedelta(days=7))
    return recent.filter(state=Change.State.UNSURE).count()


@require_http_methods(["GET", "HEAD", "POST"])
def find(request: Request) -> HttpResponse:
    """The search box: an Alma ID leads to its page by its first two digits; words, an ISSN or an ISBN to the title
    index, and while nothing is indexed to the list of e-collections.

    A POST looks for a service that was never seen, at a price that its page tells first.
    """
    wanted = request.GET.get("q", "").strip()
    if not wanted:
        return redirect("home")
    if not request.user.has_perm(VIEW_ECOLLECTIONS):
        return forbidden(request)
    wanted = "".join(wanted.split()) if wanted.replace(" ", "").isdigit() else wanted
    if wanted.upper().startswith("POL-"):
        query = urlencode({"field": "po_line_id", "q": wanted})
        return redirect(f"{reverse('ecollections:collections')}?{query}")
    is_number = wanted.isascii() and wanted.isdigit() and 8 <= len(wanted) <= 30
    if IndexedService.objects.exists() and not (is_number and may_be_alma_id(wanted)):
        return redirect(f"{reverse('ecollections:titles')}?{urlencode({'q': wanted})}")
    if not is_number:
        return redirect(f"{reverse('ecollections:collections')}?{urlencode({'q': wanted})}")
    address = find_page(wanted)
    search = None
    if request.method == "POST" and not address:
        search = look_for_service(wanted)
        address = search.address
    if address:
        return redirect(address)
    return render(request, "find.html", {"wanted": wanted, "kind": wanted[:2], "search": search}, status=404)


def not_found(request: Request, exception: Exception) -> HttpResponse:
    """No page at this address; under htmx its message alone."""
    return failure(request, "404.html", 404)


def too_large(request: HttpRequest) -> HttpResponse:
    """More was sent than the portal takes: a page that needs nothing else to work."""
    most = settings.MOST_REQUEST_BYTES // 1024 // 1024
    return HttpResponse(render_to_string("413.html", {"most": most}), status=413)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What the portal does not understand; of text that is too long it says so."""
    if isinstance(exception, RequestDataTooBig):
        text_most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024 // 1024
        return HttpResponse(render_to_string("413.html", {"text_most": text_most}), status=413)
    return server_bad_request(request, exception)


def broken(request: HttpRequest) -> HttpResponse:
    """A fault of the portal: a page that needs nothing else to work; under htmx a message within the page."""
    if request.headers.get("HX-Request") == "true":
        text = _("Something went wrong in the portal. It was written to its log. Look before you try again.")
        return HttpResponse(f'<section class="notice bad"><b>■ {escape(text)}</b></section>', status=500)
    return server_error(request)


def forbidden(request: Request, exception: Exception | None = None) -> HttpResponse:
    """The person is signed in but may not: which right is missing is an administrator's to give."""
    return failure(request, "403.html", 403)
