"""Days become hours, days and months, and not one call is lost or counted twice."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from almaportal.alma.models import Spent
from almaportal.usage import figures, fold, spent
from almaportal.usage.fold import KEPT
from almaportal.usage.meter import DIMENSIONS
from almaportal.usage.models import COUNTED, OTHERS, Bucket, Failure, Left, Series
from almaportal.usage.periods import Span
from tests.usage.counting import count, moment, said

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
START = {
    Span.TEN_MINUTES: lambda at: at,
    Span.HOUR: lambda at: at.replace(minute=0),
    Span.DAY: lambda at: at.replace(minute=0, hour=0),
    Span.MONTH: lambda at: at.replace(minute=0, hour=0, day=1),
}


def at_night(clock, day):
    """Half an hour after the midnight that ends `day`; the worker sweeps."""
    clock.time = (day + DAY + timedelta(minutes=30)).timestamp()
    fold.fold()


def rows(span, **filters):
    """(start, series' values without its job's when they are months, amounts) → each as often as it stands there."""
    named = [f"series__{name}" for name in DIMENSIONS]
    found = Bucket.objects.filter(span=span, **filters).values_list("start", *named, *COUNTED)
    return sorted(found)


def expected(truth, span, since, until):
    """The same, from what was counted."""
    sums = {}
    for at, of, amounts in truth:
        if since <= START[span](at) < until:
            kept = {**of, "job_id": 0} if span == Span.MONTH else of
            row = sums.setdefault((START[span](at), *(kept[name] for name in DIMENSIONS)), Counter())
            row.update(amounts)
    return sorted((*key, *(row[name] for name in COUNTED)) for key, row in sums.items())


def counted_somehow(pick, day):
    """A few calls at any time of the day, of people and of that day's job."""
    found = []
    for _n in range(3):
        at = day + timedelta(minutes=10 * pick.randrange(144))
        job = pick.choice((0, day.toordinal()))
        of = {"user_id": pick.randrange(3), "job_id": job, "lane": "jobs" if job else "people"}
        amounts = {"seconds": pick.randrange(8) / 4, "waited": pick.randrange(8) / 4, "saved": pick.randrange(3)}
        amounts["refused"] = pick.randrange(2)
        calls, took = pick.randrange(1, 9), pick.randrange(15)
        number = count(at, calls, took, of, **amounts)
        values = Series.objects.values(*DIMENSIONS).get(pk=number)
        found.append((at, values, amounts | {"calls": calls, "counted": calls, f"took_{took}": calls}))
    return found


@pytest.mark.thorough
def test_each_call_stands_once_in_every_span_for_as_long_as_it_is_kept(clock):
    """Over the end of a year and a leap day; the worker is away for five days in February, and for a night in March."""
    pick, truth, first = random.Random(4), [], moment("2023-12-20")
    away = {moment(f"2024-02-{n}") for n in range(26, 30)} | {moment("2024-03-01"), moment("2024-03-05")}
    for n in range(82):
        day = first + n * DAY
        truth += counted_somehow(pick, day)
        if day not in away:
            at_night(clock, day)
        if day == moment("2024-03-01"):
            assert rows(Span.DAY, start__gte=moment("2024-02-26")) == []
            ten = expected(truth, Span.TEN_MINUTES, moment("2024-02-24"), day + DAY)
            assert rows(Span.TEN_MINUTES) == ten
    today = day + DAY
    for span in Span:
        assert rows(span) == expected(truth, span, today - KEPT[span], today), span
    assert {start for start, *_row in rows(Span.MONTH)} == {
        moment(f"{month}-01") for month in ("2023-12", "2024-01", "2024-02", "2024-03")
    }
    jobs = set(Series.objects.filter(job_id__gt=0).values_list("job_id", flat=True))
    assert min(jobs) >= (today - KEPT[Span.DAY]).toordinal() > first.toordinal()


def test_months_go_after_fourteen(clock):
    count(moment("2026-01-31 23:50"))
    at_night(clock, moment("2026-01-31"))
    for day, months in (("2027-03-03", ["2026-01-01", "2027-03-01"]), ("2027-03-04", ["2027-03-01"])):
        count(moment(day))
        at_night(clock, moment(day))
        assert [start for start, *_row in rows(Span.MONTH)] == [moment(month) for month in months]


