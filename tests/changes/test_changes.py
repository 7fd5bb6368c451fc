"""The pages of the log: every write, found again by person, record, kind, outcome and day; seen by who may."""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

import pytest

from almaportal.changes.models import Change
from tests.ecollections.conftest import tree as tree
from tests.ecollections.filling import fill, send
from tests.ecollections.no_tables import _no_code_tables as _no_code_tables
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

NOON = datetime(2027, 1, 15, 12, tzinfo=UTC)


@pytest.fixture
def editor(sign_in):
    return sign_in("e-resources")


@pytest.fixture
def change(db):
    """change(title="x"): one in the log; each newer than the one before."""

    def make(**more):
        made = {
            "at": NOON + timedelta(minutes=Change.objects.count()),
            "action": "edit",
            "kind": "portfolio",
            "state": "done",
            "record_id": "53",
            "ids": ["61", "62", "53"],
            "title": "A title",
            "who": "kim",
            "fields": [{"path": "public_note", "before": "b", "after": "a"}],
        }
        return Change.objects.create(**made | more)

    return make


def titles(client, **asked):
    """What the rows of the list are called."""
    response = client.get(f"/changes/?{urlencode(asked)}")
    assert response.status_code == 200
    rows = [row.all("td") for row in read(response).one("tbody").all("tr") if not row.all("td", "empty")]
    return [next(one.text for one in cells[2] if one.attrs.get("dir") == "auto") for cells in rows]


# --- Every write


def test_every_write_is_in_the_list_with_who_what_and_why_the_latest_first(editor, tree, clock):
    fill(editor, f"{tree.portfolio}edit/", {"portfolio-public_note": "x", "reason": "Ticket 1"})
    fill(editor, "/ecollections/new/", {"collection-public_name": "New", "collection-type": "0", "reason": "Ticket 2"})
    page = editor.get(f"{tree.portfolio}delete/")
    send(editor, page, f"{tree.portfolio}delete/", reason="Ticket 3")
    rows = read(editor.get("/changes/")).rows
    assert [row[1] for row in rows] == ["e-resources"] * 3
    assert [row[4] for row in rows] == ["Ticket 3", "Ticket 2", "Ticket 1"]
    deleted, created, edited = (row[3] for row in rows)
    assert "deleted" in deleted
    assert created == "created"
    assert edited == "edited: Public note"
    assert tree.portfolio_id in rows[0][2]
    assert rows[2][0] == "15 Jan 2027, 12:00"


def test_a_write_that_changed_nothing_is_none(editor, tree):
    fill(editor, f"{tree.portfolio}edit/", {})
    assert "Nothing was changed through this portal yet" in read(editor.get("/changes/")).text


def test_one_change_says_all_about_it(editor, change):
    one = change(reason="Why\nso", job_id=7, code="60126", tracking_id="E01", state="failed", text="Alma's words")
    page = read(editor.get(f"/changes/{one.pk}/"))
    facts = page.facts
    assert (facts["Who"], facts["Reason"], facts["Job"]) == ("kim", "Why so", "7")
    assert (facts["Alma's code"], facts["Tracking ID"]) == ("60126", "E01")
    assert page.rows == [["Public note", "b", "a", "not saved"]]
    assert "Refused: nothing was changed" in page.text
    assert "Alma's words" in page.text
    assert page.links["The record"] == "/ecollections/61/services/62/portfolios/53/"


def test_what_alma_did_not_take_and_what_it_did_by_itself_is_told_apart(editor, change):
    fields = [
        {"path": "public_note", "before": "b", "after": "b", "asked": "mine"},
        {"path": "authentication_note", "before": "x", "after": "y", "by_alma": True},
        {"path": "not.in.the.table", "before": None, "after": {"a": 1}},
    ]
    rows = read(editor.get(f"/changes/{change(fields=fields).pk}/")).rows
    assert rows[0][:3] == ["Public note", "b", "b"]
    assert "Alma did not take: mine" in rows[0][3]
    assert "by itself" in rows[1][3]
    assert rows[2][0] == "not.in.the.table"


def test_titles_and_reasons_are_text_and_nothing_else(editor, change):
    text = "<script>alert(1)</script> \" ' & é 名 ‏עב"
    one = change(
        title=text, reason=text, who="<i>kim</i>", text=text, state="unsure", record={"a": "</pre><b>"}, action="delete"
    )
    for address in ("/changes/", f"/changes/{one.pk}/"):
        page = read(editor.get(address))
        assert page.text.count("<script>alert(1)</script>") >= 2
        assert [tag for tag in page.all("script") if not tag.attrs.get("src")] == []


