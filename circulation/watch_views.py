"""The watch list of requests: for all of the desk, as each was last looked at."""

from typing import Any

from django import forms
from django.conf import settings
from django.db.models import F, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from almaportal.accounts.models import User
from almaportal.accounts.roles import CHANGE_REQUESTS
from almaportal.alma.errors import AlmaError
from almaportal.alma.records import words
from almaportal.changes.shown import as_number
from almaportal.jobs import control
from almaportal.jobs.models import Item, Job
from almaportal.pager import Pager
from almaportal.request import Request
from circulation import alma, closure, record, watching
from circulation.cancel_views import may_change
from circulation.follow_views import may_view
from circulation.models import Watched

MOST = 500  # put on the list at once
NEW, OVER, MOVED = "new", "over", "changed"


class FilterForm(forms.Form):
    """What the list is narrowed to."""

    whose = forms.ChoiceField(
        label=gettext_lazy("Put there by"),
        required=False,
        choices=[("", gettext_lazy("everybody")), ("mine", gettext_lazy("me"))],
    )
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[
            ("", gettext_lazy("any")),
            (NEW, gettext_lazy("not looked at yet")),
            *((name, label) for name, label in record.STATES.items() if name != record.HISTORY),
            (OVER, gettext_lazy("over")),
            (MOVED, gettext_lazy("changed at the last look")),
        ],
    )

    def filter(self, found: QuerySet[Watched], user: Any) -> QuerySet[Watched]:
        self.is_valid()
        state = self.cleaned_data.get("state")
        if self.cleaned_data.get("whose"):
            found = found.filter(user_id=user.pk)
        if state == MOVED:
            return found.filter(changed_at=F("looked_at"))
        if state == OVER:
            return found.exclude(ending="")
        if state == NEW:
            return found.filter(looked_at=None)
        return found.filter(state=state, ending="") if state else found


@may_view
@require_http_methods(["GET", "HEAD", "POST"])
def watch(request: Request) -> HttpResponse:
    """The list; no call but one for a hundred titles that are not kept. A POST puts something on it, takes it off, or
    has all read again."""
    return _changed(request) if request.method == "POST" else _page(request)


def _page(request: Request, context: dict[str, Any] | None = None, status: int = 200) -> HttpResponse:
    form, pager = FilterForm(request.GET), Pager.asked(request)
    matching = form.filter(Watched.objects.order_by("-pk"), request.user)
    found = list(matching[pager.offset : pager.offset + pager.size])
    titles = _titles([one.mms_id for one in found])
    said = _said([one.request_id for one in found])
    shown = {
        "form": form,
        "rows": [_row(one, titles.get(one.mms_id, ""), said.get(one.request_id, "")) for one in found],
        "pager": pager.got(len(found), matching.count()),
        "going_on": Watched.objects.filter(ending="").count(),
        "over": Watched.objects.exclude(ending="").count(),
        "reading": _reading(),
        "nightly": settings.WATCH_NIGHTLY,
        "may_change": request.user.has_perm(CHANGE_REQUESTS),
        "added": as_number(request.GET.get("added", "")),
        "dropped": as_number(request.GET.get("dropped", "")),
        "crumbs": [(_("Circulation"), reverse("circulation:circulation"))],
    }
    name = "circulation/watch.html#results" if request.htmx else "circulation/watch.html"
    return render(request, name, shown | (context or {}), status=status)


def _row(watched: Watched, title: str, said: str) -> dict[str, Any]:
    kind = record.KINDS.get(watched.kind, watched.kind.capitalize())
    return {
        "watched": watched,
        "title": title,
        "kind": kind,
        "status": "" if watched.ending or not watched.looked_at else record.status_words(watched.state),
        "is_ready": watched.state == record.ON_SHELF and not watched.ending,
        "ending": closure.words(watched.ending, watched.is_sure) if watched.ending else "",
        "said": said,
        "is_news": watched.changed_at is not None and watched.changed_at == watched.looked_at,
    }


def _titles(mms_ids: list[str]) -> dict[str, str]:
    """MMS ID → title; none where Alma does not answer."""
    try:
        return {one: words(bib.get("title")) for one, bib in alma.titles(mms_ids).items()}
    except AlmaError:
        return {}


def _said(request_ids: list[str]) -> dict[str, str]:
    """Request ID → what changed, as the last job that saw a change says it."""
    seen = Item.objects.filter(job__kind=watching.REFRESH, path__in=request_ids, state=Item.State.DONE)
    return dict(seen.exclude(message="").order_by("pk").values_list("path", "message"))


@may_change
def _changed(request: Request) -> HttpResponse:
    do = request.POST.get("do")
    if do == "read":
        return _read_all(request)
    ids, odd = watching.numbers(" ".join([*_picked(request), request.POST.get("ids", "")]))
    if do == "over":
        dropped, _rows = Watched.objects.exclude(ending="").delete()
        return _back(dropped=dropped)
    if odd or not ids or len(ids) > MOST:
        problem = {"odd": odd[:20], "is_empty": not odd and not ids, "most": MOST if len(ids) > MOST else 0}
        return _page(request, {**problem, "ids": request.POST.get("ids", "")}, 422)
    if do == "drop":
        dropped, _rows = Watched.objects.filter(request_id__in=ids).delete()
        return _back(dropped=dropped)
    return _added(request, ids)


def _picked(request: Request) -> list[str]:
    return [*request.POST.getlist("request"), *request.POST.getlist("pick")]


def _added(request: Request, ids: list[str]) -> HttpResponse:
    """One alone is looked at first: a call. From a request's own page, which reads it then, none."""
    user = User.objects.get(pk=request.user.pk or 0)
    if request.POST.get("request"):
        watching.add(ids[:1], user)
        return redirect("circulation:request", ids[0])
    found = None
    if len(ids) == 1:
        try:
            found = alma.request(ids[0])
        except AlmaError as error:
            return _page(request, {"error": error, "ids": ids[0]}, error.page_status)
    made = watching.add(ids, user)
    if found:
        watching.note(Watched.objects.get(request_id=ids[0]), found)
    return _back(added=len(made))


def _read_all(request: Request) -> HttpResponse:
    if _reading():  # maybe somebody else's
        return redirect("circulation:watch")
    try:
        job = control.submit(watching.REFRESH, [], {}, request.user)
    except control.Refused as refused:
        return _page(request, {"refused": refused.sentences}, 422)
    return redirect("jobs:job", job.pk)


def _reading() -> Job | None:
    """The job that reads the list at this moment."""
    return Job.objects.filter(kind=watching.REFRESH, state__in=control.UNDER_WAY).first()


def _back(**said: int) -> HttpResponse:
    return redirect(f"{reverse('circulation:watch')}?{urlencode(said)}")
