"""Warnings about the day's calls: on home, and by mail once a day each."""

import logging
from datetime import UTC, datetime

import pytest
from django.core.mail.backends.base import BaseEmailBackend

from almaportal.alma.caller import Caller, calling
from almaportal.alma.errors import AlmaError, AlmaQuotaSpent
from almaportal.alma.gateway import Gateway, alma
from almaportal.alma.quota import next_midnight
from almaportal.alma.rules import stored_as
from almaportal.jobs.sweep import sweep
from almaportal.usage import alerts
from almaportal.usage.models import Alert
from ecollections.alma import COLLECTIONS
from tests.jobs.making import make
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read
from tests.portal.test_home import notices

TO = ["admin@example.edu", "second@example.edu"]


class Broken(BaseEmailBackend):
    """A mail server that never takes anything."""

    def send_messages(self, messages):
        raise ConnectionRefusedError


@pytest.fixture
def gateway(admin, sign_in, settings, django_user_model) -> Gateway:
    """Of an institution of 100,000 calls a day, with two administrators who have addresses, and others."""
    settings.EMAIL_HOST, settings.PORTAL_URL = "mail.example.edu", "https://portal.example.edu"
    settings.ALMA_CALLS_PER_DAY = 100_000
    sign_in("viewer", "administrator")
    sign_in("circulation")
    for name, email in (
        ("administrator", TO[0]),
        ("viewer-administrator", TO[1]),
        ("circulation", "desk@example.edu"),
    ):
        django_user_model.objects.filter(username=name).update(email=email)
    for roles, values in (
        (("administrator", "circulation"), {"email": "no address"}),
        (("administrator", "e-resources"), {"email": "gone@example.edu", "is_active": False}),
        (("administrator", "viewer", "circulation"), {"email": TO[0]}),
    ):
        sign_in(*roles)
        django_user_model.objects.filter(username="-".join(roles)).update(**values)
    set_rules()
    return Gateway()


def set_rules(warn_of_end=False, **rules):
    assert alma().quota.set_rules(stored_as(warn_of_end=warn_of_end, **rules), alma().quota.stored_rules())


def at(clock, text):
    """The clock is set to this time of its day (GMT)."""
    hour, minute = text.split(":")
    now = datetime.fromtimestamp(clock.time, UTC)
    clock.time = now.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0).timestamp()


def spend(gateway, emulator, others, **caller):
    """So many calls by other programs, then one of ours."""
    emulator.spend(others)
    with calling(Caller(**caller)):
        gateway.get(COLLECTIONS)
    sweep()


def told():
    return list(Alert.objects.filter(is_told=True).order_by("pk").values_list("name", flat=True))


def subjects(mailoutbox):
    return [mail.subject.removeprefix("[almaportal, sandbox] ") for mail in mailoutbox]


def test_each_percent_of_the_day_is_told_once_to_all_administrators(gateway, emulator, clock, mailoutbox, admin):
    spend(gateway, emulator, 79_998)
    assert (told(), notices(read(admin.get("/")))) == ([], {})
    spend(gateway, emulator, 0)
    spend(gateway, emulator, 100)
    assert told() == ["day:80"]
    assert [(mail.to, mail.subject) for mail in mailoutbox] == [
        (TO, "[almaportal, sandbox] 80 % of today's API calls are used")
    ]
    spend(gateway, emulator, 9_898)
    spend(gateway, emulator, 9_999)
    sweep()
    assert told() == ["day:80", "day:90", "day:100"]
    assert subjects(mailoutbox) == [f"{n} % of today's API calls are used" for n in (80, 90, 100)]


def test_of_several_percents_reached_at_once_the_highest_is_told(gateway, emulator, mailoutbox, admin):
    set_rules(warn_at=(70, 80, 90, 100))
    spend(gateway, emulator, 95_000)
    assert (told(), Alert.objects.count()) == (["day:90"], 3)
    assert len(mailoutbox) == 1
    assert list(notices(read(admin.get("/")))) == ["90 % of today's API calls are used"]


