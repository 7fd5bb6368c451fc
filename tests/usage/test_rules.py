"""The page of the rules about calls: what administrators set there holds, and who set it is on record."""

from datetime import UTC, datetime, time, timedelta

from almaportal.accounts import roles
from almaportal.alma.caller import Caller, calling
from almaportal.alma.gateway import Gateway, alma
from almaportal.alma.rules import rules_of, stored_as
from almaportal.jobs.models import Job
from almaportal.usage.models import RuleChange
from ecollections.alma import COLLECTIONS
from tests.jobs.making import make
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

PAGE = "/usage/rules/"
ALL_DAYS = [str(n) for n in range(7)]


def form_of(client):
    """What the page's form would send as it stands."""
    form = read(client.get(PAGE)).by_id("rules")
    sent = {}
    for one in form.all("input"):
        name = one.attrs["name"]
        if one.attrs.get("type") != "checkbox":
            sent[name] = one.attrs.get("value", "")
        elif "checked" in one.attrs:
            sent.setdefault(name, []).append(one.attrs.get("value", "on"))
    return sent


def save(client, **typed):
    """Type this into the page's form, and save."""
    return client.post(PAGE, form_of(client) | typed)


def log(client):
    return [row[1:] for row in read(client.get(PAGE)).by_id("results").rows]


def errors(response):
    """Sentences beside the fields, by the field's ID."""
    links = read(response).by_id("wrong").all("li")
    return {one.one("a").attrs["href"]: one.text.partition(": ")[2] for one in links}


def test_all_rules_are_set_read_again_and_cleared(admin, emulator):
    response = save(
        admin,
        pace="18",
        reserve="12.5 %",
        quiet_from="22:00",
        quiet_to="06:30",
        quiet_days=["0", "4"],
        warn_at=["90"],
        warn_of_end=[],
        **{"budget_role:circulation": "5000", "budget_kind:edit-portfolios": "40000"},
    )
    assert response.url == f"{PAGE}?said=saved"
    assert alma().quota.stored_rules() == stored_as(
        pace=18.0,
        reserve=(0.125, True),
        budgets={"role:circulation": 5000, "kind:edit-portfolios": 40000},
        quiet=(time(22), time(6, 30)),
        quiet_days=(0, 4),
        warn_at=(90,),
        warn_of_end=False,
    )
    again = form_of(admin)
    assert (again["pace"], again["reserve"], again["quiet_from"], again["quiet_to"]) == (
        "18",
        "12.5%",
        "22:00",
        "06:30",
    )
    assert (again["quiet_days"], again["warn_at"], again.get("warn_of_end")) == (["0", "4"], ["90"], None)
    assert again["budget_role:circulation"] == "5000"
    assert admin.post(PAGE, again).url == f"{PAGE}?said=same"
    usual = {name: "" for name in again if name.startswith("budget_")}
    usual |= {"pace": "", "reserve": "", "quiet_from": "", "quiet_to": "", "quiet_days": ALL_DAYS}
    save(admin, **usual, warn_at=["80", "90", "100"], warn_of_end="on")
    assert alma().quota.stored_rules() == {}
    assert emulator.calls == []


def test_what_was_changed_is_on_record_in_words(admin, clock):
    assert "Nobody changed them yet" in read(admin.get(PAGE)).by_id("results").text
    save(admin, pace="20", **{"budget_role:viewer": "100"})
    clock.time += 2 * 3600 + 120
    save(admin, pace="18", quiet_from="22:00", quiet_to="06:00", quiet_days=["0", "4"], warn_at=[])
    save(admin, reserve="5000", **{"budget_role:viewer": "", "budget_kind:delete-tree": "12000"})
    save(admin, quiet_from="", quiet_to="", quiet_days=ALL_DAYS)
    assert log(admin) == [
        ["administrator", "quiet hours for jobs: 22:00–06:00 → none days of the quiet hours: Mon, Fri → none"],
        [
            "administrator",
            "reserve for people: not set: the settings hold → 5,000 calls daily budget, "
            "jobs “Delete with everything below”: none → 12,000 calls a day "
            "daily budget, role viewer: 100 calls a day → none",
        ],
        [
            "administrator",
            "pace: 20 calls a second → 18 calls a second quiet hours for jobs: none → 22:00–06:00 "
            "days of the quiet hours: none → Mon, Fri warnings: as usual → none",
        ],
        [
            "administrator",
            "pace: not set: the settings hold → 20 calls a second daily budget, role viewer: none → 100 calls a day",
        ],
    ]
    assert read(admin.get(PAGE)).by_id("results").rows[0][0] == "15 Jan 2027, 14:02"


WRONG = [
    ({"pace": "0"}, "#id_pace", "from 0.1 to 1000"),
    ({"pace": "nan"}, "#id_pace", "from 0.1 to 1000"),
    ({"pace": "20,5"}, "#id_pace", "such as 20 or 0.5"),
    ({"pace": "1_0"}, "#id_pace", "such as 20 or 0.5"),
    ({"reserve": "101%"}, "#id_reserve", "A share from 0% to 100%"),
    ({"reserve": "a fifth"}, "#id_reserve", "a whole number of calls such as 5000"),
    ({"reserve": "5.000"}, "#id_reserve", "without dots or commas"),
    ({"budget_role:viewer": "0"}, "#id_budget_role:viewer", "from 1 on"),
    ({"budget_kind:edit-portfolios": "5,000"}, "#id_budget_kind:edit-portfolios", "without dots or commas"),
    ({"budget_role:viewer": "5.000"}, "#id_budget_role:viewer", "without dots or commas"),
    ({"quiet_from": "22:00"}, "#id_quiet_to", "Quiet hours need both times, or neither."),
    ({"quiet_from": "22:00", "quiet_to": "25:00"}, "#id_quiet_to", "A time such as 22:00."),
    ({"quiet_from": "22:00", "quiet_to": "22:00"}, "#id_quiet_to", "Over midnight is fine"),
    ({"quiet_from": "22:00", "quiet_to": "6:00", "quiet_days": []}, "#id_quiet_days", "Choose at least one day"),
]


