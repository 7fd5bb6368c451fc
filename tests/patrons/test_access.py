"""The record of who looked at which patron."""

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest

from almaportal.alma.caller import Caller, calling
from almaportal.jobs import sweep
from almaportal.people import access
from almaportal.people.models import Access
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

ADDRESS = "/patrons/-/access/"
CSV = f"{ADDRESS}csv/"
Action = Access.Action


@pytest.fixture
def look(admin, clock, django_user_model):
    """look("s1", by="anna"): somebody saw this patron, at noon of 15 January 2027."""

    def make(patron, by="anna", action=Action.VIEW, **fields):
        person, _made = django_user_model.objects.get_or_create(username=by)
        access.note(person.pk, by, patron, action)
        made = Access.objects.latest("pk")
        Access.objects.filter(pk=made.pk).update(**fields)
        return made

    return make


def patrons(response):
    return [row[2] for row in read(response).rows if len(row) > 1]


def lines(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(StringIO(text)))


def test_it_says_who_saw_whom_when_and_what_the_latest_first(admin, look):
    look("s1", action=Action.VIEW)
    look("Ü/2 %", by="berta", action=Action.BLOCK)
    page = read(admin.get(ADDRESS))
    assert page.head == ["When", "Person", "Patron", "What"]
    assert [row[1:] for row in page.rows] == [
        ["berta", "Ü/2 %", "changed blocks"],
        ["anna", "s1", "looked at the record"],
    ]
    assert page.links["Ü/2 %"] == "/patrons/%C3%9C%252F2%20%2525/"


def test_a_row_without_an_id_of_an_older_version_leads_nowhere(admin, look):
    look("")
    (row,) = read(admin.get(ADDRESS)).rows
    assert row[2] == "–"


def test_every_action_has_its_words(admin, look):
    for action in Action:
        look("s1", action=action)
    assert len({row[3] for row in read(admin.get(ADDRESS)).rows}) == len(Action)


def test_what_a_job_did_leads_to_the_job(admin, look):
    with calling(Caller("jobs", job_id=7)):
        look("s1")
    assert read(admin.get(ADDRESS)).links["job 7"] == "/jobs/7/"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("patron=S1", ["s1", "s1"]),
        ("patron=s", []),
        ("who=berta", ["s2", "s1"]),
        ("who=Berta", []),
        ("action=print", ["s2"]),
        ("patron=s1&who=berta", ["s1"]),
        ("action=nonsense", ["s2", "s1", "s1"]),
    ],
)
def test_it_is_narrowed_by_patron_person_and_what(admin, look, query, found):
    look("s1")
    look("s1", by="berta")
    look("s2", by="berta", action=Action.PRINT)
    assert patrons(admin.get(f"{ADDRESS}?{query}")) == found
    rows = lines(admin.get(f"{CSV}?{query}"))[1:]
    assert [row[2] for row in rows] == found


def test_days_begin_where_the_library_is(admin, look, settings):
    settings.TIME_ZONE = "Europe/Zurich"
    midnight = datetime(2027, 1, 14, 23, tzinfo=UTC)
    look("before", at=midnight - timedelta(seconds=1))
    look("first", at=midnight)
    look("last", at=midnight + timedelta(days=1, seconds=-1))
    look("after", at=midnight + timedelta(days=1))
    assert patrons(admin.get(f"{ADDRESS}?since=2027-01-15&until=2027-01-15")) == ["last", "first"]


def test_a_day_that_is_none_is_said_and_narrows_nothing(admin, look):
    look("s1")
    page = read(admin.get(f"{ADDRESS}?since=1800-01-01&until=never"))
    assert "makes no sense" in page.text
    assert [row[2] for row in page.rows] == ["s1"]


def test_it_comes_in_pages_and_under_htmx_as_its_part_alone(admin, look):
    for number in range(25):
        look(f"s{number}")
    assert patrons(admin.get(f"{ADDRESS}?size=20&page=2")) == ["s4", "s3", "s2", "s1", "s0"]
    part = read(admin.get(f"{ADDRESS}?size=20", headers={"HX-Request": "true"}))
    assert len(part.rows) == 20
    assert part.all("nav") == []


def test_the_csv_has_all_pages_of_the_filter_and_runs_no_formula(admin, look, monkeypatch):
    monkeypatch.setattr("almaportal.tables.CHUNK", 2)
    for patron in ("s1", "s2", "=1+1", "s4", "s5"):
        look(patron)
    response = admin.get(CSV)
    assert response["Content-Disposition"] == 'attachment; filename="access.csv"'
    head, *rows = lines(response)
    assert head == ["When", "Person", "Patron", "What", "Job"]
    assert [row[2] for row in rows] == ["s5", "s4", "'=1+1", "s2", "s1"]


def test_the_download_keeps_the_filter_and_not_the_page(admin, look):
    look("s1")
    page = read(admin.get(f"{ADDRESS}?patron=s1&page=1&size=20"))
    assert page.links["All of these as CSV"] == f"{CSV}?patron=s1"


def test_an_empty_record_says_so(admin):
    assert "Nobody looked at a patron yet." in read(admin.get(ADDRESS)).text
    assert "Nothing matches." in read(admin.get(f"{ADDRESS}?patron=x")).text


def test_the_sweep_clears_what_is_older_than_the_setting(look, clock, settings):
    settings.ACCESS_RECORD_DAYS = 30
    now = datetime.fromtimestamp(clock.now(), UTC)
    look("old", at=now - timedelta(days=30, seconds=1))
    look("kept", at=now - timedelta(days=30))
    sweep.sweep()
    assert [one.patron for one in Access.objects.all()] == ["kept"]


def test_the_name_of_somebody_who_left_stays(admin, look, django_user_model):
    look("s1", by="anna")
    django_user_model.objects.get(username="anna").delete()
    assert read(admin.get(ADDRESS)).rows[0][1] == "anna"


def test_each_listing_asks_the_database_as_often_for_many_rows_as_for_one(admin, look, django_assert_max_num_queries):
    for number in range(30):
        look(f"s{number}")
    with django_assert_max_num_queries(9):
        admin.get(ADDRESS)