def test_the_day_after_nothing_is_left_of_it_and_all_is_warned_of_anew(gateway, emulator, clock, mailoutbox, admin):
    set_rules(budgets={"role:viewer": 2})
    with calling(Caller(role="viewer")):
        gateway.get(COLLECTIONS)
    spend(gateway, emulator, 85_000, role="viewer")
    assert told() == ["day:80", "role:viewer:100"]
    clock.time = next_midnight(clock.time).timestamp() + 15 * 60
    assert notices(read(admin.get("/"))) == {}
    spend(gateway, emulator, 0, role="viewer")
    assert (len(told()), notices(read(admin.get("/")))) == (2, {})
    spend(gateway, emulator, 85_000, role="viewer")
    assert told() == ["day:80", "role:viewer:100"] * 2
    assert len(mailoutbox) == 4
    clock.time += 61 * 86400
    sweep()
    assert len(told()) == 4
    clock.time += 86400
    sweep()
    assert len(told()) == 2, "those of two months ago are forgotten"


def test_a_day_is_warned_of_only_when_it_is_sure_to_be_today_s(gateway, emulator, clock, mailoutbox, admin):
    """Alma's clock is behind ours: what it says first is of its yesterday, and so is its refusal."""
    set_rules(warn_of_end=True)
    spend(gateway, emulator, 85_000)
    yesterday = told()
    emulator.now = lambda: clock.time - 20
    clock.time = next_midnight(clock.time).timestamp() + 3
    spend(gateway, emulator, 0)
    clock.time += 1
    emulator.faults.add(kind="429day", count=1)
    with pytest.raises(AlmaQuotaSpent):
        gateway.get(COLLECTIONS)
    sweep()
    assert set(notices(read(admin.get("/")))) == {"Alma's new day of calls has not begun yet"}
    for time in ("00:02", "00:31"):
        at(clock, time)
        spend(gateway, emulator, 0)
        assert notices(read(admin.get("/"))) == {}
    assert told() == yesterday
    at(clock, "12:00")
    spend(gateway, emulator, 82_000)
    assert told() == [*yesterday, "day:80", "end"]
    assert len(mailoutbox) == 4


def test_on_the_first_day_it_is_warned_by_what_was_left_when_the_portal_first_asked(
    gateway, emulator, mailoutbox, admin, settings
):
    settings.ALMA_CALLS_PER_DAY = None
    set_rules(warn_of_end=True)
    spend(gateway, emulator, 80_000)
    spend(gateway, emulator, 18_000)
    assert told() == ["day:90"]
    assert list(notices(read(admin.get("/")))) == ["90 % of today's API calls are used"]
    emulator.faults.add(kind="429day", count=1)
    with pytest.raises(AlmaQuotaSpent):
        gateway.get(COLLECTIONS)
    sweep()
    assert told() == ["day:90", "day:100"]
    assert subjects(mailoutbox)[1:] == ["100 % of today's API calls are used"]
    assert mailoutbox[1].body.splitlines()[:3] == [
        "100 % of today's API calls are used.",
        "The institution has no call left today, in none of its programs.",
        "Nothing is asked of Alma before 00:00 GMT.",
    ]
    assert list(notices(read(admin.get("/")))) == ["Today's API calls are used up"]


def test_what_is_used_up_is_said_once_whatever_the_percents(gateway, emulator, mailoutbox, admin):
    set_rules(warn_at=(80,))
    spend(gateway, emulator, 99_999)
    assert (told(), subjects(mailoutbox)) == (["day:80"], ["100 % of today's API calls are used"])
    assert list(notices(read(admin.get("/")))) == ["Today's API calls are used up"]


def test_where_only_our_own_count_says_that_nothing_is_left_home_says_it_too(gateway, emulator, admin):
    spend(gateway, emulator, 99_997)
    emulator.faults.add(kind="503", count=9)
    with pytest.raises(AlmaError):
        gateway.get(COLLECTIONS)
    state = alma().quota.state()
    assert (state.remaining, state.blocked_until) == (0, None)
    said = notices(read(admin.get("/")))["100 % of today's API calls are used"]
    assert said.startswith("100,000 of 100,000 calls, of all programs of the institution. Nothing is asked of Alma")


