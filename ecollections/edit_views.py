"""Editing a record; looking over what is about to be saved; taking a change back."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import BadRequest
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from almaportal import codes
from almaportal.accounts.roles import CHANGE_ECOLLECTIONS
from almaportal.alma.errors import AlmaError, AlmaRejected
from almaportal.alma.records import tidy
from almaportal.carried import pack, unpack
from almaportal.changes.log import Why
from almaportal.changes.models import Change
from almaportal.pages import page
from almaportal.request import Request
from ecollections import alma, places
from ecollections.kinds import COLLECTION, KINDS, PORTFOLIO, Kind
from ecollections.parts import Part, packed, taking_back, unpacked
from ecollections.record_form import RecordForm, tables_of

Ids = Sequence[str]
may_change = permission_required(CHANGE_ECOLLECTIONS, raise_exception=True)
get_or_post = require_http_methods(["GET", "HEAD", "POST"])
ROW_ACTIONS = ("add_row", "remove_row", "zone_value", "preview")  # buttons that save nothing


@may_change
@get_or_post
def edit(request: Request, kind: Kind, **path: str) -> HttpResponse:
    """The form of a record. `?with=<service ID>` on an e-collection: its service in the same form."""
    ids = tuple(path.values())
    wanted: list[Ids] = [ids]
    if kind is COLLECTION and (service_id := request.GET.get("with")):
        wanted.append((*ids, service_id))
    if request.method == "POST" and "packed" in request.POST:
        return _looked_over(request, ids)
    if request.method == "POST" and "read_again" not in request.POST:
        return _typed(request, wanted)
    answers = [alma.read(one) for one in wanted]
    home = places.home(answers[0].data) if kind is PORTFOLIO else None
    if home and home != ids[:2]:
        return redirect("ecollections:edit_portfolio", *home, ids[2])
    forms = [
        RecordForm(KINDS[len(one) - 1], answer.data, tables_for(KINDS[len(one) - 1]))
        for one, answer in zip(wanted, answers, strict=True)
    ]
    return page(request, "ecollections/edit.html", answers, _context(wanted, forms))


def tables_for(kind: Kind) -> dict[str, codes.Table]:
    return codes.tables(tables_of(kind))


def _context(wanted: Sequence[Ids], forms: Sequence[RecordForm], why: Why | None = None, **more: Any) -> dict[str, Any]:
    """What the page of the form shows. shown: for each form, what it was made from, packed."""
    title = forms[0].kind.title(forms[0].base) or wanted[0][-1]
    return {
        "title": title,
        "ids": wanted[0],
        "kind": forms[0].kind,
        "address": forms[0].kind.address(wanted[0]),
        "crumbs": places.crumbs(wanted[0], title),
        "forms": [(form, shown(one, form, why)) for one, form in zip(wanted, forms, strict=True)],
        "wrong": [one for form in forms for one in form.wrong],
        "reason": why.reason if why else "",
        **more,
    }


def shown(ids: Ids, form: RecordForm, why: Why | None = None) -> str:
    """What a form was made from, packed: of which record, its base and start, and the change that it takes back."""
    start = form.start if form.start is not form.base else None
    return pack("shown", [list(ids), form.base, start, why.undoes.pk if why and why.undoes else 0])


def undone_by(request: Request, kind: Kind) -> Change | None:
    """The change that the form takes back, if it does."""
    number = unpack("shown", request.POST.get(f"{kind.name}-shown", ""))[3]
    return Change.objects.filter(pk=number).first()


def posted_form(request: Request, kind: Kind, ids: Ids, quiet: bool = False, is_new: bool = False) -> RecordForm:
    """The form as it was sent. Raises BadRequest when it is none of ours, or that of another record."""
    own, base, start, _undoes = unpack("shown", request.POST.get(f"{kind.name}-shown", ""))
    if own != list(ids):
        raise BadRequest("the form of another record")
    data = request.POST.copy()
    if (back := request.POST.get("zone_value")) and quiet:
        data[back] = ""
    if (gone := request.POST.get("remove_row")) and quiet:
        data.pop(f"{gone}-origin", None)
    form = RecordForm(kind, base, tables_for(kind), data, start, is_new, quiet)
    # Within a page that has the focus already, the browser refuses `autofocus`: portal.js does it there.
    focus = "data-focus" if request.htmx else "autofocus"
    added = request.POST.get("add_row", "") if quiet else ""
    if added.startswith(f"{kind.name}-"):
        form.add_row(added.removeprefix(f"{kind.name}-"), focus)
    path = (back or "").removeprefix(f"{kind.name}-")
    if quiet and path in form.controls.fields:
        form.controls.fields[path].widget.attrs[focus] = True
    return form


def focus_after(request: Request) -> str:
    """The repeated field whose row was removed: its "Add a row" gets the focus."""
    return request.POST.get("remove_row", "").rpartition("-")[0]


def is_row_action(data: QueryDict) -> bool:
    return any(name in data for name in ROW_ACTIONS)


def _typed(request: Request, wanted: Sequence[Ids]) -> HttpResponse:
    quiet = is_row_action(request.POST)
    forms = [posted_form(request, KINDS[len(one) - 1], one, quiet) for one in wanted]
    why = Why(tidy(request.POST.get("reason", "")), undone_by(request, forms[0].kind))
    if quiet:
        return render(request, "ecollections/edit.html", _context(wanted, forms, why, focus=focus_after(request)))
    valid = [form.is_valid() for form in forms]  # each of them is to say what is wrong
    if not all(valid):
        return render(request, "ecollections/edit.html", _context(wanted, forms, why), status=422)
    parts = [Part(one, form.base, form.mine()) for one, form in zip(wanted, forms, strict=True)]
    if any(part.effects for part in parts):
        return review(request, parts, why)
    return _save(request, parts, why, forms)


def review(request: Request, parts: Sequence[Part], why: Why, status: int = 200, **more: Any) -> HttpResponse:
    """What is about to be saved, and what somebody must decide first. Sent back to the form's own address."""
    ids = parts[0].ids
    context = {
        "parts": [part for part in parts if part.saved is None],
        "done": [part for part in parts if part.saved is not None],
        "conflicts": any(part.ask for part in parts),
        "has_lines": any(part.lines for part in parts if part.saved is None),
        "last": Change.objects.filter(record_id=ids[-1], state=Change.State.DONE).order_by("-pk").first(),
        "packed": packed(parts, why),
        "why": why,
        "action": _form_address(parts),
        "address": parts[0].kind.address(ids),
        "crumbs": places.crumbs(ids, parts[0].title),
        **more,
    }
    return render(request, "ecollections/review.html", context, status=status)


