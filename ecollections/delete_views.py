"""Deleting a record, after it was shown what goes and what must go first."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect, render

from almaportal.alma.errors import AlmaError
from almaportal.alma.records import Record, tidy
from almaportal.carried import pack, unpack
from almaportal.changes import shown as changes
from almaportal.changes.log import Why
from almaportal.changes.models import Change
from almaportal.changes.shown import as_number
from almaportal.jobs import control
from almaportal.pages import page
from almaportal.request import Request
from ecollections import alma, deleting, places
from ecollections.deleting import BIB_CHOICES, Refused
from ecollections.edit_views import get_or_post, may_change
from ecollections.kinds import COLLECTION, PORTFOLIO, Kind
from ecollections.show import text_of

TEMPLATE = "ecollections/delete.html"


@may_change
@get_or_post
def delete(request: Request, kind: Kind, **path: str) -> HttpResponse:
    """What is about to be deleted; a POST deletes it."""
    ids = tuple(path.values())
    if request.method == "POST" and "read_again" not in request.POST:
        return (_planned if "tree" in request.POST else _deleted)(request, kind, ids)
    answers = [alma.read(ids), *([alma.services(*ids)] if kind is COLLECTION else [])]
    home = places.home(answers[0].data) if kind is PORTFOLIO else None
    if home and home != ids[:2]:
        return redirect("ecollections:delete_portfolio", *home, ids[2])
    found = deleting.below(ids, answers[0].data, *answers[1:])
    undoes = as_number(request.GET.get("undoes", ""))
    return page(request, TEMPLATE, answers, _context(kind, ids, answers[0].data, found, undoes=undoes))


def _context(
    kind: Kind, ids: Sequence[str], record: Record, found: deleting.Below | None, bib: str = "retain", **more: Any
) -> dict[str, Any]:
    title = kind.title(record) or ids[-1]
    return {
        "kind": kind,
        "ids": ids,
        "title": title,
        "record": record,
        "below": found,
        "services": [
            (places.service_name(row), f"{kind.address(ids)}services/{row.get('id')}/")
            for row in (found.services if found else [])
        ],
        "going": changes.going_below(ids),
        "shown": pack("record", [list(ids), record, more.get("undoes", 0)]),
        "bib": bib,
        "bib_choices": BIB_CHOICES if kind is PORTFOLIO or found else (),
        "address": kind.address(ids),
        "crumbs": places.crumbs(ids, title),
        **more,
    }


def _deleted(request: Request, kind: Kind, ids: Sequence[str]) -> HttpResponse:
    shown_ids, base, number = unpack("record", request.POST.get("shown", ""))
    bib, undoes = (
        request.POST.get("bib", ""),
        Change.objects.filter(pk=number, record_id=ids[-1], action="create").first(),
    )
    if shown_ids != list(ids):
        raise BadRequest("the form of another record")
    if kind is PORTFOLIO and bib not in BIB_CHOICES:
        raise BadRequest("not the form of this page")
    reason = tidy(request.POST.get("reason", ""))
    try:
        change = deleting.delete(ids, base, bib if kind is PORTFOLIO else "", Why(reason, undoes))
    except Refused as refused:
        others = [
            (one.field.label, text_of(one.field, one.before), text_of(one.field, one.after)) for one in refused.others
        ]
        context = _context(
            kind, ids, refused.newest, refused.below, bib, others=others, refused=True, reason=reason, undoes=number
        )
        return render(request, TEMPLATE, context, status=409)
    except AlmaError as error:
        context = _context(kind, ids, base, None, bib, error=error, reason=reason, undoes=number)
        return render(request, TEMPLATE, context, status=error.page_status)
    return redirect("changes:change", change.pk)


def _planned(request: Request, kind: Kind, ids: Sequence[str]) -> HttpResponse:
    """A job that deletes the record with everything below, to be reviewed before it starts."""
    shown_ids, base, number = unpack("record", request.POST.get("shown", ""))
    bib, reason = request.POST.get("bib", ""), tidy(request.POST.get("reason", ""))
    if shown_ids != list(ids) or kind is PORTFOLIO or bib not in BIB_CHOICES:
        raise BadRequest("not the form of this page")
    try:
        job = control.submit("delete-tree", ["/".join(ids)], {"bib": bib}, request.user, reason, asks=True)
    except control.Refused as refused:
        found = deleting.below(ids, base)
        context = _context(kind, ids, base, found, bib, not_planned=refused.sentences, reason=reason, undoes=number)
        return render(request, TEMPLATE, context, status=422)
    return redirect("jobs:job", job.pk)