def test_a_title_stays_readable_when_the_record_is_gone(editor, tree, emulator, clock):
    title = " ".join(emulator.record("portfolio", tree.portfolio_id)["resource_metadata"]["title"].split())
    fill(editor, f"{tree.portfolio}edit/", {"portfolio-public_note": "x"})
    send(editor, editor.get(f"{tree.portfolio}delete/"), f"{tree.portfolio}delete/")
    clock.time += 60
    editor.get(f"/changes/{Change.objects.latest('pk').pk}/")
    page = read(editor.get("/changes/"))
    assert [title[:40] in row[2] for row in page.rows] == [True, True]
    gone = page.one("tbody").all("tr")[0]
    assert [link for link in gone.all("a") if tree.portfolio_id in link.attrs["href"]] == []
    shown = read(editor.get(f"/changes/{Change.objects.latest('pk').pk}/"))
    assert title in shown.one("h1").text
    assert shown.links["Where it was"] == tree.service


def test_a_deleted_users_name_stays(editor, change, django_user_model):
    user = django_user_model.objects.create_user("lee")
    one = change(user=user, who="lee")
    user.delete()
    assert read(editor.get("/changes/")).rows[0][1] == "lee"
    assert read(editor.get(f"/changes/{one.pk}/")).facts["Who"] == "lee"
    page = read(editor.get(f"/changes/?person={user.pk or 99}"))
    assert "Part of the filter makes no sense" in page.text


def test_what_a_dead_process_left_is_shown_as_unknown(editor, change):
    one = change(state="sent")
    assert "unknown" in read(editor.get("/changes/")).rows[0][3]
    assert "Sent; the outcome is not known" in read(editor.get(f"/changes/{one.pk}/")).text


def test_a_kind_of_record_that_is_no_more_does_not_break_the_list(editor, change):
    change(kind="no-longer")
    change(title="Known")
    assert titles(editor) == ["Known"]
    assert editor.get(f"/changes/{Change.objects.first().pk}/").status_code == 404


def test_a_change_that_is_none_is_not_found(editor):
    for number in ("0", "999999", "9" * 18, "9" * 25, "-1", "x"):
        assert editor.get(f"/changes/{number}/").status_code == 404, number


def test_only_reading_is_possible(editor, change):
    one = change()
    for address in ("/changes/", f"/changes/{one.pk}/"):
        assert editor.post(address).status_code == 405


# --- Found again


def test_the_list_is_narrowed_by_every_field(editor, change, django_user_model):
    lee = django_user_model.objects.create_user("lee")
    change(title="By lee", user=lee)
    change(title="A service", kind="service", ids=["61", "62"], record_id="62")
    change(title="Made", action="create")
    change(title="Refused", state="failed")
    change(title="Another", record_id="54", ids=["61", "62", "54"])
    change(title="Yesterday", at=NOON - timedelta(days=1))
    assert len(titles(editor)) == 6
    assert titles(editor, person=lee.pk) == ["By lee"]
    assert titles(editor, kind="service") == ["A service"]
    assert titles(editor, action="create") == ["Made"]
    assert titles(editor, state="failed") == ["Refused"]
    assert titles(editor, record="54") == ["Another"]
    assert titles(editor, record=" aNOTH ") == ["Another"]
    assert titles(editor, until="2027-01-14") == ["Yesterday"]
    assert len(titles(editor, since="2027-01-15")) == 5
    assert titles(editor, kind="portfolio", state="done", since="2027-01-15", record="made") == ["Made"]
    assert titles(editor, record="nothing like it") == []


def test_part_of_an_id_is_no_id(editor, change):
    change(title="Long", record_id="53100000000004711")
    assert titles(editor, record="5310000000000") == []
    assert titles(editor, record="53100000000004711") == ["Long"]


def test_signs_that_mean_something_to_a_database_are_signs(editor, change):
    change(title="100% of it_all")
    change(title="Plain")
    assert titles(editor, record="%") == ["100% of it_all"]
    assert titles(editor, record="_") == ["100% of it_all"]
    assert titles(editor, record="'; --") == []


