"""Making a new e-collection, electronic service or portfolio, from nothing or from a copy."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from almaportal.alma import clock
from almaportal.alma.errors import AlmaError, AlmaRejected
from almaportal.alma.records import Record, code, tidy
from almaportal.carried import pack, unpack
from almaportal.changes.log import AlreadySent, Why
from almaportal.changes.models import Change
from almaportal.changes.shown import as_number
from almaportal.request import Request
from ecollections import alma, creating, places
from ecollections.creating import Look
from ecollections.edit_views import (
    focus_after,
    get_or_post,
    is_row_action,
    may_change,
    posted_form,
    shown,
    tables_for,
    undone_by,
)
from ecollections.kinds import PORTFOLIO, Kind
from ecollections.record_form import RecordForm

TEMPLATE = "ecollections/new.html"
UNDER_WAY = timedelta(seconds=settings.ALMA_PAGE_SECONDS + 10)  # how long another press of the button may be at it


@may_change
@get_or_post
def new(request: Request, kind: Kind, **path: str) -> HttpResponse:
    """The form of a new record. `?copy=<path of IDs>` begins with another one, `?change=<n>` with a deleted one."""
    above = tuple(path.values())
    if above and request.method != "POST":
        alma.read(above)  # below what is gone nothing can be made
    if request.method == "POST":
        return _posted(request, kind, above)
    source, base, start, undoes = _start(request, kind)
    form = RecordForm(kind, base, tables_for(kind), start=start, is_new=True)
    return render(request, TEMPLATE, _context(above, form, source=source, why=Why("", undoes)))


def _start(request: Request, kind: Kind) -> tuple[str, Record, Record, Change | None]:
    """The name of what the form was copied from, its base and start, and the delete that it takes back."""
    if number := request.GET.get("change", ""):
        change = get_object_or_404(Change, pk=as_number(number), action=Change.Action.DELETE, kind=kind.name)
        record: Record = change.record or {}
        return kind.title(record), *creating.made_again(kind, record), change
    if copy := request.GET.get("copy"):
        ids = copy.split("/")
        record = alma.read(ids).data if len(ids) == kind.depth else {}
        return kind.title(record), {}, creating.start_from(kind, record), None
    return "", {}, {}, None


def _context(above: Sequence[str], form: RecordForm, **more: Any) -> dict[str, Any]:
    """What the page shows. look: what Alma has that is like it, once somebody looked."""
    look: Look | None = more.get("look")
    back = form.kind.parent.address(above) if form.kind.parent else places.crumbs(())[0][1]
    return {
        "kind": form.kind,
        "form": form,
        "shown": shown(above, form, more.get("why")),
        "looked": pack("look", [look.key, look.title, look.found, look.trouble]) if look else "",
        "like": [(name, form.kind.address([*above, one]), one) for one, name in look.found] if look else [],
        "token": uuid4().hex,
        "address": back,
        "crumbs": places.crumbs(above),
        **more,
    }


def _posted(request: Request, kind: Kind, above: Sequence[str]) -> HttpResponse:
    """One press of a button: a row more or less, a first look, or the record itself."""
    quiet = is_row_action(request.POST)
    form = posted_form(request, kind, above, quiet, is_new=True)
    look = _looked(request)
    more: dict[str, Any] = {
        "why": Why(tidy(request.POST.get("reason", "")), undone_by(request, kind)),
        "token": _token(request),
        "look": look,
    }
    if quiet:
        return render(request, TEMPLATE, _context(above, form, **more, focus=focus_after(request)))
    if not form.is_valid():
        return render(request, TEMPLATE, _context(above, form, **more), status=422)
    body = {"is_local": True, **form.mine()}
    before = Change.objects.filter(token=more["token"]).exclude(state=Change.State.FAILED).first()
    if before and not _is_another(before, creating.key_of(above, body)):
        return _sent_before(request, above, form, before, more)
    if before:
        more["token"] = uuid4().hex
    if not look or look.key != creating.key_of(above, body):
        look = more["look"] = creating.look(above, body)
        if look.is_unknown:
            form.say("resource_metadata.mms_id", _("Alma has no title with this MMS ID."))
            return render(request, TEMPLATE, _context(above, form, **more | {"look": None}), status=422)
        more["earlier"] = _earlier(kind, look.key)
        if kind is PORTFOLIO or look.found or look.trouble or more["earlier"]:
            return render(request, TEMPLATE, _context(above, form, **more, asks=True))
    return _create(request, above, form, body, more)


def _earlier(kind: Kind, key: str) -> list[Change]:
    """Records like it that were sent before, and nobody knows what became of them."""
    open_ones = Change.objects.filter(state__in=(Change.State.SENT, Change.State.UNSURE), action=Change.Action.CREATE)
    return [one for one in open_ones.filter(kind=kind.name) if (one.looked or {}).get("key") == key]


def _token(request: Request) -> str:
    """The form's, or a new one where somebody wants it sent once more."""
    found = request.POST.get("again") or request.POST.get("token", "")
    return found if re.fullmatch(r"[0-9a-f]{32}", found) else uuid4().hex


def _is_another(change: Change, key: str) -> bool:
    """Whether the form, sent before and finished then, is filled in for another record now."""
    return change.state == Change.State.DONE and (change.looked or {}).get("key") != key


def _looked(request: Request) -> Look | None:
    """What an earlier press of the button found, from the form."""
    packed = request.POST.get("looked")
    if not packed:
        return None
    key, title, found, trouble = unpack("look", packed)
    return Look(key, title, [(alma_id, name) for alma_id, name in found], trouble)


def _create(
    request: Request, above: Sequence[str], form: RecordForm, body: Record, more: dict[str, Any]
) -> HttpResponse:
    try:
        change = creating.create(above, body, more["look"], more["token"], more["why"])
    except AlreadySent as already:
        if already.change.state == Change.State.FAILED:  # nothing was made then
            return _create(request, above, form, body, {**more, "token": uuid4().hex})
        return _sent_before(request, above, form, already.change, more)
    except AlmaError as error:
        if error.unknown_outcome:
            change = Change.objects.get(token=more["token"])
            return _sent_before(request, above, form, change, {**more, "error": error})
        form.refuse(error)
        more["token"] = uuid4().hex  # nothing was made: the form may be sent again
        status = 422 if isinstance(error, AlmaRejected) else error.page_status
        return render(request, TEMPLATE, _context(above, form, **more, error=error), status=status)
    return _to(form.kind, change)


def _sent_before(
    request: Request, above: Sequence[str], form: RecordForm, change: Change, more: dict[str, Any]
) -> HttpResponse:
    """The form was sent and nobody saw what became of it: it is looked for, and never sent again by itself."""
    under_way = change.state == Change.State.SENT and clock.moment() - change.at < UNDER_WAY
    if change.state != Change.State.DONE and not under_way:
        found = creating.settle(change)
        more["found"] = [(name, form.kind.address([*above, alma_id])) for alma_id, name in found.found]
        more["trouble"] = found.trouble
        more["unclear"] = bool(found.found) and (change.looked or {}).get("known") is None
    if change.state == Change.State.DONE:
        return _to(form.kind, change)
    context = _context(above, form, **more, sent=change, under_way=under_way, fresh_token=uuid4().hex)
    return render(request, TEMPLATE, context, status=409)


def _to(kind: Kind, change: Change) -> HttpResponse:
    """The page of the new record, which says what was made."""
    if not code(change.record_id):
        return HttpResponseRedirect(places.crumbs(change.ids)[-1][1])
    return HttpResponseRedirect(f"{kind.address(change.ids)}?changes={change.pk}")
