"""Editing many records: which ones, what to do with them, and on to the review of the job."""

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.core.exceptions import BadRequest, ObjectDoesNotExist
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from almaportal import codes
from almaportal.alma.records import tidy
from almaportal.carried import pack, unpack
from almaportal.changes.shown import as_number
from almaportal.jobs import control
from almaportal.jobs.models import Job
from almaportal.request import Request
from ecollections import places, recipes, targets
from ecollections.bulk_forms import BulkForm, data_of
from ecollections.deleting import BIB_CHOICES
from ecollections.edit_views import get_or_post, may_change
from ecollections.kinds import BY_NAME, KINDS, PORTFOLIO, Kind
from ecollections.record_form import tables_of
from ecollections.targets import LOST, Given
from ecollections.titles import forms, matched
from ecollections.titles.search import Query

FORM = "ecollections/bulk_edit.html"
LIST = "ecollections/bulk.html"
MOST_BYTES = 5 * 1024 * 1024
FIRST_TITLES = 5
FIRST_WRONG = 50


@dataclass(frozen=True)
class About:
    """Which records a bulk edit is about. targets, params: as Edit has them, before the actions; from_list: the address
    of the list they were ticked in, whose ticks are over once the job is made."""

    kind: Kind
    targets: list[str]
    params: dict[str, Any]
    from_list: str = ""

    @property
    def packed(self) -> str:
        return pack("bulk", [self.kind.name, self.targets, self.params, self.from_list])

    @classmethod
    def unpacked(cls, text: str) -> "About":
        name, *others = unpack("bulk", text)
        return cls(BY_NAME[name], *others)

    @property
    def is_empty(self) -> bool:
        return not self.targets and "match" not in self.params


def everything(targets: list[str], params: dict[str, Any]) -> str:
    """For the button “all that match” of a list, packed: see `_ticked`."""
    return pack("everything", [targets, params])


# which records


@may_change
@get_or_post
def bulk(request: Request) -> HttpResponse:
    """Choose records by a list of IDs, pasted or uploaded."""
    kind = BY_NAME.get(str(request.POST.get("what") or request.GET.get("what")), PORTFOLIO)
    if request.method != "POST":
        return _ask_for_list(request, kind)
    try:
        text = _text(request)
    except ValueError as error:
        return _ask_for_list(request, kind, str(error))
    given = targets.from_text(text)
    if not given.usable:
        nothing = _(
            "There is no ID in it. IDs of portfolios begin with 53, of services with 62, of e-collections with 61."
        )
        return _ask_for_list(request, kind, nothing if text.strip() else _("Paste IDs, or choose a file."), given)
    about = About(kind, given.targets, {"given": given.summary})
    return _page(request, about, filled=_from_recipe(request, kind), given=given)


def _ask_for_list(request: Request, kind: Kind, error: str = "", given: Given | None = None) -> HttpResponse:
    context = {
        "kinds": [(one.name, _these(one)) for one in reversed(KINDS)],
        "kind": kind,
        "error": error,
        "wrong": given.wrong[:FIRST_WRONG] if given else [],
        "ids": request.POST.get("ids", ""),
        "recipe": as_number(str(request.POST.get("recipe") or request.GET.get("recipe", ""))),
        "crumbs": places.crumbs(()),
    }
    return render(request, LIST, context, status=422 if error else 200)


def _text(request: Request) -> str:
    """What was pasted, then what was uploaded. Raises ValueError with a sentence."""
    pasted, file = request.POST.get("ids", ""), request.FILES.get("file")
    if not file:
        return pasted
    if (file.size or 0) > MOST_BYTES:
        raise ValueError(_("The file is larger than 5 MB. Nothing was read: divide it."))
    try:
        return f"{pasted}\n{targets.text_of_file(file.read())}" if pasted.strip() else targets.text_of_file(file.read())
    except ValueError:
        raise ValueError(_("The file is no text. Save the list as CSV or as plain text, then choose that.")) from None


@may_change
@get_or_post
def edit(request: Request, kind: Kind) -> HttpResponse:
    """The form; a POST brings it, or the rows that were ticked. Which records it is about stands in no address."""
    if request.method != "POST":
        return redirect(f"{reverse('ecollections:bulk')}?what={kind.name}")
    if "about" in request.POST:
        about = About.unpacked(request.POST["about"])
        if about.kind is not kind:
            raise BadRequest("the form of another kind")
        return _pressed(request, about)
    about = _ticked(request, BY_NAME.get(request.POST.get("what", ""), kind))
    if about.is_empty:
        return _ask_for_list(
            request, about.kind, _("No row was ticked. Go back and tick some, or give their IDs here.")
        )
    return _page(request, about)


