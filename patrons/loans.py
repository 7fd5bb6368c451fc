"""A person's loans for pages, and renewing them: Alma may answer 200 and renew nothing (facts 0.12)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext as _

from almaportal.alma import clock
from almaportal.alma.caller import current
from almaportal.alma.errors import AlmaError, AlmaRejected
from almaportal.alma.records import Record, code, day_of, moment, words
from almaportal.people import alma, person

SECONDS_KEPT = 6.0  # of the page's time: what follows the last renewal
RENEWED = "401193"
State = Literal["renewed", "kept", "refused", "unsure", "moved", "gone", "left"]


@dataclass(frozen=True)
class Outcome:
    """What became of renewing one loan.

    state: renewed; kept (Alma answered as if all was well, and the due date is the same); refused; unsure (no answer
    came, and nobody can tell); moved (due another day than its page said: not sent); gone (no longer among the loans:
    not sent, and of the loan only its ID is known); left (not tried).
    text: why Alma kept it, where it says so; error: its refusal.
    """

    state: State
    loan: Record
    text: str = ""
    error: AlmaError | None = None


@dataclass(frozen=True)
class Group:
    """The loans of which the same became, as rows; error: that of the first of them."""

    state: State
    error: AlmaError | None
    rows: list[tuple[dict[str, Any], Outcome]]


def loan_row(loan: Record) -> dict[str, Any]:
    """A loan in a table. mark: what the form sends, so that nobody renews a loan that was renewed meanwhile."""
    due = moment(loan.get("due_date"))
    return {
        "id": alma.loan_id(loan),
        "mark": mark(loan),
        "title": code(loan.get("title")) or _("without a title"),
        "author": code(loan.get("author")),
        "barcode": code(loan.get("item_barcode")),
        "call_number": code(loan.get("call_number")),
        "library": words(loan.get("library")),
        "due": due,
        "due_text": "" if due else code(loan.get("due_date")),
        "is_overdue": due is not None and due < clock.moment(),
        "lent": moment(loan.get("loan_date")),
        "renewed": moment(loan.get("last_renew_date")),
        "process": _process(loan),
        "fine": person.amount(loan.get("loan_fine")),
        "can_renew": code(loan.get("renewable")).lower() != "false" and bool(alma.loan_id(loan)),
    }


def _process(loan: Record) -> str:
    """Alma's process status in words, "" for the usual one. Not all values are known (facts 4): others as they are."""
    found = code(loan.get("process_status")).upper()
    if found in ("", "NORMAL"):
        return ""
    told = words(loan["process_status"])
    return told.replace("_", " ").lower() if told.upper() == found else told


def mark(loan: Record) -> str:
    return f"{alma.loan_id(loan)}|{code(loan.get('due_date'))}"


def renew(user_id: str, loans: Sequence[Record], marks: Sequence[str]) -> list[Outcome]:
    """Renew those of the person's loans, as read just now, that the marks name; one call each.

    Ends where the page's time runs short, or at a trouble that meets every loan: the others are left.
    """
    wanted = dict.fromkeys(one.partition("|")[0] for one in marks)
    there = {alma.loan_id(loan) for loan in loans}
    chosen = [loan for loan in loans if alma.loan_id(loan) in wanted]
    outcomes = [Outcome("gone", {"loan_id": one}) for one in wanted if one and one not in there]
    trouble: AlmaError | None = None
    for loan in chosen:
        if mark(loan) not in marks:
            outcomes.append(Outcome("moved", loan))
        elif trouble or current().seconds_left() < SECONDS_KEPT:
            outcomes.append(Outcome("left", loan, error=trouble))
        else:
            outcomes.append(_renew(user_id, loan))
            error = outcomes[-1].error
            trouble = error if error and not isinstance(error, AlmaRejected) else None
    return outcomes


def _renew(user_id: str, loan: Record) -> Outcome:
    try:
        answer = alma.renew(user_id, alma.loan_id(loan))
    except AlmaError as error:
        if not error.unknown_outcome:
            return Outcome("refused", loan, error=error)
        return _settled(user_id, loan, error)
    after = {**loan, **answer}
    if _is_renewed(answer, loan):
        return Outcome("renewed", after)
    status = answer.get("last_renew_status")
    is_old = code(status).startswith(RENEWED)  # of another day's renewal: here it would contradict
    return Outcome("kept", after, "" if is_old else words(status))


def _settled(user_id: str, loan: Record, error: AlmaError) -> Outcome:
    """No answer came: the loan itself tells, by its due date."""
    try:
        now = alma.loan(user_id, alma.loan_id(loan))
    except AlmaError:
        return Outcome("unsure", loan, error=error)
    return Outcome("renewed", now) if _is_renewed(now, loan) else Outcome("unsure", loan, error=error)


def _is_renewed(now: Record, before: Record) -> bool:
    """Due another day than before, and later or said so by Alma's status. That status alone is no proof: it stays with
    a loan that was renewed some other day."""
    old, new = (moment(loan.get("due_date")) for loan in (before, now))
    if old == new:
        return False
    is_later = old is not None and new is not None and new > old
    return is_later or code(now.get("last_renew_status")).startswith(RENEWED)


def after(loans: Sequence[Record], outcomes: Sequence[Outcome]) -> list[Record]:
    """The list as it is after renewing, without reading it again."""
    now = {alma.loan_id(one.loan): one.loan for one in outcomes}
    return [now.get(alma.loan_id(loan), loan) for loan in loans]


def grouped(outcomes: Sequence[Outcome]) -> list[Group]:
    """For the page: what was renewed first, then the others by what became of them, Alma's refusals by code."""
    groups: dict[tuple[State, str], Group] = {}
    for one in sorted(outcomes, key=lambda one: one.state != "renewed"):
        error = one.error if one.state == "refused" else None
        group = groups.setdefault(
            (one.state, error.hint + error.said.code if error else ""), Group(one.state, error, [])
        )
        group.rows.append((loan_row(one.loan), one))
    return list(groups.values())


def fee_row(fee: Record) -> dict[str, Any]:
    """A fee in a table."""
    balance, original = person.amount(fee.get("balance")), person.amount(fee.get("original_amount"))
    return {
        "kind": words(fee.get("type")) or _("a fee"),
        "status": words(fee.get("status")),
        "balance": balance if balance is not None else original,
        "original": original,
        "made": day_of(fee.get("creation_time")),
        "title": code(fee.get("title")),
        "barcode": code(fee.get("barcode")),
        "owner": words(fee.get("owner")),
        "comment": code(fee.get("comment")),
        "id": code(fee.get("id")),
    }
