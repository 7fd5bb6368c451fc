"""The pages of e-collections, electronic services and portfolios."""

from typing import Any
from urllib.parse import quote, urlencode

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from almaportal.accounts.roles import CHANGE_ECOLLECTIONS, VIEW_ECOLLECTIONS
from almaportal.alma.records import code, dig, rows, whole_number, words
from almaportal.changes import shown as changes
from almaportal.pager import Pager
from almaportal.pages import page
from almaportal.request import Request
from almaportal.templatetags.portal import availability, being_deleted, origin
from ecollections import alma, checks, fields, places, show
from ecollections.bulk_views import everything
from ecollections.forms import SearchForm
from ecollections.kinds import COLLECTION, KINDS, PORTFOLIO, SERVICE, Kind
from ecollections.titles import index

LONG_NAME = 160  # characters, in a list

# A POST is "Read again": almaportal.pages.page goes back to the address afterwards.
get_or_read_again = require_http_methods(["GET", "HEAD", "POST"])
may_view = permission_required(VIEW_ECOLLECTIONS, raise_exception=True)


@may_view
@get_or_read_again
def collections(request: Request) -> HttpResponse:
    form = SearchForm(request.GET)
    pager = Pager.asked(request)
    answer = alma.collections(form.query(), pager.size, pager.offset)
    found = rows(answer.data, "electronic_collection")
    pager = pager.got(len(found), whole_number(answer.data.get("total_record_count")))
    interfaces = places.interfaces([code(row.get("id")) for row in found])
    shown = [_row(row, places.collection_name(row)) for row in found]
    context = {
        "form": form,
        "pager": pager,
        "may_change": request.user.has_perm(CHANGE_ECOLLECTIONS),
        "rows": [row | {"interface": interfaces.get(row["id"])} for row in shown],
        "selection": _selection(request, COLLECTION, ()),
        "everything": pager.total and everything([], {"match": {"query": form.query(), "expected": pager.total}}),
    }
    return page(request, "ecollections/collections.html", [answer], context, part="results")


@may_view
@get_or_read_again
def collection(request: Request, collection_id: str) -> HttpResponse:
    answer = alma.collection(collection_id)
    services = alma.services(collection_id)
    context = {
        **_record_page(request, COLLECTION, (collection_id,)),
        "id": collection_id,
        "name": places.collection_name(answer.data) or collection_id,
        "record": answer.data,
        "portfolios": whole_number(answer.data.get("portfolios")),
        "groups": show.groups(answer.data, fields.COLLECTION),
        "services": [_row(row, places.service_name(row)) for row in rows(services.data, "electronic_service")],
        "selection": _selection(request, SERVICE, (collection_id,)),
    }
    return page(request, "ecollections/collection.html", [answer, services], context)


@may_view
@get_or_read_again
def service(request: Request, collection_id: str, service_id: str) -> HttpResponse:
    pager = Pager.asked(request)
    answer = alma.service(collection_id, service_id)
    portfolios = alma.portfolios(collection_id, service_id, pager.size, pager.offset)
    found = rows(portfolios.data, "portfolio")
    pager = pager.got(len(found), whole_number(portfolios.data.get("total_record_count")))
    if pager.total is not None and not portfolios.kept:
        index.note_total(service_id, pager.total)
    going = changes.going(code(row.get("id")) for row in found)
    context = {
        **_record_page(request, SERVICE, (collection_id, service_id)),
        "id": service_id,
        "name": places.service_name(answer.data) or service_id,
        "record": answer.data,
        "groups": show.groups(answer.data, fields.SERVICE),
        "pager": pager,
        "rows": [_portfolio_row(row, going) for row in found],
        "selection": _selection(request, PORTFOLIO, (collection_id, service_id)),
        "everything": pager.total and everything([f"{collection_id}/{service_id}"], {"expected": pager.total}),
    }
    return page(request, "ecollections/service.html", [answer, portfolios], context, part="results")


