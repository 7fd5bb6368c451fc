"""The first minutes of a day: by our clock it has begun, by Alma's perhaps not."""

import pytest

from almaportal.alma.caller import Caller, calling
from almaportal.alma.errors import AlmaQuotaSpent, AlmaReserve, AlmaUnreachable
from almaportal.alma.gateway import Gateway
from almaportal.alma.quota import next_midnight
from almaportal.usage.models import Left
from ecollections.alma import COLLECTIONS


@pytest.fixture
def gateway(db, transport, settings) -> Gateway:
    settings.ALMA_CALLS_PER_DAY = 100_000
    return Gateway()


@pytest.fixture
def midnight(clock):
    return next_midnight(clock.time).timestamp()


def left():
    return list(Left.objects.order_by("start").values_list("start__day", "low", "given"))


def test_what_alma_says_of_its_yesterday_is_forgotten_when_its_day_begins(gateway, emulator, clock, midnight):
    emulator.now = lambda: clock.time - 10
    emulator.spend(84_000)
    clock.time = midnight + 3
    gateway.get(COLLECTIONS)
    assert left() == [(16, 15_999, 0)]
    assert not gateway.quota.state().day_is_sure
    clock.time = midnight + 60
    gateway.get(COLLECTIONS)
    assert left() == [(16, 99_999, 0)]  # nothing that Alma gave
    assert gateway.quota.state().remaining == 99_999
    clock.time = midnight + 15 * 60
    assert not gateway.quota.state().day_is_sure  # before Alma says something about it
    gateway.get(COLLECTIONS)
    assert gateway.quota.state().day_is_sure


def test_a_refusal_of_the_first_minutes_says_nothing_about_the_day(gateway, emulator, clock, midnight):
    clock.time = midnight + 10
    emulator.faults.add(kind="429day", count=1)
    with pytest.raises(AlmaQuotaSpent):
        gateway.get(COLLECTIONS)
    assert left() == []
    assert gateway.quota.state().remaining is None
    clock.time += 61
    assert gateway.get(COLLECTIONS).data


@pytest.mark.parametrize(("said", "refused"), [("0", AlmaQuotaSpent), ("700", AlmaReserve)])
def test_a_word_of_the_first_minutes_keeps_nobody_waiting_for_another_day(gateway, clock, midnight, said, refused):
    """Nobody called since: the next call finds out."""
    clock.time = midnight + 5
    gateway.quota.answered(said, sent_at=clock.time)
    clock.time = midnight + 3600
    with calling(Caller("jobs")):
        assert gateway.get(COLLECTIONS).data
    gateway.quota.answered(said, sent_at=clock.time)  # and this one is about today
    with calling(Caller("jobs")), pytest.raises(refused):
        gateway.get(COLLECTIONS)


def test_on_its_first_day_the_portal_does_not_know_the_day_s_limit(gateway, emulator, clock, settings, midnight):
    settings.ALMA_CALLS_PER_DAY = None
    emulator.spend(80_000)
    gateway.get(COLLECTIONS)
    assert not gateway.quota.state().limit_is_sure
    clock.time = midnight + 3600
    gateway.get(COLLECTIONS)
    assert gateway.quota.state().limit_is_sure


def test_a_call_that_was_not_sent_after_all_is_given_back(gateway, emulator, clock, transport):
    gateway.quota.set_rules({"budgets": {"role:viewer": 1}}, {})
    transport.unplugged = True
    with calling(Caller(role="viewer", give_up_at=clock.monotonic() + 0.1)), pytest.raises(AlmaUnreachable):
        gateway.get(COLLECTIONS)
    transport.unplugged = False
    with calling(Caller(role="viewer")):
        assert gateway.get(COLLECTIONS).data
