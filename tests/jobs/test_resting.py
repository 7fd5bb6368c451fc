"""Jobs and the rules that administrators set: they rest, go on by themselves, and lose nothing over it."""

from datetime import UTC, datetime, time

import pytest

from almaportal.alma.gateway import alma
from almaportal.alma.rules import stored_as
from almaportal.changes.models import Change
from almaportal.emulator.faults import ConnectionDropped
from almaportal.jobs import claims, control
from almaportal.jobs.ending import Ending
from almaportal.jobs.models import Job
from almaportal.jobs.price import price
from almaportal.jobs.sweep import sweep
from tests.ecollections.conftest import tree as tree
from tests.jobs.making import make
from tests.jobs.test_edit_jobs import S, person, run
from tests.jobs.test_faults import edit, states
from tests.portal.reading import read

pytestmark = pytest.mark.thorough

__all__ = ["person"]
NIGHT = datetime(2027, 1, 15, 22, tzinfo=UTC).timestamp()
MORNING = datetime(2027, 1, 16, 6, tzinfo=UTC)
MIDNIGHT = datetime(2027, 1, 16, tzinfo=UTC)


def set_rules(**rules):
    assert alma().quota.set_rules(stored_as(**rules), alma().quota.stored_rules())


@pytest.fixture
def job(person, tree, emulator):
    """A reviewed edit of four portfolios, which costs eight calls."""
    made = edit(person, tree, emulator.portfolios(tree.service_id, 4))
    emulator.calls.clear()
    return made


def right_in_the_end(job, emulator):
    """Each record is written, once, and on record as such."""
    puts = [call.path for call in emulator.calls if call.method == "PUT" and call.status == 200]
    changed = [emulator.record("portfolio", item.ids[-1])["public_note"] for item in job.items.all()]
    assert (job.state, states(job)) == (S.DONE, {"done": 4})
    assert (len(puts), len(set(puts)), changed) == (4, 4, ["New"] * 4)
    assert Change.objects.filter(state="done").count() == 4


@pytest.mark.parametrize("calls", range(4))
def test_quiet_hours_that_begin_between_two_calls_lose_nothing(job, emulator, clock, settings, calls):
    """After none, between the GET and the PUT of a record, between two records."""
    settings.ALMA_CALLS_PER_SECOND = 1
    set_rules(quiet=(time(22), time(6)))
    clock.time = NIGHT - calls - 0.5
    control.start(job)
    job = run(job)
    assert (job.state, job.wait_until) == (S.WAITING, MORNING)
    assert "Jobs rest in these hours" in job.message
    assert len(emulator.calls) > calls
    assert emulator.calls[-1].at < NIGHT + 2, "slots that were taken in advance"
    assert states(job).get("sent") is None
    clock.time = MORNING.timestamp() - 1
    sweep()
    job.refresh_from_db()
    assert job.state == S.WAITING
    clock.time += 1
    sweep()
    right_in_the_end(run(job), emulator)


def lose_a_put(transport, clock, *, reached, looks=0, at=None):
    """The answer to the next PUT is lost, and so are those to as many looks; it is `at` then."""
    ask_emulator, left = transport._call, [looks]

    def lose(request):
        if request.method == "PUT" or left[0] < looks:
            if request.method == "PUT" and reached:
                ask_emulator(request)
            if not left[0]:
                transport._call = ask_emulator
            left[0] -= 1
            clock.time = at or clock.time
            raise ConnectionDropped
        return ask_emulator(request)

    transport._call = lose


@pytest.mark.parametrize("rule", ["quiet", "budget"])
@pytest.mark.parametrize("reached", [True, False])
def test_what_is_unknown_when_the_job_must_rest_is_looked_at_all_the_same(
    job, emulator, transport, clock, rule, reached
):
    if rule == "quiet":
        set_rules(quiet=(time(22), time(6)))
    else:
        set_rules(budgets={"kind:edit-portfolios": 4 + 2})  # the review, and one record
    lose_a_put(transport, clock, reached=reached, at=NIGHT if rule == "quiet" else None)
    control.start(job)
    job = run(job)
    assert (job.state, states(job)) == (S.WAITING, {"done": 1, "pending": 3} if reached else {"pending": 4})
    assert job.wait_until == (MORNING if rule == "quiet" else MIDNIGHT)
    clock.time = job.wait_until.timestamp()
    sweep()
    set_rules()  # else the next day's budget is too small again
    right_in_the_end(run(job), emulator)


def test_a_job_that_is_stopped_while_it_rests_finds_out_what_it_did(job, emulator, transport, clock):
    set_rules(quiet=(time(22), time(6)))
    lose_a_put(transport, clock, reached=True, looks=4, at=NIGHT)
    control.start(job)
    job = run(job)
    assert (job.state, states(job)) == (S.WAITING, {"sent": 1, "pending": 3})
    control.stop(job)
    assert (run(job).state, states(job)) == (S.STOPPED, {"done": 1, "skipped": 3})


