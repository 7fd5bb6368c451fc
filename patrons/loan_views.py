"""A person's loans and fees, each read when it is opened, and renewing."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from almaportal.alma import clock
from almaportal.alma.records import Record, code, rows
from almaportal.changes.holds import hold
from almaportal.request import Request
from patrons import access, alma, loans, person
from patrons.models import Access
from patrons.views import address, may_view


def _place(user_id: str) -> str:
    """What stands in Alma's path for the person: no ID with "/" does (facts 3.4), so another one is looked up."""
    return alma.address(alma.find_one(user_id)) if "/" in user_id else user_id


@may_view
@require_safe
def loan_list(request: Request, user_id: str) -> HttpResponse:
    """The active loans: a call for each hundred. `?skip=`: how many to pass over."""
    skip = _number(request.GET.get("skip", ""))
    found = alma.loans(_place(user_id), skip)
    access.seen(request, _whose(found, "user_id") or user_id, Access.Action.LOANS)
    return _loans(request, user_id, found, skip)


def _whose(found: Sequence[Record], field: str) -> str:
    """The primary ID that the rows name: the address may hold another ID of the person."""
    return next((own for row in found if (own := code(row.get(field)))), "")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def _loans(
    request: Request, user_id: str, found: Sequence[Record], skip: int, outcomes: Sequence[loans.Outcome] = ()
) -> HttpResponse:
    shown = [loans.loan_row(one) for one in found]
    context: dict[str, Any] = {
        "id": user_id,
        "address": address(user_id),
        "read_at": clock.moment(),
        "rows": shown,
        "overdue": sum(one["is_overdue"] for one in shown),
        "renewable": sum(one["can_renew"] for one in shown),
        "skip": skip,
        "next": skip + len(shown) if len(shown) >= alma.MOST_LOANS else 0,
        "outcomes": [(one, loans.loan_row(one.loan)) for one in outcomes],
        "renewed": [loans.loan_row(one.loan) for one in outcomes if one.state == "renewed"],
        "was_asked": request.method == "POST",
        "left": [loans.mark(one.loan) for one in outcomes if one.state == "left"],
    }
    template = "patrons/loans.html#loans" if request.htmx else "patrons/loans.html"
    return render(request, template, context)


@may_view
@require_POST
def renew(request: Request, user_id: str) -> HttpResponse:
    """Renew the loans whose marks are posted as `loan`, or with `all` those posted as `each`: the list is read first
    (a call for each hundred), then a call a loan. What became of each stands above the list."""
    marks = request.POST.getlist("each" if "all" in request.POST else "loan")
    skip = _number(request.POST.get("skip", ""))
    where = _place(user_id)
    with hold(f"loans:{where.casefold()}"):  # the same form sent twice at once renews once
        found = alma.loans(where, skip)
        outcomes = loans.renew(where, found, marks)
    access.seen(request, _whose(found, "user_id") or user_id, Access.Action.RENEW)
    return _loans(request, user_id, loans.after(found, outcomes), skip, outcomes)


@may_view
@require_safe
def fees(request: Request, user_id: str) -> HttpResponse:
    """What is owed: one call."""
    data = alma.fees(_place(user_id))
    access.seen(request, _whose(rows(data, "fee"), "user_primary_id") or user_id, Access.Action.FEES)
    context = {
        "id": user_id,
        "address": address(user_id),
        "read_at": clock.moment(),
        "rows": [loans.fee_row(one) for one in rows(data, "fee")],
        "total": person.amount(data.get("total_sum")),
        "currency": code(data.get("currency")),
    }
    template = "patrons/fees.html#fees" if request.htmx else "patrons/fees.html"
    return render(request, template, context)
