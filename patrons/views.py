"""Finding a person, the person's page, and its print view."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import push_url, retarget

from almaportal.accounts.roles import ADD_PATRON, CHANGE_BLOCK, VIEW_ACCESS, VIEW_PATRONS
from almaportal.alma import clock
from almaportal.alma.errors import AlmaError
from almaportal.alma.records import Record, code, day, day_of, tidy, words
from almaportal.changes import shown as changes
from almaportal.pages import failure
from almaportal.people import access, alma, person, verdict
from almaportal.people.models import Access
from almaportal.request import Request
from patrons import blocks, finding
from patrons.forms import SearchForm
from patrons.loans import loan_row

ID_LENGTH = 255
may_view = permission_required(VIEW_PATRONS, raise_exception=True)


@may_view
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: Request) -> HttpResponse:
    """The box. A POST of `q` goes straight to the person, or with `everybody` to the list of all who have this ID; one
    of `field` and `text` is a search."""
    if request.method != "POST":
        return _results(request, {"form": SearchForm()})
    try:
        return _search(request) if "field" in request.POST else _scan(request)
    except AlmaError as error:
        if not request.htmx:
            raise
        response = failure(request, "alma_error.html", error.page_status, error=error)
        return retarget(_at_home(response), "#results")  # nobody may take the last person's page for this one's


def _scan(request: Request) -> HttpResponse:
    wanted = tidy(request.POST.get("q", ""))[:ID_LENGTH]
    if not wanted:
        return _results(request, {"form": SearchForm(), "is_empty": True}, status=422)
    if "everybody" in request.POST:
        return _several(request, alma.holders(wanted), wanted)
    people = finding.scanned(wanted)
    if len(people) == 1:
        return _straight_to(request, people[0], wanted)
    if people:
        return _several(request, people, wanted)
    field = finding.likely_field(wanted)
    if not field:
        return _nobody(request, wanted)
    found = finding.searched(field, wanted)
    if field == "email" and len(found.people) == 1 and not found.pager.has_next:
        return _straight_to(request, found.people[0])
    return _found(request, {"field": field, "text": wanted}, found, {"wanted": wanted})


def _several(request: Request, people: list[Record], wanted: str) -> HttpResponse:
    """All who have an ID, to choose from."""
    rows = [row(one, wanted) for one in people]
    more = {"several": True, "rows": rows} if rows else {}
    return _results(request, {"form": SearchForm(), "wanted": wanted, **more})


def _nobody(request: Request, wanted: str, status: int = 200) -> HttpResponse:
    """Nobody has this ID, and it looks like no name: other ways are offered."""
    form = SearchForm(initial={"field": "name", "text": wanted})
    return _results(request, {"form": form, "wanted": wanted, "text": wanted, "ways": _ways("identifiers")}, status)


def _ways(tried: str) -> list[tuple[str, Any]]:
    """Other fields to look in for the same text."""
    names = ("name", "email", "phone_number", "identifiers", "ALL")
    return [(name, finding.FIELDS[name].label) for name in names if name != tried]


def _found(request: Request, query: dict[str, Any], found: finding.Found, more: dict[str, Any]) -> HttpResponse:
    """A page of a search. query: what was asked for, which the pages before and after ask for again, in the field where
    it was found; "shown": the field that was chosen, where the form stays."""
    chosen = query.get("shown") or query["field"]
    form, query = SearchForm(initial={**query, "field": chosen}), {**query, "field": found.field, "shown": chosen}
    context = {
        "form": form,
        "query": query,
        "text": query["text"],
        "found": found,
        "pager": found.pager,
        "tried": finding.FIELDS[query["field"]].label,
        "rows": [row(one) for one in found.people],
        "ways": _ways(query["field"]),
    }
    return _results(request, context | more)


def _search(request: Request) -> HttpResponse:
    form = SearchForm(request.POST)
    if not form.is_valid():
        return _results(request, {"form": form}, status=422)
    query = {**form.cleaned_data, "text": tidy(form.cleaned_data["text"])}
    page, step = (query["back"], -1) if query["back"] else (query["page"] or 1, 1)
    found = finding.searched(query["field"], query["text"], page, query["loose"], step)
    return _found(request, query, found, {})


def _results(request: Request, context: dict[str, Any], status: int = 200) -> HttpResponse:
    context |= {
        "may_add": request.user.has_perm(ADD_PATRON),
        "may_view_access": request.user.has_perm(VIEW_ACCESS),
        "most_pages": finding.PAGES,
    }
    access.listed(request, [one["id"] for one in context.get("rows", [])])
    template = "patrons/find.html#results" if request.htmx else "patrons/find.html"
    return _at_home(render(request, template, context, status=status))


def _at_home(response: HttpResponse) -> HttpResponse:
    """The address is that of the box again: a reload must not bring the person from before."""
    return push_url(response, reverse("patrons:find"))


def row(record: Record, wanted: str = "") -> dict[str, Any]:
    """A person in a list. href: "" for a contact without an ID, which has no page (facts 3.5); born tells namesakes
    apart."""
    own = person.primary_id(record)
    return {
        "href": address(own) if own else "",
        "id": own,
        "name": person.name(record) or own or _("without a name"),
        "preferred": person.preferred_name(record),
        "born": day(record.get("birth_date")),
        "group": words(record.get("user_group")),
        "email": next((one.lines[0] for one in person.emails(record)), ""),
        "ends": day_of(code(record.get("expiry_date"))),
        "verdict": verdict.of(record),
        "held": person.holds(record, wanted) if wanted else "",
    }


def address(primary_id: str) -> str:
    return reverse("patrons:person", args=[primary_id])


def _straight_to(request: Request, record: Record, wanted: str = "") -> HttpResponse:
    """The person's page as the answer to a scan: no second call; the address follows. wanted: as in `_page`."""
    response, own = _page(request, record, wanted), person.primary_id(record)
    return push_url(response, address(own)) if own else response