def test_what_is_counted_today_or_may_still_come_for_yesterday_is_left_alone(clock):
    count(moment("2027-01-14 23:50"))
    clock.time = moment("2027-01-15 00:19").timestamp()
    count(moment("2027-01-15 00:10"))
    fold.fold()
    assert rows(Span.DAY) == []
    clock.time = moment("2027-01-15 00:21").timestamp()
    fold.fold()
    assert [start for start, *_row in rows(Span.DAY)] == [moment("2027-01-14")]


def everything():
    return [rows(span) for span in Span], list(Series.objects.order_by("pk").values())


def test_a_second_sweep_changes_nothing(clock):
    counted_somehow(random.Random(1), moment("2027-01-14"))
    at_night(clock, moment("2027-01-14"))
    before = everything()
    fold.fold()
    assert everything() == before


def test_two_sweeps_at_once_fold_a_day_once(clock, monkeypatch):
    counted_somehow(random.Random(1), moment("2027-01-14"))
    clock.time = moment("2027-01-15 01:00").timestamp()
    look = fold._unfolded

    def while_another_sweeps(now):
        days = list(look(now))
        monkeypatch.setattr(fold, "_unfolded", look)
        fold.fold()
        return days

    monkeypatch.setattr(fold, "_unfolded", while_another_sweeps)
    fold.fold()
    assert len(rows(Span.DAY)) == len({row[:12] for row in rows(Span.DAY)}) > 0


