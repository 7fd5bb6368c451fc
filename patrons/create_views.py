"""Making a new patron: first who is like them already, then the record, sent once."""

import json
import re
from hashlib import sha256
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from almaportal import codes
from almaportal.accounts.roles import ADD_PATRON
from almaportal.alma import clock
from almaportal.alma.errors import AlmaError, AlmaRejected
from almaportal.alma.records import Record, tidy
from almaportal.carried import pack, unpack
from almaportal.changes.log import AlreadySent, Why
from almaportal.changes.models import Change
from almaportal.people import access, creating
from almaportal.people.models import Access
from almaportal.request import Request
from patrons.create_forms import TABLES, CreateForm

TEMPLATE = "patrons/new.html"
LOOKED = "patron looked for"


@permission_required(ADD_PATRON, raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    """The form. A press of its button looks for people like the new one; another one, when there are, makes it."""
    form = CreateForm(request.POST if request.method == "POST" else None, codes.tables(TABLES))
    if request.method != "POST":
        return _page(request, form)
    if not form.is_valid():
        return _page(request, form, 422)
    body = form.body()
    before = Change.objects.filter(token=_token(request), title=body["primary_id"])
    if sent := before.exclude(state=Change.State.FAILED).first():
        return _sent_before(request, form, sent)
    if _was_looked_for(request, body):
        return _create(request, form, body, _token(request))
    found = creating.look(body)
    _refuse_taken(form, found.taken)
    access.listed(request, {*found.taken.values(), *(one.primary_id for one in found.like)})
    if form.errors:
        return _page(request, form, 422, taken=sorted(set(found.taken.values())))
    if found.like or found.trouble:
        return _page(request, form, look=found, looked=pack(LOOKED, _digest(body)))
    return _create(request, form, body, _token(request))


def _page(request: Request, form: CreateForm, status: int = 200, **more: Any) -> HttpResponse:
    context = {"form": form, "reason": _reason(request), "token": _token(request), **more}
    return render(request, TEMPLATE, context, status=status)


def _reason(request: Request) -> str:
    return tidy(request.POST.get("reason", ""))


def _token(request: Request) -> str:
    """The form's own, or a new one."""
    found = request.POST.get("token", "")
    return found if re.fullmatch(r"[0-9a-f]{32}", found) else uuid4().hex


def _digest(body: Record) -> str:
    """Tells one patron from another without a word of them."""
    return sha256(json.dumps(body, sort_keys=True).encode("utf-8", "replace")).hexdigest()


def _was_looked_for(request: Request, body: Record) -> bool:
    """Whether the page that is answered showed who is like the very same patron."""
    packed = request.POST.get("looked")
    return bool(packed) and unpack(LOOKED, packed or "") == _digest(body)


def _refuse_taken(form: CreateForm, taken: dict[str, str]) -> None:
    said = _("Alma has this ID already: it is %(id)s's. Nothing was sent.")
    for name in ("primary_id", "barcode"):
        if owner := taken.get(form.cleaned_data[name]):
            form.add_error(name, said % {"id": owner})


def _create(request: Request, form: CreateForm, body: Record, token: str) -> HttpResponse:
    try:
        change = creating.create(body, token, Why(_reason(request)))
    except AlreadySent as already:
        if already.change.state == Change.State.FAILED or already.change.title != body["primary_id"]:
            return _create(request, form, body, uuid4().hex)  # nothing was made, or somebody else
        return _sent_before(request, form, already.change)
    except AlmaError as error:
        if error.unknown_outcome:
            return _sent_before(request, form, Change.objects.get(token=token), error=error, token=token)
        form.refuse(error)
        status = 422 if isinstance(error, AlmaRejected) else error.page_status
        return _page(request, form, status, error=error, token=uuid4().hex)  # nothing was made
    return _to(request, change)


def _sent_before(request: Request, form: CreateForm, change: Change, **more: Any) -> HttpResponse:
    """It was sent and nobody saw what became of it: it is looked for, and never sent again by itself."""
    seconds = (clock.moment() - change.at).total_seconds()
    under_way = change.state == Change.State.SENT and seconds < settings.ALMA_PAGE_SECONDS + 10
    trouble = None
    if change.state != Change.State.DONE and not under_way:
        try:
            creating.settle(change)
        except AlmaError as error:
            trouble = error
    if change.state == Change.State.DONE:
        return _to(request, change)
    more = {
        **more,
        "sent": change,
        "under_way": under_way,
        "trouble": trouble,
        "looked": request.POST.get("looked", ""),
    }
    if change.state == Change.State.FAILED:  # Alma has nobody with the primary ID: it may be sent again
        more["token"] = uuid4().hex
    return _page(request, form, 409, **more)


def _to(request: Request, change: Change) -> HttpResponse:
    """The page of the new patron, which says what was made."""
    access.seen(request, change.record_id, Access.Action.CREATE)
    address = reverse("patrons:person", args=[change.record_id])
    return HttpResponseRedirect(f"{address}?changes={change.pk}")