@may_view
@get_or_read_again
def portfolio(request: Request, collection_id: str, service_id: str, portfolio_id: str) -> HttpResponse:
    answer = alma.portfolio(collection_id, service_id, portfolio_id)
    home = places.home(answer.data)
    if home and home != (collection_id, service_id):
        return redirect("ecollections:portfolio", *home, portfolio_id)
    context = {
        **_record_page(request, PORTFOLIO, (collection_id, service_id, portfolio_id)),
        "id": portfolio_id,
        "name": places.portfolio_name(answer.data) or portfolio_id,
        "record": answer.data,
        "mms_id": code(dig(answer.data, "resource_metadata.mms_id")),
        "link_from": _link_source(answer.data),
        "remarks": checks.remarks(answer.data),
        "groups": show.groups(answer.data, fields.PORTFOLIO),
    }
    return page(request, "ecollections/portfolio.html", [answer], context)


def _record_page(request: Request, kind: Kind, ids: tuple[str, ...]) -> dict[str, Any]:
    """What the pages of the three kinds have in common: the way here, what may be done, what was changed."""
    return {
        "kind": kind,
        "ids": ids,
        "crumbs": places.crumbs(ids[:-1]),
        "may_change": request.user.has_perm(CHANGE_ECOLLECTIONS),
        "copy_address": _copy_address(kind, ids),
        **changes.of_record(request, ids),
    }


def _selection(request: Request, kind: Kind, above: tuple[str, ...]) -> dict[str, Any]:
    """What ticking rows needs: where they go, the kinds that can be edited by them, the path above each row's ID."""
    own = _("the e-collections") if kind is COLLECTION else _("the services")
    labels = {SERVICE.name: _("their services"), PORTFOLIO.name: _("their portfolios")} | {kind.name: own}
    kinds = [(one.name, labels[one.name]) for one in KINDS[kind.depth - 1 :]]
    return {
        "address": reverse(f"ecollections:bulk_edit_{kind.name}"),
        "list": request.path,
        "above": "".join(f"{one}/" for one in above),
        "kinds": kinds if len(kinds) > 1 else [],
        "can_delete": kind is PORTFOLIO,
    }


def _copy_address(kind: Kind, ids: tuple[str, ...]) -> str:
    """The form of a new record at the same place that begins with this one."""
    return f"{reverse(f'ecollections:new_{kind.name}', args=ids[:-1])}?{urlencode({'copy': '/'.join(ids)})}"


def _row(row: dict[str, Any], name: str) -> dict[str, Any]:
    """A list's row for its template: ids as text, the name to show, the count as a number, the way to its page."""
    short = name if len(name) <= LONG_NAME else f"{name[:LONG_NAME]}…"
    alma_id = code(row.get("id"))
    return {
        **row,
        "id": alma_id,
        "href": f"{quote(alma_id, safe='')}/",
        "name": short or alma_id,
        "library": words(row.get("library")),
        "portfolios": whole_number(row.get("portfolios")),
        "mms_id": code(dig(row, "resource_metadata.mms_id")),
    }


def _portfolio_row(row: dict[str, Any], going: set[str]) -> dict[str, Any]:
    """With what each of 50 rows says made here: a template takes four times as long for it."""
    shown = _row(row, places.portfolio_name(row))
    is_going = shown["id"] in going
    return {
        **shown,
        "status": being_deleted() if is_going else availability(row.get("availability")),
        "origin": origin(row),
    }


def _link_source(record: dict[str, Any]) -> str:
    """Where the portfolio's link comes from: its own URL, the Community Zone's, or the service."""
    own = _("its own URL")
    overrides = (code(dig(record, f"linking_details.{kind}_url_override")) for kind in ("static", "dynamic"))
    if any(overrides):
        return own if record.get("is_local") is True else _("its own URL, which overrides the Community Zone's")
    if code(dig(record, "linking_details.static_url")) or code(dig(record, "linking_details.dynamic_url")):
        return own if record.get("is_local") is True else _("the Community Zone")
    return _("the service")
