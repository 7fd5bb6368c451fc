"""What other programs spend is exact whenever none of our calls is under way, however the answers come."""

import random

import pytest

from almaportal.alma.call import Call
from almaportal.alma.caller import Caller
from almaportal.alma.errors import AlmaUnreachable
from almaportal.alma.gateway import Gateway, Times
from almaportal.alma.http import Reply
from almaportal.usage.others import by_others
from almaportal.usage.periods import DAY
from tests.usage.counting import count, moment, said

pytestmark = pytest.mark.django_db
DAY_BEGINS = moment("2027-01-15")
CALL = Call("GET", "/electronic/e-collections", "/electronic/e-collections")


@pytest.fixture(autouse=True)
def _limit(settings):
    settings.ALMA_CALLS_PER_DAY = 10_000


def told(day=DAY_BEGINS):
    """Time of day → calls of others."""
    return {f"{start:%H:%M}": calls for start, calls in by_others(day, day + DAY).items()}


class Alma:
    """Counts what it gets; its answers arrive when the test says so."""

    def __init__(self, clock, left):
        self.clock, self.left, self.gateway = clock, left, Gateway()
        self.under_way = []

    def ask(self):
        self.gateway.quota.wait(Caller())
        self.left -= 1
        self.under_way.append((str(self.left), self.clock.now()))

    def answer(self, number, word=True):
        left, sent_at = self.under_way.pop(number)
        reply = Reply(200, {"X-Exl-Api-Remaining": left} if word else {}, b"{}")
        self.gateway._record(CALL, reply, None, Times(0, sent_at, 0.1, True))

    def never_reached(self):
        self.gateway.quota.wait(Caller())
        self.gateway._record(CALL, None, AlmaUnreachable(), Times(0, self.clock.now(), 0.1, False))


def at(clock, time):
    clock.time = moment(f"2027-01-15 {time}").timestamp()


def test_answers_in_any_order_are_counted_once(clock):
    """Twenty under way, for up to half an hour; those of others come between them at any time."""
    pick, theirs = random.Random(3), 0
    at(clock, "09:00")
    alma = Alma(clock, 10_000)
    for step in range(400):
        clock.time += 20
        if pick.random() < 0.3:
            spent = pick.randrange(30)
            alma.left -= spent
            theirs += spent
        while len(alma.under_way) < 20:
            alma.ask()
        alma.answer(pick.randrange(20), word=pick.random() < 0.9)
        if step % 20 == 0:
            assert sum(told().values()) <= theirs + 20
        if step % 100 == 99:
            while alma.under_way:
                alma.answer(pick.randrange(len(alma.under_way)))
            alma.ask()
            alma.answer(0)
            assert sum(told().values()) == theirs


def test_a_call_that_alma_has_counted_and_we_not_yet_is_not_of_others(clock):
    at(clock, "11:59:50")
    alma = Alma(clock, 10_000)
    alma.ask()
    alma.ask()
    alma.answer(1)
    assert told() == {"11:50": 1}  # nobody can know yet
    at(clock, "12:00:10")
    alma.answer(0)
    assert told() == {}


def test_an_answer_that_others_overtook_takes_nothing_back(clock):
    at(clock, "11:59:50")
    alma = Alma(clock, 9_950)
    alma.ask()
    alma.ask()
    alma.answer(1)
    at(clock, "12:00:10")
    alma.answer(0)
    assert sum(told().values()) == 50


def test_what_came_in_a_gap_is_spread_over_it(clock):
    count(moment("2027-01-15 09:00"), 10)
    said(moment("2027-01-15 09:00"), 9_990)
    count(moment("2027-01-15 09:40"), 10)
    said(moment("2027-01-15 09:40"), 9_970)
    assert told() == {"09:10": 2, "09:20": 2, "09:30": 3, "09:40": 3}
    count(moment("2027-01-15 10:10"), 5)  # without a word: not known yet
    assert sum(told().values()) == 10


def test_only_what_is_asked_for_is_told_of_a_gap(clock):
    said(moment("2027-01-15 00:50"), 9_940)
    some = by_others(moment("2027-01-15 00:20"), moment("2027-01-15 00:40"))
    assert some == {moment("2027-01-15 00:20"): 10, moment("2027-01-15 00:30"): 10}


def test_calls_that_alma_did_not_count_are_none_of_others(clock):
    """Without a connection nothing is spent, however often it is tried."""
    at(clock, "09:00")
    alma = Alma(clock, 10_000)
    for _n in range(60):
        alma.ask()
        alma.answer(0)
        alma.never_reached()
    alma.ask()
    alma.answer(0)
    assert told() == {}
    assert alma.gateway.quota.state().remaining == alma.left == 9_939


def test_the_limit_is_learned_and_calls_that_alma_gives_for_once_are_not_the_next_day_s(clock, settings):
    settings.ALMA_CALLS_PER_DAY = None
    at(clock, "00:01")
    alma = Alma(clock, 1_000)
    alma.ask()
    alma.answer(0)
    at(clock, "09:00")
    alma.left += 5_000 - 30
    alma.ask()
    alma.answer(0)
    at(clock, "10:00")
    alma.left -= 70
    alma.ask()
    alma.answer(0)
    assert sum(told().values()) == 70  # the 30 went under in what was given
    assert alma.gateway.quota.state().limit == 1_000
    at(clock, "09:00")
    clock.time += 24 * 3600
    alma.left = 1_000 - 40
    alma.ask()
    alma.answer(0)
    assert sum(told(DAY_BEGINS + DAY).values()) == 40
    assert sum(told().values()) == 70


@pytest.mark.parametrize("given", [0, 5_000])
def test_a_day_that_begins_with_more_calls_than_the_limit_has_more(clock, given):
    said(moment("2027-01-15 00:00"), 19_990 + given, given)
    assert told() == {}
    said(moment("2027-01-15 00:10"), 19_890 + given)
    assert told() == {"00:10": 100}


@pytest.mark.parametrize(("time", "others"), [("00:00", 30_000), ("00:10", 60_000)])
def test_of_a_set_limit_no_more_is_gone_than_can_be_spent_since_midnight(time, others, settings):
    settings.ALMA_CALLS_PER_DAY = 1_000_000
    said(moment(f"2027-01-15 {time}"), 9_990)
    assert sum(told().values()) == others


def test_several_days_are_three_statements(clock, django_assert_num_queries):
    for day in (13, 14, 15):
        count(moment(f"2027-01-{day}"), 10)
        said(moment(f"2027-01-{day}"), 9_000)
    with django_assert_num_queries(3):
        found = by_others(moment("2027-01-13"), moment("2027-01-16"))
    assert found == {moment(f"2027-01-{day}"): 990 for day in (13, 14, 15)}
    assert by_others(moment("2027-01-16"), moment("2027-01-17")) == {}
