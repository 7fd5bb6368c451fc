"""How a request came to its end: what can be told apart, and what cannot is said."""

from datetime import UTC, date, datetime

import pytest

from almaportal.changes.models import Change
from circulation import closure
from circulation.closure import Ending, Last

NOON = datetime(2027, 1, 15, 12, tzinfo=UTC)  # as the tests' clock has it
THEN, BEFORE = datetime(2027, 1, 14, 3, tzinfo=UTC), datetime(2027, 1, 13, 3, tzinfo=UTC)  # a look of these nights
YESTERDAY, TOMORROW = date(2027, 1, 14), date(2027, 1, 16)
ONE = "83400000000004711"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def changed(state, action="delete"):
    return Change.objects.create(at=NOON, kind="request", action=action, record_id=ONE, who="Ada", state=state)


@pytest.mark.parametrize(
    ("last", "ending"),
    [
        (Last("ON_HOLD_SHELF", held_until=YESTERDAY, seen_at=THEN), Ending.SHELF_EXPIRED),
        (Last("ON_HOLD_SHELF", held_until=YESTERDAY, seen_at=BEFORE), Ending.UNKNOWN),
        (Last("ON_HOLD_SHELF", held_until=TOMORROW, seen_at=NOON), Ending.UNKNOWN),
        (Last("IN_PROCESS", held_until=YESTERDAY, seen_at=THEN), Ending.UNKNOWN),
        (Last("NOT_STARTED", wanted_until=YESTERDAY, seen_at=THEN), Ending.EXPIRED),
        (Last("NOT_STARTED", wanted_until=YESTERDAY, seen_at=NOON), Ending.EXPIRED),
        (Last("NOT_STARTED", wanted_until=YESTERDAY, seen_at=THEN, over_by=THEN), Ending.UNKNOWN),
        (Last("NOT_STARTED", wanted_until=YESTERDAY, seen_at=BEFORE), Ending.UNKNOWN),
        (Last("NOT_STARTED", wanted_until=YESTERDAY), Ending.UNKNOWN),
        (Last("NOT_STARTED", wanted_until=date(2027, 1, 15)), Ending.UNKNOWN),
        (Last("NOT_STARTED", wanted_until=TOMORROW), Ending.UNKNOWN),
        (Last(), Ending.UNKNOWN),
    ],
)
def test_a_day_that_passed_while_it_was_there_speaks_for_an_ending_and_proves_none(last, ending):
    found = closure.of(ONE, last)
    assert (found.ending, found.is_sure) == (ending, False)
    assert ("most likely" in found.words) == (ending != Ending.UNKNOWN)


@pytest.mark.parametrize(
    ("state", "ending", "is_sure"),
    [
        ("done", Ending.CANCELLED, True),
        ("going", Ending.CANCELLED, False),
        ("unsure", Ending.CANCELLED, False),
        ("failed", Ending.UNKNOWN, False),
    ],
)
def test_what_the_portal_cancelled_is_known_and_what_was_refused_is_not_its_doing(state, ending, is_sure):
    changed(state)
    found = closure.of(ONE, Last())
    assert (found.ending, found.is_sure) == (ending, is_sure)


def test_that_it_was_placed_here_is_no_cancelling():
    changed("done", "create")
    assert closure.of(ONE, Last()).ending == Ending.UNKNOWN


def test_a_loan_that_came_of_it_says_completed_also_of_one_whose_day_passed():
    found = closure.of(ONE, Last("ON_HOLD_SHELF", held_until=YESTERDAY), {"request_id": {"value": ONE}})
    assert (found.ending, found.is_sure) == (Ending.COMPLETED, True)
    found = closure.of(ONE, Last(), {"item_id": "23"})
    assert (found.ending, found.is_sure) == (Ending.COMPLETED, False)


def test_what_cannot_be_told_is_said_in_words():
    text = closure.of(ONE, Last("IN_PROCESS")).text
    assert all(
        word in text for word in ("Completed", "rejected", "failed", "cancelled in Alma", "cannot be told apart")
    )


@pytest.mark.parametrize(
    ("loan", "is_it"),
    [
        ({"request_id": {"value": ONE}}, True),
        ({"loan_date": "2027-01-12T10:00:00Z", "item_id": "23", "mms_id": "99"}, True),
        ({"loan_date": "2027-01-12T10:00:00Z", "item_id": "24", "mms_id": "99"}, False),
        ({"loan_date": "2027-01-08T10:00:00Z", "item_id": "23", "mms_id": "99"}, False),
        ({"loan_date": None, "item_id": "23"}, False),
        ({}, False),
    ],
)
def test_the_loan_of_a_request_is_of_its_item_and_later(loan, is_it):
    request = {"request_id": ONE, "request_time": "2027-01-10T08:00:00Z", "item_id": "23", "mms_id": "99"}
    assert (closure.loan_of(request, [loan]) is loan) == is_it


def test_of_a_request_for_a_title_any_of_its_items_will_do():
    request = {"request_id": ONE, "request_date": "2027-01-10Z", "mms_id": "99"}
    assert closure.loan_of(request, [{"loan_date": "2027-01-12T10:00:00Z", "item_id": "24", "mms_id": "99"}])