def _form_address(parts: Sequence[Part]) -> str:
    address = parts[0].kind.address(parts[0].ids, "edit")
    return f"{address}?with={parts[1].ids[-1]}" if len(parts) > 1 else address


def _looked_over(request: Request, ids: Ids) -> HttpResponse:
    """The page `review` came back: saved, after what was chosen, or back in the form."""
    parts, why = unpacked(request.POST["packed"])
    if list(parts[0].ids) != list(ids):
        raise BadRequest("the form of another record")
    chosen = [part.choose(request.POST) for part in parts]
    if "form" in request.POST and all(chosen):
        forms = [RecordForm(part.kind, part.base, tables_for(part.kind), start=part.mine) for part in parts]
        return render(request, "ecollections/edit.html", _context([part.ids for part in parts], forms, why))
    if not all(chosen):
        return review(request, parts, why, status=422, missing=True, undone=why.undoes)
    return _save(request, parts, why)


def _save(request: Request, parts: Sequence[Part], why: Why, forms: Sequence[RecordForm] = ()) -> HttpResponse:
    for part in parts:
        try:
            if not part.save(why):
                return review(request, parts, why, status=409)
        except AlmaError as error:
            return _failed(request, parts, part, error, why, forms)
    first = parts[0]
    numbers = [str(part.saved) for part in parts if part.saved]
    query = f"changes={','.join(numbers)}" if numbers else "unchanged=1"
    return HttpResponseRedirect(f"{first.kind.address(first.ids)}?{query}")


def _failed(
    request: Request, parts: Sequence[Part], failed: Part, error: AlmaError, why: Why, forms: Sequence[RecordForm]
) -> HttpResponse:
    """The form again with everything typed: what is saved, what is not and why."""
    shown = []
    for n, part in enumerate(parts):
        if part.saved is not None:
            form = RecordForm(part.kind, part.base, tables_for(part.kind))
        else:
            form = forms[n] if forms else RecordForm(part.kind, part.base, tables_for(part.kind), start=part.mine)
        if part is failed:
            form.refuse(error)
        shown.append(form)
    context = _context([part.ids for part in parts], shown, why)
    context |= {
        "error": error,
        "failed": failed,
        "done": [part for part in parts if part.saved is not None],
        "unsent": [part for part in parts if part.saved is None and part is not failed],
    }
    status = 422 if isinstance(error, AlmaRejected) else error.page_status
    return render(request, "ecollections/edit.html", context, status=status)


def undo(request: Request, change: Change) -> HttpResponse:
    """The page that takes a change back: an edit is looked over first; what was made is deleted, and the reverse."""
    kind = KINDS[len(change.ids) - 1]
    if change.action == Change.Action.CREATE:
        return HttpResponseRedirect(f"{kind.address(change.ids, 'delete')}?undoes={change.pk}")
    if change.action == Change.Action.DELETE:
        above = change.ids[:-1]
        return HttpResponseRedirect(f"{reverse(f'ecollections:new_{kind.name}', args=above)}?change={change.pk}")
    part = taking_back(change, alma.newest(change.ids))
    why = Why(_("Undo of change %(number)d") % {"number": change.pk}, change)
    return review(request, [part], why, undone=change)
