"""Cancelling one request, after it was shown who else waits; and what became of it."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from almaportal.accounts.roles import CHANGE_REQUESTS
from almaportal.alma.errors import AlmaError, AlmaNotFound
from almaportal.alma.records import Record
from almaportal.carried import pack, unpack
from almaportal.changes import following
from almaportal.changes.log import AlreadySent, Why
from almaportal.changes.models import Change
from almaportal.people import access
from almaportal.people.models import Access
from almaportal.request import Request
from circulation import alma, cancelling, follow_views, record
from circulation.cancel_forms import CancelForm
from circulation.closure import KIND

may_change = permission_required(CHANGE_REQUESTS, raise_exception=True)
MOST_OTHERS = 10  # its page says so
# What is shown of those who wait, too.
OF_OTHERS = (
    *("request_id", "user_primary_id", "place_in_queue", "request_status", "task_name"),
    *("pickup_location", "pickup_location_type", "pickup_location_library", "pickup_location_institution"),
    "pickup_location_circulation_desk",
)


@may_change
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: Request, request_id: str) -> HttpResponse:
    """What is about to be cancelled and who else waits: two calls. A POST cancels it and looks: two calls."""
    if request.method == "POST":
        return _sent(request, request_id)
    try:
        found = record.named(alma.request(request_id), request_id)
    except AlmaNotFound as error:
        if not error.is_gone:
            raise
        return follow_views.over(request, request_id, error)
    own = record.person(found)
    if own:
        access.seen(request, own, Access.Action.REQUESTS)
    others, trouble = _others(found)
    access.listed(request, filter(None, map(record.person, others or ())))
    return _page(request, [found, others, trouble, get_random_string(20)], CancelForm())


def _others(found: Record) -> tuple[list[Record] | None, str]:
    """(who else waits for the title, the next first, None where nobody could look; why not). That is no reason not to
    cancel."""
    mms_id = record.row(found)["mms_id"]
    if not mms_id:
        return None, _("The request names no title")
    try:
        waiting = alma.of_title(mms_id)
    except AlmaError as error:
        return None, str(error.title)
    mine = record.request_id(found)
    others = [one for one in waiting if record.request_id(one) != mine and record.person(one)]
    others.sort(key=lambda one: record.place_in_queue(one) or 0)
    return [{name: one.get(name) for name in OF_OTHERS} for one in others[:MOST_OTHERS]], ""


def _page(
    request: Request, carried: list[Any], form: CancelForm, error: AlmaError | None = None, status: int = 200
) -> HttpResponse:
    """The form. carried: the request, who else waits, why that is not known, the token: as long as the form is filled
    in anew, its page shows what was read at first."""
    found, others, trouble, _token = carried
    own = record.request_id(found)
    context = {
        "row": record.row(found),
        "why_not": cancelling.why_not(found),
        "others": None if others is None else [record.row(one) for one in others],
        "trouble": trouble,
        "form": form,
        "error": error,
        "carried": pack("cancel one", carried),
        "crumbs": [*_crumbs(), (own, reverse("circulation:request", args=[own]))],
    }
    return render(request, "circulation/cancel.html", context, status=status)


def _sent(request: Request, request_id: str) -> HttpResponse:
    """Leads to the page of what became of it, so that nobody sends the form again by going back or reading anew."""
    found, others, trouble, token = unpack("cancel one", request.POST.get("carried", ""))
    if record.request_id(found) != request_id:
        raise BadRequest("the form of another request")
    form = CancelForm(request.POST)
    if not form.is_valid():
        return _page(request, [found, others, trouble, token], form, status=422)
    if own := record.person(found):
        access.seen(request, own, Access.Action.CANCEL)
    try:
        done = cancelling.cancel(found, form.words, Why(form.cleaned_data["ticket"]), token)
        change, after = done.change, done.after
    except AlreadySent as sent:
        change, after = sent.change, ""
    except AlmaError as error:
        return _page(request, [found, others, trouble, get_random_string(20)], form, error, error.page_status)
    said = {"after": after, "person": own, "shelf": record.status(found) == record.ON_SHELF and "1"}
    address = reverse("circulation:cancelled", args=[request_id, change.pk])
    return redirect(f"{address}?{urlencode({name: text for name, text in said.items() if text})}")


@may_change
@require_safe
def cancelled(request: Request, request_id: str, number: int) -> HttpResponse:
    """What became of a cancelling, as the log of changes knows it; a call where Alma is still to be asked.

    `?after=`: what the look right after it found, as of cancelling.Cancelled; `?person=`: whose it was; `?shelf=1`: it
    stood on the hold shelf.
    """
    change = get_object_or_404(Change, pk=number, kind=KIND, action=Change.Action.DELETE, record_id=request_id)
    trouble = None
    try:
        following.look(change)
    except AlmaError as error:
        trouble = error
    said = {entry["path"]: entry["after"] for entry in change.fields}
    context = {
        "id": request_id,
        "change": change,
        "trouble": trouble,
        "after": request.GET.get("after", ""),
        "was_over": change.code in cancelling.OVER_CODES,
        "is_on_shelf": "shelf" in request.GET,
        "is_note_lost": bool(said.get("note")) and said.get("notify_user") == "false",
        "person": request.GET.get("person", ""),
        "crumbs": _crumbs(),
    }
    return render(request, "circulation/cancelled.html", context)


def _crumbs() -> list[tuple[str, str]]:
    return [(_("Circulation"), reverse("circulation:circulation"))]