def test_a_job_that_was_refused_before_midnight_goes_on_after_it_although_its_slice_ended_later(
    job, emulator, clock, monkeypatch
):
    set_rules(budgets={"kind:edit-portfolios": 4 + 3})
    clock.time = MIDNIGHT.timestamp() - 5
    rest = Ending.rest

    def later(ending, trouble):
        clock.time = MIDNIGHT.timestamp() + 3
        return rest(ending, trouble)

    monkeypatch.setattr(Ending, "rest", later)
    control.start(job)
    right_in_the_end(run(job), emulator)


def test_rules_that_change_while_a_slice_ends_find_the_job_resting(job, emulator, clock, monkeypatch):
    set_rules(quiet=(time(22), time(6)))
    clock.time = NIGHT + 60
    rest = Ending.rest

    def meanwhile(ending, trouble):
        set_rules()
        claims.wake()
        return rest(ending, trouble)

    monkeypatch.setattr(Ending, "rest", meanwhile)
    control.start(job)
    right_in_the_end(run(job), emulator)


def test_a_budget_used_up_rests_the_job_until_midnight_gmt_and_it_goes_on_by_itself(job, emulator, clock):
    set_rules(budgets={"kind:edit-portfolios": 4 + 3})
    control.start(job)
    job = run(job)
    assert (job.state, job.wait_until) == (S.WAITING, MIDNIGHT)
    assert "Today's calls for this work are used up" in job.message
    assert states(job) == {"done": 1, "pending": 3}
    clock.time = MIDNIGHT.timestamp()
    sweep()
    right_in_the_end(run(job), emulator)


def test_rules_that_allow_more_wake_what_rests_and_not_what_is_to_start_later(job, person, emulator, clock):
    set_rules(budgets={"kind:edit-portfolios": 4})
    later = make(person, S.READY, "review", [{"verdict": "changes"}])
    control.start(later, at=MORNING)
    control.start(job)
    assert run(job).state == S.WAITING
    set_rules(budgets={"kind:edit-portfolios": 100})
    claims.wake()
    sweep()
    right_in_the_end(run(job), emulator)
    assert Job.objects.get(pk=later.pk).wait_until == MORNING


def test_the_price_says_what_keeps_a_job_from_ending(job, person, client, clock, settings):
    """Eight calls, a second each."""
    settings.ALMA_CALLS_PER_SECOND = 1

    def said():
        found = price(job)
        return found.rests, found.goes_on, found.of_budget

    def tiles():
        client.force_login(person)
        return read(client.get(f"/jobs/{job.pk}/")).one("div", cls="price").all("div")

    assert said() == ("", None, False)
    set_rules(budgets={"kind:edit-portfolios": 4 + 7})
    assert (price(job).left, said()) == (7, ("budget", MIDNIGHT, True))
    *_tiles, share, end = tiles()
    assert share.one("span").text == "of the 7 left today for jobs of this kind"
    assert (end.one("b").text, end.one("span").text) == (
        "00:00 GMT",
        "it goes on after that: today's calls for jobs of this kind do not suffice (16 Jan 2027, 00:00 here)",
    )
    set_rules(quiet=(time(22), time(6)))
    assert said() == ("", None, False)
    clock.time = NIGHT - 7
    assert said() == ("quiet", MORNING, False)
    end = tiles()[-1]
    assert (end.one("b").text, end.one("span").text) == (
        "06:00",
        "it goes on after that: in the quiet hours before, jobs rest (16 Jan 2027, 06:00)",
    )
    set_rules(quiet=(time(22), time(6)), budgets={"kind:edit-portfolios": 4 + 3})
    assert said() == ("budget", MIDNIGHT, True), "which comes first"
    clock.time = NIGHT + 7
    assert said()[:2] == ("quiet", MORNING)


def test_the_price_of_a_later_start_knows_the_rules_of_then(job, person, client, settings):
    settings.ALMA_CALLS_PER_SECOND, settings.ALMA_CALLS_PER_DAY, settings.TIME_ZONE = 1, 100, "America/New_York"
    tonight = datetime(2027, 1, 16, 3, tzinfo=UTC)  # ten in the evening there, and tomorrow's calls

    def said(at):
        found = price(job, at)
        return found.left, found.rests, found.goes_on

    def beside_tonight():
        client.force_login(person)
        (radio,) = (one for one in read(client.get(f"/jobs/{job.pk}/")).all("label") if one.text.startswith("tonight"))
        return radio.text.removeprefix("tonight: 15 Jan 2027, 22:00").strip()

    assert price(job, tonight).ends_at.timestamp() - tonight.timestamp() == pytest.approx(price(job).seconds)
    assert (said(tonight), beside_tonight()) == ((80, "", None), "")
    set_rules(quiet=(time(22), time(6)))
    morning = datetime(2027, 1, 16, 11, tzinfo=UTC)
    assert (said(None)[1:], said(tonight)[1:]) == (("", None), ("quiet", morning))
    assert beside_tonight() == "jobs rest in the quiet hours: it goes on after 16 Jan 2027, 06:00"
    set_rules(budgets={"kind:edit-portfolios": 4 + 3})
    assert (said(None)[:2], said(tonight)) == ((3, "budget"), (7, "budget", datetime(2027, 1, 17, tzinfo=UTC)))
    assert beside_tonight() == "the day's calls do not suffice: it goes on after 16 Jan 2027, 19:00"
