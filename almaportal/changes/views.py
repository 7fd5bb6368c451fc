"""The log of changes: who changed what, when and why; and taking a change back."""

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from almaportal.accounts.roles import VIEW_ALL_JOBS, VIEW_CHANGES
from almaportal.alma.errors import AlmaError
from almaportal.changes import following
from almaportal.changes.forms import FilterForm
from almaportal.changes.kinds import KINDS
from almaportal.changes.models import Change
from almaportal.changes.shown import Shown, kinds_for, visible_to
from almaportal.pager import Pager
from almaportal.request import Request

may_view = permission_required(VIEW_CHANGES, raise_exception=True)


def _visible(request: Request) -> QuerySet[Change]:
    return visible_to(request.user)


@may_view
@require_safe
def changes(request: Request) -> HttpResponse:
    """All changes, the latest first, by person, record, day and kind."""
    visible = _visible(request)
    form = FilterForm(request.GET, visible, kinds_for(request.user))
    found = form.filter(visible).order_by("-pk")
    pager = Pager.asked(request)
    rows = list(found.defer("record")[pager.offset : pager.offset + pager.size])
    context = {
        "form": form,
        "rows": [Shown(row) for row in rows],
        "pager": pager.got(len(rows), found.count()),
        "sees_all_jobs": request.user.has_perm(VIEW_ALL_JOBS),
    }
    name = "changes/changes.html#results" if request.htmx else "changes/changes.html"
    return render(request, name, context)


@may_view
@require_safe
def change(request: Request, number: int) -> HttpResponse:
    """One change. While Alma is still deleting, the page asks now and then whether the record is gone."""
    found = get_object_or_404(_visible(request), pk=number)
    trouble = None
    try:
        following.look(found)
    except AlmaError as error:
        trouble = error
    context = {
        "shown": Shown(found),
        "change": found,
        "trouble": trouble,
        "undone_by": found.undone_by.filter(state=Change.State.DONE).first(),
        "may_undo": found.kind in KINDS and request.user.has_perm(KINDS[found.kind].may_change),
    }
    if request.htmx:
        return render(request, "changes/change.html#state", context)
    if found.kind in KINDS:
        KINDS[found.kind].seen(request, found)
    return render(request, "changes/change.html", context)


@may_view
@require_POST
def look(request: Request, number: int) -> HttpResponse:
    """Ask Alma what became of a change whose outcome nobody knows."""
    found = get_object_or_404(_visible(request), pk=number)
    kind = KINDS[found.kind]
    if not request.user.has_perm(kind.may_change):
        raise PermissionDenied
    if found.state == Change.State.UNSURE:
        kind.settle(found)
    return redirect("changes:change", number)


@may_view
@require_safe
def undo(request: Request, number: int) -> HttpResponse:
    """Look over what taking a change back would do; nothing is sent yet."""
    found = get_object_or_404(_visible(request), pk=number)
    kind = KINDS[found.kind]
    if not request.user.has_perm(kind.may_change):
        raise PermissionDenied
    if not Shown(found).can_be_undone:
        return redirect("changes:change", number)
    return kind.undo(request, found)