def _ticked(request: Request, kind: Kind) -> About:
    """The rows ticked on the page, and those of other pages; or all of a list."""
    from_list = request.POST.get("list", "")[:200]
    if packed := request.POST.get("everything"):
        found, params = unpack("everything", packed)
        return About(PORTFOLIO if "index" in params.get("match", {}) else kind, found, params, from_list)
    given = targets.each_once([*request.POST.get("more", "").split(), *request.POST.getlist("pick")])
    return About(kind, [one for one in given.targets if not targets.wrong_with(one)], {}, from_list)


# what to do with them


def again(request: Request, kind: Kind, job: Job) -> HttpResponse:
    """The form a job was made with, to change it before it starts."""
    about = About(kind, job.targets, {key: job.params[key] for key in job.params if key not in ("actions", "only")})
    if request.method == "POST":
        return _pressed(request, about, job)
    return _page(request, about, job, filled=data_of(kind, job.params), reason=job.reason)


def _pressed(request: Request, about: About, job: Job | None = None) -> HttpResponse:
    """One press of a button: start from a recipe, keep one, or on to the review."""
    reason = tidy(request.POST.get("reason", ""))
    if "use_recipe" in request.POST:
        return _page(request, about, job, filled=_from_recipe(request, about.kind), reason=reason)
    form = BulkForm(about.kind, codes.tables(tables_of(about.kind)), request.POST)
    more: dict[str, Any] = {"form": form, "reason": reason, "recipe_name": request.POST.get("recipe_name", "")}
    if not form.is_valid():
        return _page(request, about, job, status=422, **more)
    if "save_recipe" in request.POST:
        return _save_recipe(request, about, job, more)
    params = {**about.params, **form.params}
    try:
        if job:
            control.change(job, params, request.user, reason)
        else:
            name = f"edit-{about.kind.name}s"
            job = control.submit(name, about.targets, params, request.user, reason, asks=True)
    except control.Refused as refused:
        form.errors += refused.sentences
        return _page(request, about, job, status=422, **more)
    return redirect("jobs:job", job.pk)


def _save_recipe(request: Request, about: About, job: Job | None, more: dict[str, Any]) -> HttpResponse:
    shared, locked = "recipe_is_shared" in request.POST, "recipe_is_locked" in request.POST
    try:
        saved = recipes.save(
            about.kind, more["form"].params, request.user, more["recipe_name"], is_shared=shared, is_locked=locked
        )
    except recipes.Refused as refused:
        return _page(request, about, job, status=422, recipe_error=str(refused), **more)
    return _page(request, about, job, saved=saved, **more)


def _from_recipe(request: Request, kind: Kind) -> tuple[dict[str, str], list[str]]:
    """What a recipe puts into the form, and its fields that are none any more."""
    try:
        found = recipes.usable(request.user, kind).get(pk=as_number(request.POST.get("recipe", "")))
    except ObjectDoesNotExist:
        return {}, []
    return data_of(kind, found.params)