def test_a_budget_is_warned_of_by_itself(gateway, emulator, mailoutbox, admin, settings):
    settings.TIME_ZONE = "Europe/Zurich"
    set_rules(budgets={"kind:edit-portfolios": 10, "role:viewer": 10})
    for _ in range(9):
        spend(gateway, emulator, 0, lane="jobs", feature="edit-portfolios", role="viewer")
    assert told() == ["kind:edit-portfolios:80", "kind:edit-portfolios:90"]
    assert subjects(mailoutbox)[0] == "80 % of today's API calls for jobs “Edit portfolios” are used"
    page = read(admin.get("/"))
    said = notices(page)["90 % of today's API calls for jobs “Edit portfolios” are used"]
    assert said.startswith("9 of 10 calls. The next ones come at Sat 01:00 (00:00 GMT).")
    assert page.links["See who spends them"] == "/usage/?feature=edit-portfolios&by=job"
    set_rules(budgets={"kind:edit-portfolios": 1000})
    assert notices(read(admin.get("/"))) == {}, "it holds no more"


def test_that_the_calls_will_run_out_is_told_after_half_an_hour_at_that_pace(
    gateway, emulator, clock, mailoutbox, admin
):
    set_rules(warn_of_end=True)
    clock.time = next_midnight(clock.time).timestamp()
    at(clock, "00:20")
    spend(gateway, emulator, 1_999)  # 6,000 an hour: they run out at 16:40
    assert told() == []
    at(clock, "00:30")
    spend(gateway, emulator, 999)
    sweep()
    assert told() == ["end"]
    assert subjects(mailoutbox) == ["At this pace today's API calls run out at 16:40 GMT"]
    said = notices(read(admin.get("/")))
    assert list(said) == ["At this pace today's API calls run out at 16:40 GMT"]
    assert "Jobs rest from 13:20 GMT on" in said["At this pace today's API calls run out at 16:40 GMT"]
    at(clock, "03:30")
    spend(gateway, emulator, 0)
    assert notices(read(admin.get("/"))) == {}, "nobody spends any more"
    at(clock, "04:00")
    spend(gateway, emulator, 60_000)
    assert list(notices(read(admin.get("/")))) != []
    assert told() == ["end"], "once a day"


def test_a_mail_says_what_until_when_who_and_where(gateway, emulator, clock, mailoutbox, django_user_model, settings):
    settings.TIME_ZONE = "Europe/Zurich"
    desk = django_user_model.objects.get(username="circulation")
    job = make(desk, "running", title="Secret title", kind="cancel-requests")
    at(clock, "13:00")
    for calls, caller in (
        (3, Caller(user_id=desk.pk, role="circulation", feature="patrons")),
        (2, Caller("jobs", user_id=desk.pk, job_id=job.pk, role="circulation", feature="cancel-requests")),
        (1, Caller(user_id=999, feature="find")),
        (1, Caller()),
    ):
        with calling(caller):
            for _ in range(calls):
                gateway.get(COLLECTIONS)
    at(clock, "14:00")
    spend(gateway, emulator, 80_000)
    (mail,) = mailoutbox
    assert mail.body.splitlines() == [
        "80 % of today's API calls are used.",
        "80,008 of 100,000 calls, of all programs of the institution.",
        "At this pace, 96,001 an hour since 14:10 (13:10 GMT), they run out at 15:12 (14:12 GMT).",
        "Jobs rest: what is left is the reserve for people.",
        "Seen at 15:00 (14:00 GMT).",
        "",
        "Who and what spends most today, in calls of this portal:",
        "  circulation: 5",
        "  deleted person 999: 1",
        f"  job {job.pk} (Cancel requests): 2",
        "  Patrons: 3",
        "  Cancel requests: 2",
        "  Search box: 1",
        "",
        "https://portal.example.edu/usage/",
        "",
        "You get this as an administrator of the portal; its page “Rules” says when warnings are sent.",
    ]


def test_home_warns_who_sees_the_usage_and_nobody_else(gateway, emulator, admin, sign_in):
    viewer = sign_in("viewer")
    spend(gateway, emulator, 85_000)
    page = read(admin.get("/"))
    assert notices(page)["80 % of today's API calls are used"].startswith("85,001 of 100,000 calls, of all programs")
    assert page.links["See who spends them"] == "/usage/"
    assert notices(read(viewer.get("/"))) == {}
    spend(gateway, emulator, 14_998)
    for client in (admin, viewer):
        assert list(notices(read(client.get("/")))) == ["Today's API calls are used up"]