@pytest.mark.parametrize(
    ("zone", "day_of_noon"),
    [("UTC", "2027-01-15"), ("Pacific/Auckland", "2027-01-16"), ("Pacific/Honolulu", "2027-01-15")],
)
def test_a_day_begins_and_ends_where_the_library_is(editor, change, settings, zone, day_of_noon):
    settings.TIME_ZONE = zone
    change(title="Then")
    day = date.fromisoformat(day_of_noon)
    assert titles(editor, since=day, until=day) == ["Then"]
    assert titles(editor, since=day + timedelta(days=1)) == []
    assert titles(editor, until=day - timedelta(days=1)) == []
    shown = read(editor.get("/changes/")).rows[0][0]
    assert shown.startswith(f"{day.day} Jan 2027")


def test_the_first_and_the_last_moment_of_a_day_belong_to_it(editor, change, settings):
    settings.TIME_ZONE = "Europe/Zurich"
    midnight = datetime(2027, 1, 14, 23, tzinfo=UTC)
    change(title="First", at=midnight)
    change(title="Last", at=midnight + timedelta(days=1, microseconds=-1))
    change(title="Next", at=midnight + timedelta(days=1))
    assert titles(editor, since="2027-01-15", until="2027-01-15") == ["Last", "First"]


def test_a_filter_that_makes_no_sense_is_said_and_narrows_nothing(editor, change):
    change(title="Still here")
    for asked in (
        {"person": "x"},
        {"person": "999999"},
        {"kind": "user"},
        {"action": "<b>"},
        {"state": "DONE"},
        {"since": "yesterday"},
        {"until": "2027-02-30"},
        {"since": "x", "until": "y", "kind": "z"},
        {"record": "a\x00b"},
        {"record": "x" * 300},
    ):
        response = editor.get(f"/changes/?{urlencode(asked)}", headers={"HX-Request": "true"})
        assert response.status_code == 200, asked
        part = read(response)
        assert "Part of the filter makes no sense and was left out" in part.text, asked
        assert "Still here" in part.one("tbody").text, asked


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "Pacific/Honolulu"])
def test_the_ends_of_the_calendar_break_nothing(editor, change, settings, zone):
    """Days whose midnight, or the next day's, can be no moment."""
    settings.TIME_ZONE = zone
    change(title="Still here")
    for asked in ({"until": "9999-12-31"}, {"since": "0001-01-01"}, {"since": "0001-01-01", "until": "9999-12-31"}):
        assert titles(editor, **asked) == ["Still here"], asked


def test_what_was_asked_stays_in_the_form(editor, change):
    change()
    page = read(editor.get("/changes/?record=title&action=edit&since=2027-01-01"))
    assert page.by_id("id_record").attrs["value"] == "title"
    assert page.by_id("id_since").attrs["value"] == "2027-01-01"
    chosen = [option for option in page.by_id("id_action").all("option") if "selected" in option.attrs]
    assert [option.attrs["value"] for option in chosen] == ["edit"]


def test_under_htmx_only_the_results_come(editor, change):
    change()
    part = read(editor.get("/changes/?record=title", headers={"HX-Request": "true"}))
    assert part.all("h1") == []
    assert len(part.rows) == 1


# --- Many


def test_a_long_log_has_pages_that_keep_the_filter(editor, change):
    Change.objects.bulk_create(
        Change(
            at=NOON,
            action="edit",
            kind="portfolio",
            state="done",
            title=f"T{n}",
            ids=["61", "62", "53"],
            record_id="53",
        )
        for n in range(120)
    )
    assert titles(editor, record="T")[:2] == ["T119", "T118"]
    assert len(titles(editor, record="T")) == 50
    assert titles(editor, record="T", page=3) == [f"T{n}" for n in range(19, -1, -1)]
    assert len(titles(editor, record="T", page=1, size=100)) == 100
    links = [address for address in read(editor.get("/changes/?record=T")).links.values() if "page=2" in address]
    assert links
    assert all("record=T" in address for address in links)
    for odd in ("-1", "9" * 30):
        assert len(titles(editor, record="T", page=odd, size=20)) == 20
    assert titles(editor, record="T", page=99) == []


def test_the_list_asks_the_database_as_often_for_many_rows_as_for_one(editor, change, django_assert_max_num_queries):
    for n in range(30):
        action = ("edit", "create", "delete")[n % 3]
        change(undoes=Change.objects.first(), title=f"T{n}", action=action, record={"x": "y" * 1000})
    with django_assert_max_num_queries(9):
        editor.get("/changes/")


# --- On the record's page


