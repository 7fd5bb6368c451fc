"""The start page of requests, and a title with its items."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from almaportal import pages
from almaportal.accounts.roles import CHANGE_REQUESTS, RUN_DIRECT, VIEW_PATRONS, VIEW_REQUESTS
from almaportal.alma.errors import AlmaNotFound
from almaportal.alma.records import Record, code, dig, rows, tidy, words
from almaportal.pager import Pager
from almaportal.people import alma as people
from almaportal.people import person, verdict
from almaportal.request import Request
from circulation import alma, items_shown, place_views, wanted
from circulation.wanted import Target

may_view = permission_required(VIEW_REQUESTS, raise_exception=True)
TYPED_LENGTH = 100
LINKED: dict[str, Any] = {"NZ": gettext_lazy("the Network Zone"), "CZ": gettext_lazy("the Community Zone")}
ID_LENGTH = 255


@may_view
@require_http_methods(["GET", "HEAD", "POST"])
def circulation(request: Request) -> HttpResponse:
    """The box. A POST of `what` goes straight to the title, the item or the request: two calls at most, and those of
    its page."""
    what = tidy(request.POST.get("what", ""))[:TYPED_LENGTH]
    context = {
        "what": what,
        "may_change": request.user.has_perm(CHANGE_REQUESTS),
        "may_run_direct": request.user.has_perm(RUN_DIRECT),
    }
    if request.method != "POST":
        return render(request, "circulation/circulation.html", context)
    if not what:
        return render(request, "circulation/circulation.html", {**context, "is_empty": True}, status=422)
    try:
        return redirect(_address(what))
    except AlmaNotFound as error:
        if not error.is_gone:
            raise
        context |= {"error": error, "as_title": wanted.looks_like_title(what)}
        return render(request, "circulation/circulation.html", context, status=422)


def _address(what: str) -> str:
    """Where a number leads: an MMS ID to its title, a barcode to its item, any other number to the request that may
    have it. Raises AlmaNotFound for what can be none of them."""
    try:
        found = wanted.find(what)
    except AlmaNotFound as error:
        if not (error.is_gone and what.isascii() and what.isdigit()):
            raise
        return reverse("circulation:request", args=[what]) + "?typed=1"
    address = reverse("circulation:title", args=[found.mms_id])
    return f"{address}?item={found.item_id}#item-{found.item_id}" if found.item_id else address


@may_view
@require_http_methods(["GET", "HEAD", "POST"])
def title(request: Request, mms_id: str) -> HttpResponse:
    """A title, kept for a day, and a hundred of its items as they are now: two calls; where it has none, its holdings
    for one more. `?item=`: the one that was asked for. A POST of `person` begins a request for them."""
    if request.method == "POST" and "person" in request.POST:
        return _placed_for(request, mms_id)
    return _page(request, mms_id, {})


def _page(request: Request, mms_id: str, more: dict[str, Any], status: int = 200) -> HttpResponse:
    bib, pager = alma.bib(mms_id), Pager.asked(request, alma.MOST)
    pager = Pager(pager.page, alma.MOST)
    items = alma.items(mms_id, pager.offset)
    found = rows(items.data, "item")
    shown = [items_shown.row(mms_id, one) for one in found]
    asked = request.GET.get("item", "")
    bare = [] if found or pager.offset else [alma.held(mms_id)]
    context = {
        "holdings": [items_shown.holding(one) for answer in bare for one in rows(answer.data, "holding")],
        "id": mms_id,
        "name": code(bib.data.get("title")) or mms_id,
        "facts": _facts(bib.data),
        "is_suppressed": code(bib.data.get("suppress_from_publishing")) == "true",
        "rows": shown,
        "pager": pager.got(len(found), alma.total(items.data)),
        "wanted_item": asked,
        "is_elsewhere": bool(asked) and all(one["id"] != asked for one in shown),
        "may_place": request.user.has_perms([CHANGE_REQUESTS, VIEW_PATRONS]),
        "crumbs": [(_("Circulation"), reverse("circulation:circulation"))],
        **more,
    }
    if more:
        return render(request, "circulation/title.html", {**context, "fresh": None}, status=status)
    return pages.page(request, "circulation/title.html", [bib, items, *bare], context, "results")


def _facts(bib: Record) -> list[tuple[str, str]]:
    """Label and text of what tells one title from another."""
    publisher = ", ".join(filter(None, (words(bib.get(name)) for name in ("place_of_publication", "publisher_const"))))
    linked = code(dig(bib, "linked_record_id.type"))
    found = [
        (_("Author"), code(bib.get("author"))),
        (_("Edition"), code(bib.get("complete_edition"))),
        (_("Published"), " · ".join(filter(None, (publisher, code(bib.get("date_of_publication")))))),
        ("ISBN", code(bib.get("isbn"))),
        ("ISSN", code(bib.get("issn"))),
        (_("Linked to"), LINKED.get(linked, linked)),
    ]
    return [(label, text) for label, text in found if text]


@place_views.may_place
def _placed_for(request: Request, mms_id: str) -> HttpResponse:
    """The form of a request of this title, or of the item whose button was pressed: a call for the person, and one for
    what Alma offers."""
    typed = tidy(request.POST["person"])[:ID_LENGTH]
    try:
        found = people.find_one(typed, people.COUNTS) if typed else {}
    except AlmaNotFound as error:
        if not error.is_gone:
            raise
        return _page(request, mms_id, {"typed": typed, "error": error}, 422)
    if not person.primary_id(found):
        return _page(request, mms_id, {"typed": typed, "is_nobody": True}, 422)
    about = place_views.about_of(request, found)
    more = {"verdict": verdict.of(found), "typed": typed}
    return place_views.begun(request, about, about.id, lambda: _target(request, mms_id), **more)


def _target(request: Request, mms_id: str) -> Target:
    if packed := request.POST.get("target"):
        return Target.unpacked(packed)
    return wanted.of_bib(mms_id, alma.bib(mms_id).data)