def _page(
    request: Request,
    about: About,
    job: Job | None = None,
    filled: tuple[dict[str, str], list[str]] = ({}, []),
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """The page of the form. filled: what it begins with, and fields of a recipe that are none; given: the list that the
    records came from, the first time it is shown."""
    kind, given = about.kind, more.pop("given", None)
    names = _first_names(about)
    context = {
        "kind": kind,
        "form": BulkForm(kind, codes.tables(tables_of(kind)), filled[0]) if "form" not in more else more["form"],
        "unknown": filled[1],
        "about": about,
        "records": _counted(about),
        "first": names,
        "others": max(0, sum(not targets.wrong_with(one) for one in about.targets) - len(names)),
        "given": given,
        "list": _list_summary(given) if given else None,
        "recipes": recipes.usable(request.user, kind),
        "action": request.path if job else reverse(f"ecollections:bulk_edit_{kind.name}"),
        "job": job,
        "crumbs": _crumbs(about),
        **more,
    }
    return render(request, FORM, context, status=status)


def _list_summary(given: Given) -> dict[str, Any]:
    """What there is to know about a list before its records are looked at."""
    wrong = {text for _number, text, _why in given.wrong}
    ids = [one for one in given.targets if one not in wrong and "/" not in one]
    asked_for = [one for one in ids if not one.startswith("61")]
    known = targets.places_of(asked_for)
    unknown = Counter(one[:2] for one in asked_for if one not in known)
    return {
        "unknown": unknown[targets.PORTFOLIO],
        "unknown_services": unknown[targets.SERVICE],
        "known": given.usable - sum(unknown.values()),
        "wrong": given.wrong[:FIRST_WRONG],
        "more_wrong": max(0, len(given.wrong) - FIRST_WRONG),
        "first_duplicates": given.duplicates[: targets.FIRST],
        "more_duplicates": max(0, len(given.duplicates) - targets.FIRST),
    }


def _counted(about: About) -> str:
    """Which records, in words: “3 portfolios”, “all portfolios of 2 e-collections”."""
    match, expected = about.params.get("match"), about.params.get("expected")
    if match and "index" in match:
        counted = _below(PORTFOLIO, PORTFOLIO.depth, match["expected"], _("all"))
        return ngettext("%s that matches", "%s that match", match["expected"]) % counted
    if match:
        return _below(about.kind, 1, match["expected"], _("all"))
    if expected:
        return _below(about.kind, about.kind.depth, expected, _("all"))
    found = Counter(targets.depth_of(one) for one in about.targets if not targets.wrong_with(one))
    return ", ".join(_below(about.kind, depth, n) for depth, n in sorted(found.items(), reverse=True))


def _below(kind: Kind, depth: int, n: int, every: str = "") -> str:
    counted = f"{every} {_number_of(depth, n)}" if every and n > 1 else _number_of(depth, n)
    if depth >= kind.depth:
        return counted
    return _("%(all_these)s of %(records)s") % {"all_these": _("all %s") % _these(kind), "records": counted}


def _number_of(depth: int, n: int) -> str:
    words = (
        ngettext("%s e-collection", "%s e-collections", n),
        ngettext("%s service", "%s services", n),
        ngettext("%s portfolio", "%s portfolios", n),
    )
    return words[depth - 1] % number_format(n, use_l10n=True, force_grouping=True)


def _these(kind: Kind) -> str:
    return {1: _("e-collections"), 2: _("services"), 3: _("portfolios")}[kind.depth]


def _first_names(about: About) -> list[str]:
    """The titles of the first records, where they were seen before; else their IDs."""
    right = (target for target in about.targets if not targets.wrong_with(target))
    ids = [target.rpartition("/")[2] for target in islice(right, FIRST_TITLES)]
    known = places.names(*ids)
    return [known.get(one, one) for one in ids]


def _crumbs(about: About) -> list[tuple[str, str]]:
    """The way to where all of them are."""
    if query := about.params.get("match", {}).get("index"):
        found = Query.from_json(query)
        return [*places.crumbs(found.within), (_("Titles"), forms.address(found))]
    paths = [target.split("/") for target in {min(about.targets, default=""), max(about.targets, default="")}]
    above: list[str] = []
    for ids in zip(*paths, strict=False):
        if len(set(ids)) > 1 or not ids[0].isalnum() or ids[0] == LOST or len(above) == about.kind.depth - 1:
            break
        above.append(ids[0])
    is_path = bool(above) and targets.depth_of("/".join(above)) == len(above)
    return places.crumbs(above if is_path else ())


# deleting the ticked portfolios


@may_change
@get_or_post
def delete(request: Request) -> HttpResponse:
    """What becomes of their titles; then on to the review."""
    if request.method != "POST":
        return redirect(f"{reverse('ecollections:bulk')}?what={PORTFOLIO.name}")
    if "about" not in request.POST:
        about = _ticked(request, PORTFOLIO)
        if about.is_empty:
            return _ask_for_list(
                request, PORTFOLIO, _("No row was ticked. Go back and tick some. Nothing was deleted.")
            )
        return _delete_page(request, about)
    about, bib = About.unpacked(request.POST["about"]), request.POST.get("bib", "")
    if bib not in BIB_CHOICES or about.kind is not PORTFOLIO:
        raise BadRequest("not the form of this page")
    reason = tidy(request.POST.get("reason", ""))
    match = about.params.get("match")
    paths = matched.paths(match["index"]) if match else about.targets
    try:
        job = control.submit("delete-portfolios", paths, {"bib": bib}, request.user, reason, asks=True)
    except control.Refused as refused:
        return _delete_page(request, about, 422, bib=bib, reason=reason, refused=refused.sentences)
    return redirect("jobs:job", job.pk)


def _delete_page(request: Request, about: About, status: int = 200, **more: Any) -> HttpResponse:
    names = _first_names(about)
    context = {
        "about": about,
        "records": _counted(about),
        "first": names,
        "others": max(0, sum(not targets.wrong_with(one) for one in about.targets) - len(names)),
        "bib": "retain",
        "crumbs": _crumbs(about),
        **more,
    }
    return render(request, "ecollections/bulk_delete.html", context, status=status)
