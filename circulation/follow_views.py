"""The requests of a person, of a title, of an item; and one request."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from almaportal.accounts.roles import CHANGE_REQUESTS, VIEW_REQUESTS
from almaportal.alma import clock
from almaportal.alma.errors import AlmaNotFound
from almaportal.alma.records import Record, rows
from almaportal.changes import shown as changes
from almaportal.pager import Pager
from almaportal.people import access
from almaportal.people.alma import place
from almaportal.people.models import Access
from almaportal.request import Request
from circulation import alma, cancelling, closure, record, watching
from circulation.models import Watched

may_view = permission_required(VIEW_REQUESTS, raise_exception=True)
TEMPLATE = "circulation/requests.html"


class FilterForm(forms.Form):
    """What Alma's own list can be narrowed to."""

    status = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("active", gettext_lazy("active")), ("history", gettext_lazy("over, where Alma keeps them"))],
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Type"),
        required=False,
        choices=[("", gettext_lazy("every type")), *((one, record.KINDS[one]) for one in cancelling.OPEN_TYPES)],
    )

    @property
    def said(self) -> tuple[str, str]:
        """(status, kind) as Alma takes them."""
        self.is_valid()
        return self.cleaned_data.get("status") or "active", self.cleaned_data.get("kind") or ""


@may_view
@require_safe
def person_requests(request: Request, user_id: str) -> HttpResponse:
    """A person's requests, a hundred a page: one call."""
    form, pager = FilterForm(request.GET), _pager(request)
    status, kind = form.said
    data = alma.of_person(place(user_id), pager.offset, status, kind)
    found = rows(data, "user_request")
    own = next(filter(None, map(record.person, found)), user_id)
    access.seen(request, own, Access.Action.REQUESTS)
    address = reverse("patrons:person", args=[user_id])
    context = {
        "of": _("Requests of %(id)s") % {"id": user_id},
        "crumbs": [(_("Patrons"), reverse("patrons:find")), (user_id, address)],
        "place_address": reverse("circulation:place", args=[user_id]),
        "is_of_person": True,
        "pager": pager.got(len(found), alma.total(data)),
        "source": f"patron/{user_id}",
    }
    return _page(request, found, form, context)


@may_view
@require_safe
def title_requests(request: Request, mms_id: str) -> HttpResponse:
    """All requests of a title and its items, in the order of the queue: one call."""
    form = FilterForm(request.GET)
    context = {"of": _("Requests of a title"), "crumbs": _crumbs(mms_id), "source": f"title/{mms_id}"}
    return _listed(request, alma.of_title(mms_id, form.said[0]), form, context)


@may_view
@require_safe
def item_requests(request: Request, mms_id: str, item_id: str) -> HttpResponse:
    """All requests of an item, Alma's own work too: one call."""
    form = FilterForm(request.GET)
    context = {"of": _("Requests of an item"), "crumbs": _crumbs(mms_id)}
    return _listed(request, alma.of_item(mms_id, item_id, status=form.said[0]), form, context)


def _crumbs(mms_id: str) -> list[tuple[str, str]]:
    return [_start(), (mms_id, reverse("circulation:title", args=[mms_id]))]


def _start() -> tuple[str, str]:
    return _("Circulation"), reverse("circulation:circulation")


def _pager(request: Request) -> Pager:
    """A page is what Alma sends at once."""
    return replace(Pager.asked(request), size=alma.MOST)


def _listed(request: Request, all_found: Sequence[Record], form: FilterForm, context: dict[str, Any]) -> HttpResponse:
    """Those that wait in the order in which they are served. This list of Alma's has no pages: they are cut here. Whose
    they are is noted."""
    kind, pager = form.said[1], _pager(request)
    found = [one for one in all_found if not kind or record.kind(one) == kind]
    found.sort(key=lambda one: record.place_in_queue(one) or 0)
    shown = found[pager.offset : pager.offset + pager.size]
    access.listed(request, dict.fromkeys(map(record.person, shown)))
    return _page(request, shown, form, {**context, "pager": pager.got(len(shown), len(found))})


def _page(request: Request, found: Sequence[Record], form: FilterForm, context: dict[str, Any]) -> HttpResponse:
    may_cancel = request.user.has_perm(CHANGE_REQUESTS)
    shown = [row | {"can_cancel": bool(may_cancel and row["id"]) and not row["why_not"]} for row in map(_row, found)]
    context |= {"rows": shown, "form": form, "read_at": clock.moment(), "may_cancel": may_cancel, "kind": form.said[1]}
    context["is_history"] = form.said[0] == "history"
    is_fold = bool(request.htmx) and request.htmx.target != "results"
    part = "#requests" if is_fold else "#results" if request.htmx else ""
    return render(request, TEMPLATE + part, {**context, "is_fold": is_fold})


def _row(found: Record) -> dict[str, Any]:
    return record.row(found) | {"why_not": cancelling.why_not(found)}


@may_view
@require_safe
def request(request: Request, request_id: str) -> HttpResponse:
    """One request, with what is known of its end where it is over: one call; with `?loan=1` one more, for the loan that
    may have come of it. On the watch list stands then what was seen here. `?typed=1`: the number came from the box of
    the start page, which tried it as other things first."""
    try:
        found = record.named(alma.request(request_id), request_id)
    except AlmaNotFound as error:
        if not error.is_gone:
            raise
        return over(request, request_id, error)
    watched, own = _watched(request_id), record.person(found)
    context = _about(request, request_id, watched)
    if own:
        access.seen(request, own, Access.Action.REQUESTS)
    if watched and record.status(found) != record.HISTORY:
        context["since"] = watching.note(watched, found)
    return render(request, "circulation/request.html", context | _shown(request, found, watched))


def over(request: Request, request_id: str, error: AlmaNotFound) -> HttpResponse:
    """The page of one that Alma has no more, with what the portal itself knows of its end: no call."""
    watched = _watched(request_id)
    context = _about(request, request_id, watched)
    context |= {"ended": closure.of(request_id, watched.last if watched else closure.Last()), "error": error}
    if watched and not watched.ending:
        watching.gone(watched)
    return render(request, "circulation/request.html", context, status=404)


def _watched(request_id: str) -> Watched | None:
    return Watched.objects.filter(request_id=request_id).first()


def _about(request: Request, request_id: str, watched: Watched | None) -> dict[str, Any]:
    return {
        "id": request_id,
        "watched": watched,
        "looked_at": watched.looked_at if watched else None,
        "read_at": clock.moment(),
        "crumbs": [_start()],
        "may_change": request.user.has_perm(CHANGE_REQUESTS),
        **changes.of_record(request, [request_id]),
    }


def _shown(request: Request, found: Record, watched: Watched | None) -> dict[str, Any]:
    context: dict[str, Any] = {"row": _row(found)}
    if record.status(found) == record.HISTORY:
        own = record.person(found)
        looked = "loan" in request.GET and bool(own)
        loan = closure.loan_of(found, alma.loans_of(place(own))) if looked else None
        last = watched.last if watched and watched.state else closure.Last.of(found)
        context |= {"ended": closure.of(record.request_id(found), last, loan), "looked": looked}
    return context
