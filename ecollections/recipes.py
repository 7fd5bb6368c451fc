"""Recipes: named sets of what a bulk edit does, of one's own and shared ones."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from almaportal import codes
from almaportal.alma import clock
from almaportal.alma.records import tidy
from almaportal.jobs.models import Recipe
from almaportal.request import Request
from ecollections import actions
from ecollections.bulk_forms import data_of
from ecollections.edit_views import may_change as may_edit
from ecollections.kinds import KINDS, Kind
from ecollections.record_form import tables_of

NAME_LENGTH = 100


class Refused(Exception):
    """Why a recipe was not saved, in a sentence."""


def usable(user: Any, kind: Kind | None = None) -> QuerySet[Recipe]:
    """Those that somebody may use: their own and shared ones."""
    names = [f"edit-{one.name}s" for one in KINDS if kind in (None, one)]
    found = Recipe.objects.filter(Q(owner=user) | Q(is_shared=True), kind__in=names)
    return found.select_related("owner").order_by("name", "pk")


def may_change(recipe: Recipe, user: Any) -> bool:
    return recipe.owner_id == user.pk or (recipe.is_shared and not recipe.is_locked)


def save(kind: Kind, params: dict[str, Any], user: Any, name: str, is_shared: bool, is_locked: bool) -> Recipe:
    """A new one, or what one's own of this name does from now on: nobody else's is touched. Raises Refused."""
    name = tidy(name)[:NAME_LENGTH]
    if not name:
        raise Refused(_("Give the recipe a name."))
    now = {"params": params, "is_shared": is_shared, "is_locked": is_locked, "changed": clock.moment()}
    same = {"owner": user, "kind": f"edit-{kind.name}s", "name": name}
    return Recipe.objects.update_or_create(defaults=now, **same)[0]


@may_edit
@require_safe
def recipes(request: Request) -> HttpResponse:
    """One's own and shared ones."""
    return _page(request)


def _page(request: Request, error: str = "") -> HttpResponse:
    tables = {kind.name: codes.tables(tables_of(kind)) for kind in KINDS}
    rows = [_row(one, request.user, tables) for one in usable(request.user)]
    context = {"rows": rows, "name_length": NAME_LENGTH, "error": error}
    return render(request, "ecollections/recipes.html", context, status=422 if error else 200)


def _row(recipe: Recipe, user: Any, tables: dict[str, dict[str, codes.Table]]) -> dict[str, Any]:
    """tables: of each kind of records, by its name."""
    kind = next(one for one in KINDS if recipe.kind == f"edit-{one.name}s")
    return {
        "recipe": recipe,
        "kind": kind,
        "does": [actions.words(kind, action, tables[kind.name]) for action in recipe.params.get("actions", [])],
        "only": len(recipe.params.get("only", [])),
        "unknown": data_of(kind, recipe.params)[1],
        "is_own": recipe.owner_id == user.pk,
        "may_change": may_change(recipe, user),
    }


@may_edit
@require_POST
def recipe(request: Request, number: int) -> HttpResponse:
    """Rename, share, lock or delete one."""
    found = get_object_or_404(usable(request.user), pk=number)
    if not may_change(found, request.user):
        raise PermissionDenied
    if "drop" in request.POST:
        found.delete()
        return redirect("ecollections:recipes")
    name = tidy(request.POST.get("name", ""))[:NAME_LENGTH] or found.name
    if Recipe.objects.filter(owner=found.owner, kind=found.kind, name=name).exclude(pk=found.pk).exists():
        return _page(request, _("There is a recipe “%s” already. Nothing was changed.") % name)
    found.name = name
    if found.owner_id == request.user.pk:
        found.is_shared, found.is_locked = "is_shared" in request.POST, "is_locked" in request.POST
    found.changed = clock.moment()
    found.save()
    return redirect("ecollections:recipes")