def test_a_records_page_shows_its_own_latest_changes(editor, tree, change):
    for n in range(7):
        change(
            record_id=tree.portfolio_id, ids=[tree.collection_id, tree.service_id, tree.portfolio_id], reason=f"R{n}"
        )
    change(record_id="54", reason="Another's")
    page = read(editor.get(tree.portfolio))
    section = next(one for one in page.all("section") if "Changes made here" in one.text)
    assert [row[3] for row in section.rows] == ["R6", "R5", "R4", "R3", "R2"]
    assert "Another's" not in page.text
    assert len(titles_at(editor, section.links["All its changes"])) == 7


def titles_at(client, address):
    return read(client.get(address)).rows


@pytest.mark.parametrize("kind", ["collection", "service"])
def test_a_parents_page_shows_only_its_own_too(editor, tree, change, kind):
    change(record_id=tree.portfolio_id, ids=[tree.collection_id, tree.service_id, tree.portfolio_id], reason="Below")
    change(record_id=tree.id_of(kind), kind=kind, ids=[tree.collection_id], reason="Own")
    text = read(editor.get(tree[kind])).text
    assert "Own" in text
    assert "Below" not in text


def test_a_forged_number_of_a_change_just_made_is_harmless(editor, tree):
    for junk in ("x", "1,2,x", "999999", "9" * 40, ",,,", "%00", "٣", "²"):
        assert editor.get(f"{tree.portfolio}?changes={junk}").status_code == 200, junk


def test_a_change_of_another_e_collection_is_not_said_to_be_just_made(editor, tree, change):
    one = change(title="Elsewhere")
    assert "Elsewhere" not in read(editor.get(f"{tree.portfolio}?changes={one.pk}")).text


def test_what_did_not_happen_is_never_said_to_be_saved(editor, tree, change, django_user_model):
    """Their own, as after a save; and that of a done one is said."""
    ids = [tree.collection_id, tree.service_id, tree.portfolio_id]
    one = change(record_id=tree.portfolio_id, ids=ids, user=django_user_model.objects.get(username="e-resources"))
    for state in ("failed", "unsure", "sent", "done"):
        Change.objects.update(state=state)
        page = read(editor.get(f"{tree.portfolio}?changes={one.pk}"))
        assert ("Saved:" in page.text) == (state == "done"), state


# --- Who may see


def test_who_may_not_see_the_log_sees_nothing_of_it(sign_in, tree, change):
    one = change(
        record_id=tree.portfolio_id, ids=[tree.collection_id, tree.service_id, tree.portfolio_id], reason="Secret"
    )
    client = sign_in("viewer")
    for address in ("/changes/", f"/changes/{one.pk}/", f"/changes/{one.pk}/undo/", "/changes/?record=x"):
        assert client.get(address).status_code == 403, address
    page = read(client.get(tree.portfolio))
    assert "Changes made here" not in page.text
    assert "Secret" not in page.text
    assert "/changes/" not in str(page.links.values())


@pytest.mark.parametrize("kind", ["collection", "service", "portfolio"])
def test_a_number_in_the_address_shows_nothing_to_who_may_not_see_the_log(viewer, tree, change, kind):
    """Anybody can count: ?changes=1, 2, 3 …"""
    fields = [{"path": "public_note", "before": "what it was", "after": "what it became"}]
    one = change(
        record_id=tree.portfolio_id, ids=[tree.collection_id, tree.service_id, tree.portfolio_id], fields=fields
    )
    text = read(viewer.get(f"{tree[kind]}?changes={one.pk}")).text
    assert "what it was" not in text
    assert "Saved:" not in text


def test_administrators_see_the_log(admin, change):
    one = change()
    assert admin.get("/changes/").status_code == 200
    assert admin.get(f"/changes/{one.pk}/").status_code == 200


def test_nobody_sees_it_without_signing_in(client, change):
    one = change()
    for address in ("/changes/", f"/changes/{one.pk}/", f"/changes/{one.pk}/undo/"):
        assert client.get(address).url.startswith("/accounts/login/")


def test_the_job_of_somebody_else_is_named_and_only_who_may_see_it_is_led_there(sign_in):
    Change.objects.create(
        at=datetime.now(UTC), job_id=7, action="edit", kind="collection", ids=["1"], record_id="1", state="done"
    )
    editor, administrator = sign_in("e-resources"), sign_in("administrator")
    seen, led = editor.get("/changes/").content.decode(), administrator.get("/changes/").content.decode()
    assert "job 7" in seen
    assert "/jobs/7/" not in seen
    assert "/jobs/7/" in led