@may_view
@require_safe
def one(request: Request, user_id: str) -> HttpResponse:
    """The person's page: one call."""
    people = finding.scanned(user_id)
    if not people:
        return _nobody(request, user_id, status=404)
    return _page(request, people[0], user_id) if len(people) == 1 else _several(request, people, user_id)


def _page(request: Request, record: Record, wanted: str) -> HttpResponse:
    """wanted: the ID by which Alma sent the person, "" when they were searched for."""
    own = person.primary_id(record)
    if not own:
        return contact(request, record)
    access.seen(request, own, Access.Action.VIEW)
    is_own = not wanted or person.is_same_id(own, wanted)
    by_other = "" if is_own else person.holds(record, wanted) or "not"  # others may have had the same card
    template = "patrons/person.html#person" if request.htmx else "patrons/person.html"
    return render(request, template, {**shown(request, record), "wanted": wanted, "by_other": by_other})


def contact(request: Request, record: Record) -> HttpResponse:
    """Somebody without a primary ID: a row, for there is no page (facts 3.5)."""
    return _results(request, {"form": SearchForm(), "rows": [row(record)]})


def shown(request: Request, record: Record) -> dict[str, Any]:
    """What the person's page says."""
    own = person.primary_id(record)
    last = day_of(code(record.get("expiry_date")))
    found = verdict.of(record)
    loans = person.count(record, "loans")
    contacts = [
        (_("E-mail"), person.emails(record)),
        (_("Telephone"), person.phones(record)),
        (_("Address"), person.addresses(record)),
    ]
    return {
        "id": own,
        "address": address(own) if own else "",
        "name": person.name(record) or own,
        "preferred": person.preferred_name(record),
        "read_at": clock.moment(),
        "record": record,
        "verdict": found,
        "reasons": [(one, blocks.key(one.block) if one.block else "") for one in found.reasons],
        "may_change_block": request.user.has_perm(CHANGE_BLOCK),
        "may_change": request.user.has_perm(CHANGE_BLOCK),
        "is_whole": person.is_whole(record),
        "knows_blocks": person.is_whole(record) and person.has_readable_blocks(record),
        "blocks": [block_row(one) for one in person.blocks(record)],
        "expires": verdict.expires(last) if last and abs((last - verdict.today()).days) <= verdict.NEAR else "",
        "expiry_date": last,
        "loans": loans,
        "loan_calls": max(1, -(-(loans or 0) // alma.MOST)),
        "requests": person.count(record, "requests"),
        "owed": person.owed(record),
        "identifiers": person.identifiers(record),
        "emails": person.emails(record),
        "contact_groups": contacts,
        "contacts": sum(len(some) for _label, some in contacts),
        "notes": person.notes(record),
        "roles": person.roles(record),
        "statistics": person.statistics(record),
        "proxies": person.proxies(record),
        "more": person.more(record),
        "others": person.others(record),
        **changes.of_record(request, (own,)),
    }


def block_row(block: Record) -> dict[str, Any]:
    """A block in the table, and the key by which C's pages know it."""
    is_active = verdict.stops(block)
    is_off = code(block.get("block_status")).upper() == "INACTIVE"
    return {
        "key": blocks.key(block),
        "is_active": is_active,
        "status": _("Active") if is_active else _("Inactive") if is_off else _("Ended"),
        "name": verdict.block_name(block),
        "description": code(block.get("block_description")),
        "kind": words(block.get("block_type")),
        "note": code(block.get("block_note")),
        "who": code(block.get("created_by")),
        "set": day_of(block.get("created_date")),
        "ends": day_of(block.get("expiry_date")),
        "loan": code(block.get("item_loan_id")),
        "segment": words(block.get("segment_type")),
    }


@may_view
@require_safe
def print_view(request: Request, user_id: str) -> HttpResponse:
    """The person with loans, to be printed: no contacts, notes, identifiers; of the fees their sum."""
    record = alma.find_one(user_id, alma.COUNTS)
    own = person.primary_id(record)
    if not own:
        return contact(request, record)
    access.seen(request, own, Access.Action.PRINT)
    found, more = alma.loans(alma.address(record))
    context = shown(request, record)
    context["blocks"] = [one for one in context["blocks"] if one["is_active"]]
    context |= {"rows": [loan_row(one) for one in found], "more_loans": more}
    return render(request, "patrons/print.html", context)
