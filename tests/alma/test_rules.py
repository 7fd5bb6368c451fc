"""What administrators set about the calls: pace, budgets, quiet hours."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from almaportal.alma import clock as alma_clock
from almaportal.alma.caller import Caller, calling
from almaportal.alma.errors import AlmaBudget, AlmaQuiet
from almaportal.alma.models import Spent
from almaportal.alma.quota import Quota, next_midnight
from almaportal.alma.rules import rules_of, stored_as
from ecollections.alma import COLLECTIONS

PEOPLE, JOBS = Caller(), Caller(lane="jobs")
DESK, VIEWER = Caller(role="circulation"), Caller(role="viewer")
EDITS = Caller(lane="jobs", feature="edit-portfolios", role="circulation")


@pytest.fixture
def quota(db, clock, settings) -> Quota:
    settings.ALMA_CALLS_PER_SECOND = 10
    return Quota()


def test_rules_hold_from_the_next_call_on_and_the_settings_where_none_are(quota, clock):
    def gap():
        quota.wait(PEOPLE)
        return Quota().wait(PEOPLE)

    assert gap() == pytest.approx(0.1, abs=1e-3)
    assert quota.set_rules(stored_as(pace=2.0), {})
    assert gap() == pytest.approx(0.5, abs=1e-3)
    assert quota.set_rules({}, stored_as(pace=2.0))
    assert gap() == pytest.approx(0.1, abs=1e-3)


def test_rules_set_by_somebody_else_meanwhile_are_not_overwritten(quota):
    theirs = stored_as(reserve=(0.5, True))
    assert quota.set_rules(theirs, {})
    assert not quota.set_rules(stored_as(pace=2.0), {})
    assert quota.stored_rules() == theirs
    assert quota.state().rules.reserved(1000) == 500


def test_calls_and_another_gateway_leave_the_rules_as_they_are(gateway, emulator, settings):
    rules = stored_as(pace=5.0, warn_at=(90,))
    gateway.quota.set_rules(rules, {})
    gateway.get(COLLECTIONS)
    gateway.quota.refused_for_speed()
    settings.ALMA_BASE_URL = "https://other.invalid"
    gateway.get(COLLECTIONS)
    assert gateway.quota.stored_rules() == rules


def test_a_budget_counts_what_was_made_today_and_holds_for_its_own_until_midnight_gmt(gateway, emulator, clock):
    for caller in (DESK, DESK, VIEWER, EDITS):
        with calling(caller):
            gateway.get(COLLECTIONS)
    gateway.quota.set_rules(stored_as(budgets={"role:circulation": 3, "kind:edit-portfolios": 1}), {})
    with calling(DESK):
        gateway.get(COLLECTIONS)
        with pytest.raises(AlmaBudget):
            gateway.get(COLLECTIONS)
    with calling(EDITS), pytest.raises(AlmaBudget):
        gateway.get(COLLECTIONS)
    with calling(VIEWER):
        gateway.get(COLLECTIONS)
    assert len(emulator.calls) == 6
    assert dict(Spent.objects.values_list("name", "calls")) == {"role:circulation": 3, "kind:edit-portfolios": 1}
    clock.time = next_midnight(clock.time).timestamp()
    for caller in (DESK, EDITS):
        with calling(caller):
            gateway.get(COLLECTIONS)
    assert len(emulator.calls) == 8


def test_a_budget_taken_away_and_set_again_counts_what_was_made_meanwhile(gateway):
    quota, budget = gateway.quota, stored_as(budgets={"role:circulation": 3})
    with calling(DESK):
        for wanted, shown in ((budget, {}), ({}, budget), (budget, {})):
            quota.set_rules(wanted, shown)
            gateway.get(COLLECTIONS)
        with pytest.raises(AlmaBudget):
            gateway.get(COLLECTIONS)


def test_a_budget_used_up_shows_the_kept_copy(gateway, clock):
    with calling(DESK):
        gateway.get(COLLECTIONS, fresh_for=60)
        gateway.quota.set_rules(stored_as(budgets={"role:circulation": 1}), {})
        clock.time += 61
        answer = gateway.get(COLLECTIONS, fresh_for=60)
    assert answer.kept
    assert isinstance(answer.old, AlmaBudget)


def test_a_slot_that_was_given_up_is_not_spent_twice(quota, clock, monkeypatch):
    quota.set_rules(stored_as(budgets={"role:circulation": 5}), {})
    quota.answered("100", clock.time)
    quota.wait(DESK)
    late = iter((5, 0))
    monkeypatch.setattr(alma_clock, "sleep", lambda seconds: setattr(clock, "time", clock.time + seconds + next(late)))
    quota.wait(DESK)
    assert Spent.objects.get().calls == 2
    assert quota.state().remaining == 98


QUIET = [  # until when jobs rest, of the hours, their days, and a time in Zurich
    ("22:00", "06:00", range(7), "2027-01-15 21:59:59", None),
    ("22:00", "06:00", range(7), "2027-01-15 22:00:00", "2027-01-16 06:00"),
    ("22:00", "06:00", range(7), "2027-01-16 05:59:59", "2027-01-16 06:00"),
    ("22:00", "06:00", range(7), "2027-01-16 06:00:00", None),
    ("08:30", "17:00", range(7), "2027-01-15 12:00:00", "2027-01-15 17:00"),
    ("08:30", "17:00", (0, 1, 2, 3), "2027-01-15 12:00:00", None),  # a Friday
    ("22:00", "06:00", (4,), "2027-01-16 05:00:00", "2027-01-16 06:00"),  # that began on Friday
    ("22:00", "06:00", (5,), "2027-01-16 05:00:00", None),
    ("22:00", "06:00", range(7), "2027-03-28 03:30:00", "2027-03-28 06:00"),  # the night of an hour less
    ("22:00", "06:00", range(7), "2027-10-31 05:59:00", "2027-10-31 06:00"),  # and of one more
]


@pytest.mark.parametrize(("begin", "end", "days", "now", "until"), QUIET)
def test_quiet_hours_are_the_library_s_own_and_may_pass_midnight(settings, begin, end, days, now, until):
    settings.TIME_ZONE, zone = "Europe/Zurich", ZoneInfo("Europe/Zurich")
    hours = time.fromisoformat(begin), time.fromisoformat(end)
    rules = rules_of(stored_as(quiet=hours, quiet_days=days))
    found = rules.quiet_until(datetime.fromisoformat(now).replace(tzinfo=zone).timestamp())
    assert (found and f"{datetime.fromtimestamp(found, zone):%Y-%m-%d %H:%M}") == until


def test_in_quiet_hours_jobs_rest_and_people_do_not(gateway, emulator, clock):
    gateway.quota.set_rules(stored_as(quiet=(time(11), time(13))), {})
    with calling(JOBS), pytest.raises(AlmaQuiet) as caught:
        gateway.get(COLLECTIONS)
    assert caught.value.until == clock.time + 3600
    assert gateway.get(COLLECTIONS).data
    clock.time += 3600
    with calling(JOBS):
        assert gateway.get(COLLECTIONS).data
    assert len(emulator.calls) == 2
