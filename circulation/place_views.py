"""Placing a request: what is wanted, what Alma offers this person, the form, and what became of it.

Everything typed is sent by POST. On a person's page the answers stand there, under the verdict (htmx); a page of its
own reads the person first and carries the verdict along.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from almaportal.accounts.roles import CHANGE_REQUESTS, VIEW_PATRONS
from almaportal.alma import clock
from almaportal.alma.errors import AlmaError, AlmaRejected
from almaportal.alma.records import Record, rows, tidy
from almaportal.carried import pack, unpack
from almaportal.changes.log import AlreadySent, Why
from almaportal.changes.models import Change
from almaportal.changes.shown import Line, Shown
from almaportal.pager import Pager
from almaportal.people import access, person, verdict
from almaportal.people import alma as people
from almaportal.people.models import Access
from almaportal.request import Request
from circulation import alma, items_shown, placing, record, wanted
from circulation.place_forms import PlaceForm
from circulation.placing import Placed
from circulation.wanted import ITEM, TITLE, Had, Target, Wanted

TEMPLATE = "circulation/place.html"
TYPED_LENGTH = 100
MOST_HAD = 1000
DAYS_SHOWN = 60  # of the times when something cannot be booked
NUMBER_LENGTH = 9
STANDS_LENGTH = 500
UNKNOWN = {"401689", "402203"}  # no item with this barcode, no such title
may_place = permission_required((CHANGE_REQUESTS, VIEW_PATRONS), raise_exception=True)


@dataclass(frozen=True)
class About:
    """For whom, as the page of its own says it: the primary ID, the name, how many requests the record says, the
    verdict in words and its colour."""

    id: str
    name: str
    count: int | None
    look: str
    sign: str
    text: str

    @property
    def packed(self) -> str:
        return pack("place for", asdict(self))


@may_place
@require_http_methods(["GET", "HEAD", "POST"])
def place(request: Request, user_id: str) -> HttpResponse:
    """The box, under the verdict: one call. A POST of `what` brings the form, one of its buttons changes it or sends
    it: see `DOES`."""
    if request.method != "POST":
        found = people.find_one(user_id, people.COUNTS)
        return page(request, about_of(request, found), {"verdict": verdict.of(found)})
    if "carried" in request.POST:
        return _pressed(request, user_id)
    about = _about(request, user_id)
    if not _what(request):
        return page(request, about, {"is_empty": True, "user_id": user_id}, 422)
    return begun(request, about, about.id if about else user_id, lambda: wanted.find(_what(request)))


def about_of(request: Request, found: Record) -> About:
    """Of a person's record, who is noted as seen. Raises AlmaRejected for a contact without an ID."""
    own = person.primary_id(found)
    if not own:
        raise AlmaRejected(_("This contact has no ID, so Alma takes no request for it."))
    access.seen(request, own, Access.Action.VIEW)
    said = verdict.of(found)
    return About(own, person.name(found) or own, person.count(found, "requests"), said.look, said.sign, said.text)


def _about(request: Request, user_id: str) -> About | None:
    """As carried; None on the person's own page, which says it. Else the person is read: one call."""
    if packed := request.POST.get("about"):
        about = About(**unpack("place for", packed))
        if about.id != user_id:
            raise BadRequest("the form of another person")
        return about
    return None if request.htmx else about_of(request, people.find_one(user_id, people.COUNTS))


def _what(request: Request) -> str:
    return tidy(request.POST.get("what", ""))[:TYPED_LENGTH]


def _had(request: Request) -> list[Had]:
    """The person's requests that stand on the page: "request ID, MMS ID, item ID" each."""
    parts = [one.split(" ") for one in request.POST.getlist("known")[:MOST_HAD]]
    return list({one[0]: Had(*one) for one in parts if len(one) == 3}.values())


