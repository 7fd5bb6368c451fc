"""The pages of the title index: finding titles, and what is indexed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import replace_url

from almaportal import codes, tables
from almaportal.accounts.roles import CHANGE_ECOLLECTIONS
from almaportal.alma import clock
from almaportal.alma.caller import calling, current
from almaportal.carried import unpack
from almaportal.jobs import control
from almaportal.jobs.models import Job
from almaportal.pager import Pager
from almaportal.request import Request
from ecollections import places, targets
from ecollections.bulk_views import everything
from ecollections.edit_views import may_change
from ecollections.finding import SERVICE
from ecollections.models import IndexedService, Place
from ecollections.titles import forms, search, shown, words
from ecollections.titles.jobs import INDEX, READ
from ecollections.titles.search import MOST, NONE, Query
from ecollections.views import may_view

PAGE = "ecollections/titles.html"
INDEX_PAGE = "ecollections/titles_index.html"
MOST_AT_ONCE = 100_000  # titles that one delete, or one reading of whole records, takes
TYPED = ("titles", "filters")  # the elements whose searches replace the address, instead of adding to the history
FEW_NAMES, SHORTEST_NAME = 5, 3
FEW = 2_000  # titles that are counted at once by the other values of a filter that is set


@dataclass(frozen=True)
class Asked:
    """What the address of a page asks for. form: as it was typed; known: the values of each filter."""

    request: Request
    form: forms.TitlesForm
    known: dict[str, set[str]]
    query: Query

    @classmethod
    def of(cls, request: Request) -> "Asked":
        form, known = forms.TitlesForm(request.GET), forms.known_values()
        return cls(request, form, known, form.query(known))

    @property
    def counts_all(self) -> bool:
        """Whether the counts are what was asked for, however long they take."""
        return "counts" in self.request.GET or self.request.path == reverse("ecollections:titles_counts")

    @cached_property
    def tables(self) -> dict[str, codes.Table]:
        """While somebody types, nothing is asked of Alma: what is kept does."""
        with calling(replace(current(), give_up_at=clock.monotonic()) if self.request.htmx else current()):
            return codes.tables(forms.TABLES.values())


@may_view
@require_safe
def titles(request: Request) -> HttpResponse:
    """Search, filter, sort; all of it stands in the address."""
    asked = Asked.of(request)
    query, pager = asked.query, Pager.asked(request)
    found = search.search(query, pager.offset, pager.size)
    pager = pager.got(len(found.titles), found.total)
    context = {
        **_results(asked, found, pager),
        **_filters(asked, found.by_facet),
        "may_change": request.user.has_perm(CHANGE_ECOLLECTIONS),
        "is_beside": bool(request.htmx),  # the filters stand beside the results, and may be open
    }
    if request.htmx:
        response = render(request, f"{PAGE}#results", context)
        is_typed = request.htmx.trigger in TYPED
        return replace_url(response, forms.address(query, **_sized(request))) if is_typed else response
    is_all = replace(query, sort="title") == Query(within=query.within)
    return render(request, PAGE, context | _around(request, query, found.total if is_all else None))


def _results(asked: Asked, found: search.Results, pager: Pager) -> dict[str, Any]:
    query, total = asked.query, found.total
    match = {"match": {"index": replace(query, sort="title").as_json(), "expected": total}}
    return {
        "form": asked.form,
        "query": query,
        "pager": pager,
        "is_wordless": bool(query.text) and not words.words(query.text),
        "rows": shown.rows(found.titles, query.within, asked.tables),
        "is_sorted": found.is_sorted,
        "most": MOST,
        "chosen": forms.chosen(query, asked.tables),
        "unfiltered": forms.address(Query(within=query.within)),
        "everywhere": forms.address(replace(query, within=())) if query.within else "",
        "names": _collections_named(query),
        "everything": everything([], match) if total else "",
        "can_do_all": total <= MOST_AT_ONCE,
        "reading": shown.Cost.of(total),
        "asks_from": control.LARGE,
        "most_at_once": MOST_AT_ONCE,
        "unread": _unread(query),
        "exports": {kind: forms.address(query, "titles_export", format=kind) for kind in ("csv", "xlsx")},
        "xlsx_most": tables.XLSX_MOST if total > tables.XLSX_MOST else None,
    }


def _unread(query: Query) -> dict[str, Any] | None:
    """Of a search by what only whole records tell: the titles that it could not look at, or None."""
    if not (query.url or query.material or query.gaps or query.override) or query.override == NONE:
        return None
    others = replace(query, url="", material="", gaps="", override=NONE, sort="title")
    total = search.count(others, MOST + 1)
    if not total:
        return None
    if total > MOST:
        return {"total": MOST, "is_more": True, "address": forms.address(others)}
    match = {"match": {"index": others.as_json(), "expected": total}}
    return {"total": total, "match": everything([], match), "cost": shown.Cost.of(total)}


def _filters(asked: Asked, by_facet: dict[int, int] | None = None) -> dict[str, Any]:
    """by_facet: of the results, as far as it is known."""
    is_counted = by_facet is not None or asked.counts_all
    most = None if asked.counts_all else FEW
    counts = search.facets(asked.query, by_facet, most) if is_counted else None
    return {
        "filters": forms.filters(asked.query, asked.known, asked.tables, counts),
        "is_counted": is_counted,
        "counts": forms.address(asked.query, "titles_counts"),
        "counted": forms.address(asked.query, counts="1"),
    }


def _collections_named(query: Query) -> list[tuple[str, str]]:
    """E-collections whose name has these words: (name, address). As far as the portal has seen them."""
    if len(query.text) < SHORTEST_NAME or query.within:
        return []
    found = Place.objects.filter(service_id="")
    for word in query.text.split():
        found = found.filter(name__icontains=word)
    return [(one.name, shown.COLLECTION.address([one.pk])) for one in found.order_by("name")[:FEW_NAMES]]


def _sized(request: Request) -> dict[str, str]:
    return {"size": request.GET["size"]} if "size" in request.GET else {}


def _around(request: Request, query: Query, total: int | None) -> dict[str, Any]:
    """What does not change while somebody types. total: titles in the whole scope, where that is known."""
    names = places.names(*query.within)
    scopes = [(_("everything indexed"), forms.address(replace(query, within=()), **_sized(request)))]
    kinds = (_("this e-collection"), _("this service"))
    for depth, name in enumerate(kinds[: len(query.within)], 1):
        scopes.append((name, forms.address(replace(query, within=query.within[:depth]), **_sized(request))))
    return {
        "crumbs": places.crumbs(query.within),
        "scopes": scopes,
        "scope_name": names.get(query.within[-1], query.within[-1]) if query.within else "",
        "target": "/".join(query.within),
        "being_read": shown.being_read(query.within),
        "extent": shown.extent(query.within, total),
        "selection": {
            "address": reverse("ecollections:bulk_edit_portfolio"),
            "list": request.path,
            "can_delete": True,
        },
    }


@may_view
@require_safe
def titles_counts(request: Request) -> HttpResponse:
    """The filters with their counts, where there are too many titles to count them for each search."""
    asked = Asked.of(request)
    return render(request, f"{PAGE}#filters", {"query": asked.query, **_filters(asked)})


@may_change
@require_http_methods(["GET", "HEAD", "POST"])
def titles_index(request: Request) -> HttpResponse:
    """What is indexed; a POST makes a job that reads, or switches the nightly reading."""
    if request.method != "POST":
        return _index_page(request)
    if "read" in request.POST:
        _targets, params = unpack("everything", request.POST["read"])
        if "index" not in params.get("match", {}):
            raise BadRequest("not the button of this page")
        return _submit(request, READ, [], params)
    if "nightly" in request.POST:
        on = request.POST.get("is_on") == "1"
        services = IndexedService.objects.filter(service_id=request.POST["nightly"])
        services.update(is_nightly=on, nightly_by=request.user if on else None)
        return redirect(request.get_full_path())
    return _index(request)


def _index(request: Request) -> HttpResponse:
    given = targets.from_text("\n".join([*request.POST.getlist("target"), request.POST.get("ids", "")]))
    found, sentences = [], [f"{text}: {why}" for _number, text, why in given.wrong]
    known = targets.places_of(given.targets)
    for text in given.targets:
        place = known.get(text.rpartition("/")[2])
        if targets.wrong_with(text):
            continue
        if targets.depth_of(text) > 2:
            sentences.append(_("%s: this is the ID of a portfolio, and services are indexed.") % text)
        elif "/" in text or not text.startswith(SERVICE):
            found.append(text)
        elif place:
            found.append(f"{place.collection_id}/{text}")
        else:
            sentences.append(_("%s: the portal has not seen this service yet: open its e-collection once.") % text)
    if sentences or not found:
        return _index_page(request, sentences or [_("Tick a service, or give an ID.")], 422)
    return _submit(request, INDEX, found, {"identifiers": True} if "identifiers" in request.POST else {})


def _submit(request: Request, kind: str, found: list[str], params: dict[str, Any]) -> HttpResponse:
    """A second click leads to the job of the first."""
    same = Job.objects.filter(kind=kind, user_id=request.user.pk or 0, targets=found, state__in=control.UNDER_WAY)
    twin = next((one for one in same if all(one.params.get(name) == params[name] for name in params)), None)
    try:
        job = twin or control.submit(kind, found, params, request.user)
    except control.Refused as refused:
        return _index_page(request, refused.sentences, 422)
    return redirect("jobs:job", job.pk)


def _index_page(request: Request, wrong: Sequence[str] = (), status: int = 200) -> HttpResponse:
    pager = Pager.asked(request)
    services = IndexedService.objects.order_by("collection_id", "service_id")
    page = services.select_related("nightly_by")[pager.offset : pager.offset + pager.size]
    context = {
        "rows": shown.services(list(page)),
        "pager": pager.got(len(page), services.count()),
        "extent": shown.extent(()),
        "wrong": wrong,
        "ids": request.POST.get("ids", ""),
        "crumbs": [*places.crumbs(()), (_("Titles"), forms.address(Query()))],
    }
    return render(request, INDEX_PAGE, context, status=status)
