"""What the log of changes must know of what direct borrowing writes: titles, holdings, items, loans, and the patrons of
partners where they were there before or go again."""

from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from almaportal.accounts.roles import RUN_DIRECT, VIEW_PATRONS, VIEW_REQUESTS
from almaportal.alma.records import code, day
from almaportal.changes.holds import hold
from almaportal.changes.kinds import RecordKind, register
from almaportal.changes.models import Change
from almaportal.request import Request
from circulation import acts, dcb, partner_patron, rolling_back, steps
from circulation.steps import StillUnknown

STAYS = gettext_lazy("It belongs to a direct borrowing: it is taken back there.")


def describe(path: str, raw: Any) -> tuple[str, str]:
    """Label and words of what was written."""
    if path == partner_patron.EXPIRY:
        last = day(raw)
        return _("Expires"), date_format(last) if last else code(raw)
    if path == "scan_in":
        return _("Scanned in at"), code(raw)
    return path, code(raw)


def settle(change: Change) -> None:
    """Look in Alma, as the transaction's own page does. Raises AlmaError."""
    step = steps.of_change(change)
    if step is None or not step.is_undecided:
        return
    one = step.transaction
    with hold(dcb.key(one)):
        one.refresh_from_db()
        act = rolling_back.act(one, step.name) if step.method == "DELETE" else dcb.act(one, step.name)
        try:
            steps.settle(step, act)
        except StillUnknown:
            return
        dcb.reach(one)


def undo(_request: Request, change: Change) -> HttpResponse:
    """The transaction's page: what it made goes from there."""
    step = steps.of_change(change)
    if step is None:
        return redirect("circulation:transactions")
    return redirect("circulation:transaction", step.transaction_id)


def _of_title(ids: Sequence[str]) -> str:
    return reverse("circulation:title", args=ids[:1])


def _above(_ids: Sequence[str]) -> str:
    return reverse("circulation:transactions")


def _kind(name: str, label: Any, may_view: str, address: Callable[[Sequence[str]], str], **more: Any) -> RecordKind:
    return RecordKind(
        name=name,
        label=label,
        may_view=may_view,
        may_change=RUN_DIRECT,
        address=address,
        parent_address=_above,
        describe=describe,
        undo=undo,
        settle=settle,
        stays=STAYS,
        is_gone=more.get("is_gone", rolling_back.is_gone),
    )


def register_kinds() -> None:
    register(_kind(acts.TITLE, gettext_lazy("title"), VIEW_REQUESTS, _of_title))
    register(_kind(acts.HOLDING, gettext_lazy("holding"), VIEW_REQUESTS, _of_title))
    register(_kind(acts.ITEM, gettext_lazy("item"), VIEW_REQUESTS, _of_title))
    register(_kind(acts.LOAN, gettext_lazy("loan"), VIEW_PATRONS, _above))
    patron = _kind(
        partner_patron.KIND,
        gettext_lazy("patron of a partner"),
        VIEW_PATRONS,
        lambda ids: reverse("patrons:person", args=ids),
        is_gone=partner_patron.is_gone,
    )
    register(patron)
