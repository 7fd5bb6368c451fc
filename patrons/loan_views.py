"""A person's loans and fees, each read when it is opened, and renewing."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from almaportal.accounts.roles import RENEW_LOANS
from almaportal.alma import clock
from almaportal.alma.records import Record, code, rows
from almaportal.changes.holds import hold
from almaportal.jobs.shown import length
from almaportal.people import access, alma, person
from almaportal.people.models import Access
from almaportal.request import Request
from patrons import loans
from patrons.views import address, contact, may_view

ASK_FROM = 10  # renewals: beyond, the button asks first
SECONDS_A_CALL = 0.5  # as Alma usually needs

may_renew = permission_required(RENEW_LOANS, raise_exception=True)


@may_view
@require_safe
def loan_list(request: Request, user_id: str) -> HttpResponse:
    """The active loans: a call for each hundred. `?skip=`: how many to pass over."""
    skip = _number(request.GET.get("skip", ""))
    found, more = alma.loans(alma.place(user_id), skip)
    own = _own(user_id, found, "user_id")
    if not own:
        return contact(request, alma.find_one(user_id))
    access.seen(request, own, Access.Action.LOANS)
    return _loans(request, own, found, skip, more)


def _own(user_id: str, found: Sequence[Record], field: str) -> str:
    """The primary ID, whatever ID of the person the address holds: as the rows have it; "" for a contact. Where they
    have none, Alma is asked, one call more, unless the ID is on record as a primary one: who comes from the person's
    page pays nothing."""
    named = next((own for row in found if (own := person.primary_id({"primary_id": row.get(field)}))), "")
    if named or Access.objects.filter(patron=user_id).exists():
        return named or user_id
    return person.primary_id(alma.find_one(user_id))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def _loans(
    request: Request, own: str, found: Sequence[Record], skip: int, more: int, outcomes: Sequence[loans.Outcome] = ()
) -> HttpResponse:
    shown = [loans.loan_row(one) for one in found]
    renewable = sum(one["can_renew"] for one in shown)
    left = [loans.mark(one.loan) for one in outcomes if one.state == "left"]
    renewed = sum(one.state == "renewed" for one in outcomes)
    context: dict[str, Any] = {
        "id": own,
        "address": address(own),
        "read_at": clock.moment(),
        "rows": shown,
        "overdue": sum(one["is_overdue"] for one in shown),
        "may_renew": request.user.has_perm(RENEW_LOANS),
        "renewable": renewable,
        "asks": renewable > ASK_FROM,
        "list_calls": max(1, -(-len(shown) // alma.MOST)),
        "duration": length(renewable * SECONDS_A_CALL),
        "part_seconds": round(settings.ALMA_PAGE_SECONDS - loans.SECONDS_KEPT),
        "skip": skip,
        "next": more,
        "was_asked": request.method == "POST",
        "groups": loans.grouped(outcomes),
        "is_open": len(outcomes) == 1,
        "renewed": renewed,
        "others": len(outcomes) - renewed - len(left),
        "left": left,
    }
    template = "patrons/loans.html#loans" if request.htmx else "patrons/loans.html"
    return render(request, template, context)


@may_view
@may_renew
@require_POST
def renew(request: Request, user_id: str) -> HttpResponse:
    """Renew the loans whose marks are posted as `loan`, or with `all` those posted as `each`: the list is read first
    (a call for each hundred), then a call a loan. What became of each stands above the list."""
    marks = request.POST.getlist("each" if "all" in request.POST else "loan")
    skip = _number(request.POST.get("skip", ""))
    where = alma.place(user_id)
    with hold(f"loans:{where.casefold()}"):  # the same form sent twice at once renews once
        found, more = alma.loans(where, skip)
        own = _own(user_id, found, "user_id")  # first: a trouble after the renewals would hide what became of them
        if not own:
            return contact(request, alma.find_one(user_id))
        outcomes = loans.renew(where, found, marks)
    access.seen(request, own, Access.Action.RENEW)
    return _loans(request, own, loans.after(found, outcomes), skip, more, outcomes)


@may_view
@require_safe
def fees(request: Request, user_id: str) -> HttpResponse:
    """What is owed: one call."""
    data = alma.fees(alma.place(user_id))
    own = _own(user_id, rows(data, "fee"), "user_primary_id")
    if not own:
        return contact(request, alma.find_one(user_id))
    access.seen(request, own, Access.Action.FEES)
    context = {
        "id": own,
        "address": address(own),
        "read_at": clock.moment(),
        "rows": [loans.fee_row(one) for one in rows(data, "fee")],
        "total": person.amount(data.get("total_sum")),
        "currency": code(data.get("currency")),
    }
    template = "patrons/fees.html#fees" if request.htmx else "patrons/fees.html"
    return render(request, template, context)
