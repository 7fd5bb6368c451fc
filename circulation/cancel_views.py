"""Cancelling one request, after it was shown who else waits."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from almaportal.accounts.roles import CHANGE_REQUESTS
from almaportal.alma.errors import AlmaError
from almaportal.alma.records import Record, code
from almaportal.carried import pack, unpack
from almaportal.changes.log import AlreadySent, Why
from almaportal.changes.models import Change
from almaportal.people import access
from almaportal.people.models import Access
from almaportal.request import Request
from circulation import alma, cancelling, record
from circulation.cancel_forms import CancelForm

may_change = permission_required(CHANGE_REQUESTS, raise_exception=True)
# What an address and a list need of a request; nothing else of it is carried from page to page.
CARRIED = ("request_id", "user_primary_id", "mms_id", "item_id", "holding_id", "request_type", "request_status")


@may_change
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: Request, request_id: str) -> HttpResponse:
    """What is about to be cancelled and who else waits: two calls. A POST cancels it and looks: two calls."""
    if request.method == "POST":
        return _cancelled(request, request_id)
    found = alma.request(request_id)
    own = record.person(found)
    if own:
        access.seen(request, own, Access.Action.REQUESTS)
    others, trouble = _others(found)
    access.listed(request, filter(None, map(record.person, others)))
    context = {"others": [record.row(one) for one in others], "trouble": trouble, "why_not": cancelling.why_not(found)}
    return _page(request, found, CancelForm(), context)


def _others(found: Record) -> tuple[list[Record], AlmaError | None]:
    """Who else waits for the title, the next first. That nobody could look is no reason not to cancel."""
    try:
        waiting = alma.of_title(code(found.get("mms_id")))
    except AlmaError as error:
        return [], error
    mine = record.request_id(found)
    others = [one for one in waiting if record.request_id(one) != mine and record.person(one)]
    return sorted(others, key=lambda one: record.place_in_queue(one) or 0), None


def _page(
    request: Request, found: Record, form: CancelForm, context: dict[str, Any], token: str = "", status: int = 200
) -> HttpResponse:
    own = record.request_id(found)
    carried = {name: found.get(name) for name in CARRIED} | {"title": found.get("title")}
    here = reverse("circulation:request", args=[own])
    context |= {
        "row": record.row(found),
        "form": form,
        "carried": pack("cancel", [carried, token or get_random_string(20)]),
        "crumbs": [(_("Circulation"), reverse("circulation:circulation")), (own, here)],
    }
    return render(request, "circulation/cancel.html", context, status=status)


def _cancelled(request: Request, request_id: str) -> HttpResponse:
    found, token = unpack("cancel", request.POST.get("carried", ""))
    if record.request_id(found) != request_id:
        raise BadRequest("the form of another request")
    form = CancelForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form, {}, token, 422)
    if own := record.person(found):
        access.seen(request, own, Access.Action.CANCEL)
    try:
        done = cancelling.cancel(found, form.words, Why(form.cleaned_data["ticket"]), token)
    except AlreadySent as sent:
        return _told(request, found, sent.change, "sent before")
    except AlmaError as error:
        return _page(request, found, form, {"error": error}, status=error.page_status)
    return _told(request, found, done.change, done.after, done.error)


def _told(request: Request, found: Record, change: Change, after: str, error: AlmaError | None = None) -> HttpResponse:
    """What became of it."""
    crumbs = [(_("Circulation"), reverse("circulation:circulation"))]
    context = {"row": record.row(found), "change": change, "after": after, "error": error, "crumbs": crumbs}
    status = error.page_status if error and after != "over" else 200
    return render(request, "circulation/cancelled.html", context, status=status)