def _count(request: Request, about: About | None) -> int | None:
    """How many requests the person's record says."""
    if about:
        return about.count
    typed = request.POST.get("count", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= NUMBER_LENGTH else None


def _stands(request: Request, about: About | None) -> str:
    """Why the person may not borrow, as the page says it."""
    if about:
        return about.text if about.look == "bad" else ""
    return tidy(request.POST.get("stands", ""))[:STANDS_LENGTH]


def begun(
    request: Request, about: About | None, user_id: str, target: Callable[[], Target], **more: Any
) -> HttpResponse:
    """The form for a title or an item. target: finds it, and may raise AlmaError."""
    try:
        asked = wanted.begun(user_id, target(), _count(request, about), _had(request), _stands(request, about))
    except AlmaError as error:
        what = _what(request)
        is_unknown = error.said.code in UNKNOWN
        context = {"error": error, "what": what, "is_unknown": is_unknown, "user_id": user_id}
        as_title = is_unknown and wanted.looks_like_title(what)
        return page(request, about, {**context, "as_title": as_title, **more}, _status(request, error))
    return _asked(request, about, asked, more)


def _asked(request: Request, about: About | None, asked: Wanted, more: dict[str, Any]) -> HttpResponse:
    """With what Alma offers now, and for a title with what the person has already: two calls at most."""
    try:
        asked = wanted.ask(asked)
    except AlmaError as error:
        return _form(request, about, asked, None, {"error": error, **more}, _status(request, error))
    if asked.looks_itself:
        with suppress(AlmaError):  # the form says that it was not read, and offers the look
            asked, more = _looked(request, asked), {**more, "was_looked": True}
    return _form(request, about, asked, _filled(request, asked), more)


def _looked(request: Request, asked: Wanted) -> Wanted:
    asked = wanted.look(asked)
    access.seen(request, asked.user_id, Access.Action.REQUESTS)
    return asked


def _filled(request: Request, asked: Wanted) -> PlaceForm:
    """The form of this type, with what was typed before; not looked over."""
    return PlaceForm(asked, initial={name: text for name, text in request.POST.items() if text})


def _status(request: Request, error: AlmaError) -> int:
    """Under htmx a fragment of any other status would be taken for a message."""
    return 422 if request.htmx or isinstance(error, AlmaRejected) else error.page_status


def page(request: Request, about: About | None, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """The page of its own, or under htmx what stands below the box."""
    own = about.id if about else context["user_id"]
    found = context.get("verdict")
    context = {
        "id": own,
        "name": about.name if about else "",
        "about": about,
        "reasons": [(one, "") for one in found.reasons] if found else [],
        "requests": about.count if about else None,
        "read_at": clock.moment(),
        "crumbs": [(_("Patrons"), reverse("patrons:find")), (own, reverse("patrons:person", args=[own]))],
        **context,
    }
    return render(request, TEMPLATE + ("#placing" if request.htmx else ""), context, status=status)


def _form(
    request: Request,
    about: About | None,
    asked: Wanted,
    form: PlaceForm | None,
    context: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    kinds = [(one, record.KINDS[one]) for one in asked.offered]
    more = {
        "user_id": asked.user_id,
        "wanted": asked,
        "had": asked.had,
        "form": form,
        "kinds": kinds,
        "unsettled": placing.unsettled(asked),
        "look_calls": max(1, -(-(asked.count or 0) // alma.MOST)),
    }
    return page(request, about, more | (context or {}), status)


# what the buttons of the form do


def _pressed(request: Request, user_id: str) -> HttpResponse:
    asked = Wanted.unpacked(request.POST["carried"])
    if asked.user_id != user_id:
        raise BadRequest("the form of another person")
    about = _about(request, user_id)
    what, _colon, which = request.POST.get("do", "place").partition(":")
    if what == "place":
        return _place(request, about, asked)
    if what not in DOES:
        raise BadRequest("no button of the form")
    try:
        return DOES[what](request, about, asked, which)
    except AlmaError as error:
        form = _filled(request, asked)
        return _form(request, about, asked, form, {"error": error}, _status(request, error))


def _level(request: Request, about: About | None, asked: Wanted, which: str) -> HttpResponse:
    """The other level: what is offered is asked again, one call."""
    level = ITEM if which == ITEM and asked.target.item_id else TITLE
    return _asked(request, about, replace(asked, level=level, is_refused=False), {})


def _kind(request: Request, about: About | None, asked: Wanted, which: str) -> HttpResponse:
    """Another type of those that are offered."""
    asked = replace(asked, kind=which if which in asked.offered else asked.kind)
    return _form(request, about, asked, _filled(request, asked))


def _look(request: Request, about: About | None, asked: Wanted, _which: str) -> HttpResponse:
    """Whether the person has requested the title: a call for each hundred requests."""
    asked = _looked(request, asked)
    return _form(request, about, asked, _filled(request, asked), {"was_looked": True})


def _times(request: Request, about: About | None, asked: Wanted, _which: str) -> HttpResponse:
    """When it cannot be booked: one call."""
    asked = wanted.times(asked, DAYS_SHOWN)
    return _form(request, about, asked, _filled(request, asked), {"days": DAYS_SHOWN})


def _items(request: Request, about: About | None, asked: Wanted, which: str) -> HttpResponse:
    """The items of the title to choose from, from a page on: one call."""
    number = int(which) if which.isascii() and which.isdigit() and len(which) <= NUMBER_LENGTH else 1
    pager = Pager(max(number, 1), alma.MOST)
    data = alma.items(asked.target.mms_id, pager.offset).data
    found = rows(data, "item")
    pager = pager.got(len(found), alma.total(data))
    context = {"items": [items_shown.row(asked.target.mms_id, one) for one in found], "pager": pager}
    return _form(request, about, asked, _filled(request, asked), context)


def _item(request: Request, about: About | None, asked: Wanted, which: str) -> HttpResponse:
    """One of these items: what is offered for it is asked, one call."""
    target = Target.unpacked(which)
    if target.mms_id != asked.target.mms_id:
        raise BadRequest("an item of another title")
    author = asked.target.author or target.author
    target = replace(target, title=asked.target.title or target.title, author=author)
    return _asked(request, about, replace(asked, target=target, level=ITEM, is_refused=False), {})


def _desks(request: Request, about: About | None, asked: Wanted, _which: str) -> HttpResponse:
    """The same form: it lists the desks of the library chosen."""
    return _form(request, about, asked, _filled(request, asked))


Does = Callable[[Request, About | None, Wanted, str], HttpResponse]
DOES: dict[str, Does] = {
    "level": _level,
    "kind": _kind,
    "look": _look,
    "times": _times,
    "items": _items,
    "item": _item,
    "desks": _desks,
}


# sending


def _place(request: Request, about: About | None, asked: Wanted) -> HttpResponse:
    form = PlaceForm(asked, request.POST)
    if not asked.kind:
        raise BadRequest("nothing is offered")
    if not form.is_valid():
        return _form(request, about, asked, form, status=422)
    try:
        placed = placing.place(asked, form.body(), bool(form.cleaned_data.get("again")), Why())
    except AlreadySent as sent:
        return _sent_before(request, about, asked, form, sent.change)
    except AlmaError as error:
        if error.unknown_outcome:
            change = Change.objects.get(token=asked.token)
            return _sent_before(request, about, asked, form, change, error)
        return _refused(request, about, asked, error)
    access.seen(request, record.person(placed.request) or asked.user_id, Access.Action.PLACE)
    return _told(request, about, asked, placed)


def _refused(request: Request, about: About | None, asked: Wanted, error: AlmaError) -> HttpResponse:
    """Nothing was placed: the same form may be sent once more."""
    asked = replace(asked.sent_anew(), is_refused=asked.is_refused or error.said.code == "401136")
    form = PlaceForm(asked, request.POST)
    form.is_valid()
    form.refuse(error)
    return _form(request, about, asked, form, {"error": error}, _status(request, error))


def _sent_before(
    request: Request,
    about: About | None,
    asked: Wanted,
    form: PlaceForm,
    change: Change,
    error: AlmaError | None = None,
) -> HttpResponse:
    """It was sent, and nobody saw what became of it: it is looked for, and never sent again by itself."""
    seconds = (clock.moment() - change.at).total_seconds()
    is_under_way = change.state == Change.State.SENT and seconds < settings.ALMA_PAGE_SECONDS + 10
    trouble, was_looked = None, False
    if change.state in (Change.State.SENT, Change.State.UNSURE) and not is_under_way:
        was_looked = True
        try:
            placing.settle(change)
        except AlmaError as found:
            trouble = found
    access.seen(request, asked.user_id, Access.Action.PLACE)
    if change.state == Change.State.DONE:
        placed = Placed(change, {"request_id": change.record_id})
        return _told(request, about, asked, placed, was_looked, Shown(change).changed)
    if change.state == Change.State.FAILED:
        asked = asked.sent_anew()
    sure_at = change.at + placing.LONGEST
    is_late = was_looked and not trouble and clock.moment() > sure_at
    context = {"sent": change, "is_under_way": is_under_way, "trouble": trouble, "lost": error}
    context |= {"sure_at": sure_at, "is_late": is_late}
    return _form(request, about, asked, form, context, 422 if request.htmx else 409)


def _told(
    request: Request,
    about: About | None,
    asked: Wanted,
    placed: Placed,
    was_found: bool = False,
    lines: list[Line] | None = None,
) -> HttpResponse:
    """What was placed, with the box for the next one. Of a form that was sent before lines: what it sent then;
    was_found: the portal looked just now, and the person has it."""
    count = None if asked.count is None else asked.count + 1
    about = replace(about, count=count) if about else None
    context = {
        "user_id": asked.user_id,
        "placed": record.row(placed.request),
        "request_id": placed.change.record_id,
        "target": asked.target,
        "had": [*asked.had, Had(placed.change.record_id, asked.target.mms_id, asked.item_id)],
        "change": placed.change,
        "was_found": was_found,
        "lines": lines,
        "requests": count,
        "stands": asked.stands,
        "is_on_person": bool(request.htmx) and not about,
    }
    return page(request, about, context)