def test_a_mail_server_that_fails_loses_nothing_and_nothing_is_sent_twice(
    gateway, emulator, clock, mailoutbox, settings, caplog
):
    works, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, f"{__name__}.Broken"
    with caplog.at_level(logging.WARNING):
        spend(gateway, emulator, 85_000)
        for _ in range(24):
            clock.time += 300
            alerts.look()
    assert caplog.messages[0] == "The mail about day:80 could not be sent to 2 of 2 addresses: ConnectionRefusedError"
    assert len(caplog.messages) == 7, "at once, and after 5, 10, 20, 40, 70, 100 minutes"
    assert "@example.edu" not in caplog.text
    settings.EMAIL_BACKEND = works
    for _ in range(12):
        clock.time += 300
        alerts.look()
    assert len(mailoutbox) == 1


def test_of_many_addresses_each_gets_it_once_though_some_of_the_mails_fail(
    gateway, emulator, clock, mailoutbox, django_user_model, monkeypatch, caplog
):
    people = django_user_model.objects.bulk_create(
        django_user_model(username=f"more{n}", email=f"more{n}@example.edu", is_superuser=True) for n in range(70)
    )
    send = alerts.send_mail

    def only_one(*args):
        monkeypatch.setattr(alerts, "send_mail", refuse)
        send(*args)

    def refuse(*args):
        raise ConnectionRefusedError

    monkeypatch.setattr(alerts, "send_mail", only_one)
    spend(gateway, emulator, 85_000)
    monkeypatch.setattr(alerts, "send_mail", send)
    clock.time += 3600
    sweep()
    assert [len(mail.to) for mail in mailoutbox] == [50]
    assert "could not be sent to 22 of 72 addresses" in caplog.text
    spend(gateway, emulator, 6_000)
    assert [len(mail.to) for mail in mailoutbox] == [50, 50, 22]
    assert len({*mailoutbox[1].to, *mailoutbox[2].to}) == len(people) + 2


def test_what_goes_wrong_over_a_mail_keeps_nothing_else_from_being_done(
    gateway, emulator, mailoutbox, monkeypatch, caplog
):
    """A job of today's calls is gone; and whatever else."""
    done = []
    monkeypatch.setattr("almaportal.jobs.sweep.ALSO", [alerts.look, lambda: done.append(1)])
    with calling(Caller("jobs", job_id=4711, feature="edit-portfolios")):
        gateway.get(COLLECTIONS)
    spend(gateway, emulator, 85_000)
    assert "  job 4711: 1" in mailoutbox[0].body.splitlines()
    monkeypatch.delattr(alerts.figures, "table")
    spend(gateway, emulator, 6_000)
    assert "The mail about day:90 could not be sent to 2 of 2 addresses: AttributeError" in caplog.messages
    assert done == [1, 1]


def test_what_could_not_be_mailed_on_its_day_is_not_mailed_the_day_after(
    gateway, emulator, clock, mailoutbox, settings
):
    settings.EMAIL_HOST = ""
    spend(gateway, emulator, 85_000)
    settings.EMAIL_HOST = "mail.example.edu"
    clock.time = next_midnight(clock.time).timestamp()
    sweep()
    assert (told(), mailoutbox) == (["day:80"], [])


def test_two_sweeps_at_the_same_time_send_each_mail_once(gateway, emulator, clock, mailoutbox, monkeypatch):
    """While the first is at the mail server with one warning, the second takes the other, and dies over it."""
    set_rules(budgets={"role:viewer": 1})
    send = alerts.send_mail

    def die(*args):
        raise SystemExit

    def slowly(*args):
        monkeypatch.setattr(alerts, "send_mail", die)
        with pytest.raises(SystemExit):
            sweep()
        monkeypatch.setattr(alerts, "send_mail", send)
        send(*args)

    monkeypatch.setattr(alerts, "send_mail", slowly)
    spend(gateway, emulator, 85_000, role="viewer")
    sweep()
    assert subjects(mailoutbox) == ["80 % of today's API calls are used"], "the second may be alive yet"
    clock.time += 301
    sweep()
    sweep()
    assert subjects(mailoutbox)[1:] == ["100 % of today's API calls for role viewer are used"]


def test_looking_costs_few_statements_and_no_call(gateway, emulator, django_assert_max_num_queries):
    set_rules(budgets={f"role:{role}": 1 for role in ("viewer", "e-resources", "circulation")})
    spend(gateway, emulator, 85_000, role="viewer")
    calls = len(emulator.calls)
    with django_assert_max_num_queries(7):
        alerts.look()
    assert len(emulator.calls) == calls
