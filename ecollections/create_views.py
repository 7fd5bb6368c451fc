"""Making a new e-collection, electronic service or portfolio, from nothing or from a copy."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render

from almaportal.alma.errors import AlmaError, AlmaRejected
from almaportal.alma.records import Record, code
from almaportal.carried import pack, unpack
from almaportal.changes.log import AlreadySent, Why
from almaportal.changes.models import Change
from almaportal.request import Request
from ecollections import alma, creating, places
from ecollections.creating import Look
from ecollections.edit_views import focus_after, get_or_post, is_row_action, may_change, posted_form, tables_for
from ecollections.kinds import PORTFOLIO, Kind
from ecollections.record_form import RecordForm

TEMPLATE = "ecollections/new.html"


@may_change
@get_or_post
def new(request: Request, kind: Kind, **path: str) -> HttpResponse:
    """The form of a new record. `?copy=<path of IDs>` begins with another one, `?change=<n>` with a deleted one."""
    above = tuple(path.values())
    if request.method == "POST":
        return _posted(request, kind, above)
    source, start = _start(request, kind)
    form = RecordForm(kind, {}, tables_for(kind), start=start, is_new=True)
    return render(request, TEMPLATE, _context(above, form, source=source, start=start))


def _start(request: Request, kind: Kind) -> tuple[str, Record]:
    """What the form begins with, and the name of what it was copied from."""
    if number := request.GET.get("change", ""):
        valid = number if number.isascii() and number.isdigit() and len(number) < 19 else 0
        change = get_object_or_404(Change, pk=valid, action=Change.Action.DELETE, kind=kind.name)
        record: Record = change.record or {}
    elif copy := request.GET.get("copy"):
        ids = copy.split("/")
        record = alma.read(ids).data if len(ids) == kind.depth else {}
    else:
        return "", {}
    return kind.title(record), creating.start_from(kind, record)


def _context(above: Sequence[str], form: RecordForm, **more: Any) -> dict[str, Any]:
    """What the page shows. look: what Alma has that is like it, once somebody looked."""
    look: Look | None = more.get("look")
    back = form.kind.parent.address(above) if form.kind.parent else places.crumbs(())[0][1]
    return {
        "kind": form.kind,
        "form": form,
        "shown": pack("shown", [form.base, form.start if form.start is not form.base else None]),
        "looked": pack("look", [look.key, look.title, look.found]) if look else "",
        "like": [(name, form.kind.address([*above, alma_id])) for alma_id, name in look.found] if look else [],
        "token": uuid4().hex,
        "address": back,
        "crumbs": places.crumbs(above),
        **more,
    }


def _posted(request: Request, kind: Kind, above: Sequence[str]) -> HttpResponse:
    """One press of a button: a row more or less, a first look, or the record itself."""
    quiet = is_row_action(request.POST)
    form = posted_form(request, kind, quiet, is_new=True)
    look = _looked(request)
    more: dict[str, Any] = {
        "reason": request.POST.get("reason", "").strip(),
        "token": request.POST.get("again") or request.POST.get("token") or uuid4().hex,
        "look": look,
    }
    if quiet:
        return render(request, TEMPLATE, _context(above, form, **more, focus=focus_after(request)))
    if not form.is_valid():
        return render(request, TEMPLATE, _context(above, form, **more), status=422)
    body = {"is_local": True, **form.mine()}
    if not look or look.key != creating.key_of(above, body):
        look = more["look"] = creating.look(above, body)
        if kind is PORTFOLIO or look.found:
            return render(request, TEMPLATE, _context(above, form, **more, asks=True))
    return _create(request, above, form, body, more)


def _looked(request: Request) -> Look | None:
    """What an earlier press of the button found, from the form."""
    packed = request.POST.get("looked")
    if not packed:
        return None
    key, title, found = unpack("look", packed)
    return Look(key, title, [(alma_id, name) for alma_id, name in found])


def _create(
    request: Request, above: Sequence[str], form: RecordForm, body: Record, more: dict[str, Any]
) -> HttpResponse:
    look: Look = more["look"]
    title = look.title or form.kind.title(body) or look.key
    try:
        change = creating.create(above, body, title, more["token"], Why(more["reason"]))
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
    look: Look = more["look"]
    if change.state != Change.State.DONE:
        known = [alma_id for alma_id, _name in look.found]
        found = creating.settle(change, above, look.key, known)
        more["found"] = [
            (name, form.kind.address([*above, alma_id])) for alma_id, name in found.found if alma_id not in known
        ]
        more["trouble"] = found.trouble
    if change.state == Change.State.DONE:
        return _to(form.kind, change)
    return render(request, TEMPLATE, _context(above, form, **more, sent=change, fresh_token=uuid4().hex), status=409)


def _to(kind: Kind, change: Change) -> HttpResponse:
    """The page of the new record, which says what was made."""
    if not code(change.record_id):
        return HttpResponseRedirect(places.crumbs(change.ids)[-1][1])
    return HttpResponseRedirect(f"{kind.address(change.ids)}?changes={change.pk}")