def test_what_makes_no_sense_is_said_beside_its_field_and_stays_to_be_mended(admin):
    save(admin, pace="18")
    before, sent = alma().quota.stored_rules(), form_of(admin)
    for typed, where, sentence in WRONG:
        response = admin.post(PAGE, sent | typed)
        assert response.status_code == 422, typed
        assert set(errors(response)) == {where}
        assert sentence in errors(response)[where]
        page = read(response)
        assert page.by_id(where[1:])
        for name, value in typed.items():
            if value and name != "quiet_days":
                field = page.one("input", name=name)
                assert field.attrs["value"] == value
                assert field.attrs["type"] == "text" or value != "25:00", "browsers show no such time"
        described = page.by_id("id_quiet_days").attrs.get("aria-describedby")
        assert (described is not None) == (where == "#id_quiet_days")
        assert not described or sentence in page.by_id(described).text
    assert alma().quota.stored_rules() == before
    assert RuleChange.objects.count() == 1


def test_of_two_administrators_at_once_the_second_sees_both_and_nothing_is_lost(admin, sign_in):
    other = sign_in("viewer", "administrator")
    mine = form_of(admin)
    save(other, pace="10", reserve="40%")
    response = admin.post(PAGE, mine | {"pace": "18"})
    page = read(response)
    assert response.status_code == 409
    assert "somebody changed the rules meanwhile" in page.by_id("wrong").text
    assert page.all("table")[0].rows == [
        ["pace", "10 calls a second", "18 calls a second"],
        ["reserve for people", "40%", "not set: the settings hold"],
    ]
    assert alma().quota.stored_rules() == stored_as(pace=10.0, reserve=(0.4, True))
    assert page.one("input", name="pace").attrs["value"] == "18"
    shown = page.one("input", name="shown").attrs["value"]
    assert admin.post(PAGE, mine | {"pace": "18", "shown": shown}).status_code == 302
    assert alma().quota.stored_rules() == stored_as(pace=18.0)
    assert RuleChange.objects.count() == 2


def test_a_pace_above_the_usual_limit_is_warned_of_and_not_refused(admin):
    assert "The pace is above" not in read(admin.get(PAGE)).text
    assert save(admin, pace="26").status_code == 302
    assert "The pace is above 25 calls a second" in read(admin.get(PAGE)).text


def test_what_is_spent_today_stands_beside_each_budget(admin, transport):
    gateway = Gateway()
    for caller, calls in ((Caller(role="viewer"), 3), (Caller("jobs", feature="edit-portfolios", role="viewer"), 2)):
        with calling(caller):
            for _ in range(calls):
                gateway.get(COLLECTIONS)
    save(admin, **{"budget_kind:edit-portfolios": "40000"})
    with calling(Caller("jobs", feature="edit-portfolios")):
        gateway.get(COLLECTIONS)
    tables = [{row[0]: row[2] for row in one.rows} for one in read(admin.get(PAGE)).all("table", cls="budgets")]
    assert tables[0] == {"viewer": "3", "e-resources": "0", "circulation": "0", "administrator": "0"}
    assert tables[1] == {"Edit portfolios": "3"}
    assert "20" not in tables[2]


def test_quiet_hours_of_one_day_of_the_week_are_known_a_week_before():
    end = datetime(2027, 1, 15, 17, tzinfo=UTC)  # a Friday
    rules = rules_of(stored_as(quiet=(time(8), time(17)), quiet_days=(4,)))
    week = timedelta(days=7)
    assert rules.next_quiet(end.timestamp()) == ((end + week).replace(hour=8).timestamp(), (end + week).timestamp())


def test_jobs_that_rest_ask_again_once_the_rules_are_others(admin, django_user_model, clock):
    job = make(django_user_model.objects.get(), "waiting", message="Jobs rest", wait_until="2027-01-16T00:00:00Z")
    save(admin, pace="18")
    assert Job.objects.get(pk=job.pk).wait_until.timestamp() == clock.time


def test_who_only_sees_the_usage_changes_nothing(admin, monkeypatch):
    sent = form_of(admin)
    monkeypatch.setitem(roles.ROLES, "administrator", roles.ROLES["administrator"] - {roles.CHANGE_RULES})
    page = read(admin.get(PAGE))
    assert all("disabled" in one.attrs for one in page.all("input", name="pace"))
    assert "Save" not in [one.text for one in page.all("button")]
    assert admin.post(PAGE, sent | {"pace": "18"}).status_code == 403
    assert alma().quota.stored_rules() == {}


def test_the_page_says_whom_warnings_go_to(admin, settings, django_user_model):
    django_user_model.objects.update(email="admin@example.edu")
    assert "administrator" in [one.text for one in read(admin.get(PAGE)).all("li")]
    assert "no mail server is set up (EMAIL_HOST)" in read(admin.get(PAGE)).text
    settings.EMAIL_HOST = "mail.example.edu"
    django_user_model.objects.update(email="")
    page = read(admin.get(PAGE))
    assert "administrator (no e-mail address)" in page.text
    assert "EMAIL_HOST" not in page.text