def test_a_fold_that_breaks_off_leaves_nothing_half(clock, monkeypatch):
    truth = counted_somehow(random.Random(1), moment("2027-01-14"))
    said(moment("2027-01-14 12:00"), 50)
    before = everything()
    make = fold._fold_month
    monkeypatch.setattr(fold, "_fold_month", lambda month: make(month) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        at_night(clock, moment("2027-01-14"))
    assert everything() == before
    monkeypatch.setattr(fold, "_fold_month", make)
    fold.fold()
    day = expected(truth, Span.DAY, moment("2027-01-14"), moment("2027-01-15"))
    assert rows(Span.DAY, series__lane__in=("people", "jobs")) == day


def test_what_others_spent_is_kept_with_the_days(clock, settings):
    settings.ALMA_CALLS_PER_DAY = 1000
    count(moment("2027-01-14 10:00"), 10)
    said(moment("2027-01-14 10:00"), 690)  # 300 of others by then
    count(moment("2027-01-14 15:00"), 10)
    said(moment("2027-01-14 15:00"), 600)  # and 80 more
    clock.time = moment("2027-01-15 01:00").timestamp()
    now = datetime.fromtimestamp(clock.time, UTC)

    def periods():
        return [figures.period(name, now) for name in ("7d", "60d", "13m")]

    before = [figures.others(over) for over in periods()]
    assert [sum(found.values()) for found in before] == [380] * 3
    fold.fold()
    Left.objects.all().delete()
    assert [figures.others(over) for over in periods()] == before
    assert [figures.total(figures.read(over, {})).calls for over in periods()] == [20] * 3
    assert Bucket.objects.get(span=Span.MONTH, series__lane=OTHERS).counted == 380


def test_a_series_of_a_job_goes_when_nothing_needs_it_any_more(clock):
    of = {"lane": "jobs"}
    folded, failed, present, person = (
        count(moment(f"2027-01-{day}"), of=more)
        for day, more in (
            ("01", of | {"job_id": 1}),
            ("01", of | {"job_id": 2}),
            ("31", of | {"job_id": 3}),
            ("01", {}),
        )
    )
    Failure.objects.create(series_id=failed, status=500)
    at_night(clock, moment("2027-01-31"))
    assert Series.objects.filter(pk__in=(folded, failed, present, person)).count() == 4
    count(moment("2027-03-31"))
    at_night(clock, moment("2027-03-31"))
    kept = set(Series.objects.values_list("pk", flat=True))
    assert {failed, present, person} <= kept
    assert folded not in kept


def test_what_nobody_looks_at_any_more_is_cleared(clock):
    for day in ("06", "07", "14"):
        said(moment(f"2027-01-{day} 12:00"), 5)
    for day in (12, 13, 14):
        Spent.objects.create(name="role:viewer", day=datetime(2027, 1, day, tzinfo=UTC).date())
    count(moment("2027-01-14 12:00"))
    at_night(clock, moment("2027-01-14"))
    assert list(Left.objects.order_by("start").values_list("start__day", flat=True)) == [7, 14]
    assert list(Spent.objects.order_by("day").values_list("day__day", flat=True)) == [13, 14]


def test_a_series_of_which_nothing_is_left_goes_too(clock):
    count(moment("2026-01-31"), of={"code": "somebody else's"})
    at_night(clock, moment("2026-01-31"))
    count(moment("2027-04-30"))
    at_night(clock, moment("2027-04-30"))
    assert not Series.objects.filter(code="somebody else's").exists()


def told(time):
    """Calls of each period, and of job 7, as the clock's time has them."""
    over = [figures.period(name, time) for name in ("7d", "60d", "13m")]
    return [figures.total(figures.read(one, {})).calls for one in over] + [spent.by_job(7)[0]]


def test_a_clock_that_ran_ahead_takes_nothing_with_it_and_the_day_is_counted_on(clock):
    job = {"lane": "jobs", "job_id": 7}
    for day in ("2026-06-15", "2027-01-10", "2027-01-14"):
        count(moment(day), 10, of=job)
        at_night(clock, moment(day))
    made = 5
    count(moment("2027-01-15 09:00"), made, of=job)
    kept = Bucket.objects.count()
    for wrong in ("2036-01-01 00:30", "2027-01-16 02:00"):
        clock.time = moment(wrong).timestamp()
        fold.fold()
        clock.time = moment("2027-01-15 12:30").timestamp()
        count(moment("2027-01-15 09:00"), 100, of=job)
        made += 100
        told_now = told(clock_time(clock))
        assert [*told_now[:2], told_now[3]] == [20 + made] * 3  # the month may hold today twice until the next sweep
        fold.fold()
        assert Bucket.objects.count() == kept
        assert told(clock_time(clock)) == [20 + made, 20 + made, 30 + made, 20 + made]
    at_night(clock, moment("2027-01-15"))
    assert told(clock_time(clock)) == [20 + made, 20 + made, 30 + made, 20 + made]


def clock_time(clock):
    return datetime.fromtimestamp(clock.time, UTC)


def test_what_is_counted_for_a_day_that_was_folded_folds_it_anew_also_for_who_looked_before(clock, settings):
    count(moment("2027-01-14 09:00"), 10, of={"job_id": 7})
    at_night(clock, moment("2027-01-14"))
    assert told(clock_time(clock)) == [10] * 4
    Bucket.objects.filter(span=Span.TEN_MINUTES).update(start=moment("2027-01-14 23:50"))
    count(moment("2027-01-14 23:50"), 9, of={"job_id": 7})
    fold.fold()
    assert told(clock_time(clock)) == [19] * 4
    assert [row[0] for row in rows(Span.HOUR)] == [moment("2027-01-14 23:00")]


def test_figures_that_are_kept_are_those_of_one_gateway(clock, settings):
    count(moment("2027-01-14 09:00"), 10)
    at_night(clock, moment("2027-01-14"))
    assert told(clock_time(clock))[:3] == [10] * 3
    Bucket.objects.update(calls=3)  # as another portal's database would hold it
    settings.ALMA_BASE_URL = "https://elsewhere.invalid"
    assert told(clock_time(clock))[:3] == [3] * 3


def test_hours_are_alma_s_wherever_the_portal_stands(clock):
    count(moment("2027-01-14 09:50"))
    count(moment("2027-01-14 09:20"))
    with timezone.override("Asia/Kathmandu"):
        at_night(clock, moment("2027-01-14"))
    assert [row[0] for row in rows(Span.HOUR)] == [moment("2027-01-14 09:00")]
