"""What is written down: before a call leaves, what became of it, and never a secret."""

import json

import pytest
from django.conf import settings as django_settings
from django.db import connection

from almaportal.alma.caller import Caller, calling
from almaportal.alma.errors import AlmaDenied, AlmaUnreachable, Said
from almaportal.changes import log
from almaportal.changes.models import Change
from tests.ecollections.conftest import tree as tree
from tests.ecollections.filling import fill, send
from tests.ecollections.no_tables import _no_code_tables as _no_code_tables
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
IDS = ("61", "62", "53")


@pytest.fixture
def editor(sign_in):
    return sign_in("e-resources")


def begin(**more):
    return log.begin(Change.Action.EDIT, "portfolio", IDS, "A title", log.Why("Ticket 1"), **more)


# --- Before it leaves


def test_a_write_stands_in_the_log_before_it_leaves(editor, tree, transport):
    """A process that dies while Alma works leaves a trace."""
    page, ask_emulator = editor.get(f"{tree.portfolio}edit/"), transport._call

    def die(request):
        if request.method == "PUT":
            raise SystemExit
        return ask_emulator(request)

    transport._call = die
    with pytest.raises(SystemExit):
        send(editor, page, f"{tree.portfolio}edit/", **{"portfolio-public_note": "mine"})
    change = Change.objects.get()
    assert (change.state, change.record_id, change.who) == ("sent", tree.portfolio_id, "e-resources")
    assert [(entry["path"], entry["after"]) for entry in change.fields] == [("public_note", "mine")]
    transport._call = ask_emulator
    assert "unknown" in read(editor.get("/changes/")).one("tbody").text
    shown = read(editor.get(f"/changes/{change.pk}/"))
    assert "Sent; the outcome is not known" in shown.text
    assert "Look at the record before doing it again" in shown.text


def test_it_says_who_when_what_and_why(clock, django_user_model):
    user = django_user_model.objects.create_user("kim")
    with calling(Caller(user_id=user.pk, job_id=7)):
        change = begin()
    change.refresh_from_db()
    assert (change.user, change.who, change.job_id, change.reason) == (user, "kim", 7, "Ticket 1")
    assert change.at.timestamp() == clock.time
    assert (change.record_id, change.ids, change.title, change.state) == ("53", list(IDS), "A title", "sent")


def test_what_nobody_signed_in_for_has_no_name(clock):
    change = begin()
    assert (change.user, change.who) == (None, "")
    with calling(Caller(user_id=999_999)):
        assert begin().user is None


def test_a_new_record_has_no_id_until_alma_gave_one(clock):
    change = log.begin(Change.Action.CREATE, "portfolio", IDS[:2], "A title", log.Why())
    assert (change.record_id, change.ids) == ("", ["61", "62"])


def test_long_titles_and_reasons_are_cut_and_never_refused(clock):
    change = log.begin(Change.Action.EDIT, "portfolio", IDS, "é" * 1000, log.Why("r" * 1000))
    change.refresh_from_db()
    assert (len(change.title), len(change.reason)) == (300, 300)


def test_a_token_is_taken_once_and_says_by_what(clock):
    change = begin(token="t1")
    with pytest.raises(log.AlreadySent) as caught:
        begin(token="t1")
    assert caught.value.change == change
    assert Change.objects.count() == 1
    begin(token=None)
    begin(token=None)
    assert Change.objects.count() == 3


# --- What became of it


def test_a_refusal_is_written_down_and_goes_on(clock):
    change = begin()
    said = Said("60126", "The name is missing.", "E01-1")
    with pytest.raises(AlmaDenied), log.sending(change):
        raise AlmaDenied(said=said)
    change.refresh_from_db()
    assert (change.state, change.code, change.text, change.tracking_id) == ("failed", *vars(said).values())


def test_an_outcome_that_nobody_knows_is_unsure(clock):
    change = begin()
    with pytest.raises(AlmaUnreachable), log.sending(change):
        raise AlmaUnreachable("No answer came.", unknown_outcome=True)
    change.refresh_from_db()
    assert (change.state, change.text) == ("unsure", "No answer came.")


def test_endless_words_of_alma_are_cut(clock):
    change = begin()
    with pytest.raises(AlmaDenied), log.sending(change):
        raise AlmaDenied(said=Said("c" * 999, "t" * 9999, "i" * 999))
    change.refresh_from_db()
    assert (len(change.code), len(change.text), len(change.tracking_id)) == (60, 500, 100)


def test_what_is_no_error_of_alma_leaves_the_outcome_open(clock):
    change = begin()
    with pytest.raises(ZeroDivisionError), log.sending(change):
        raise ZeroDivisionError
    change.refresh_from_db()
    assert change.state == "sent"


def test_what_alma_did_not_take_is_written_beside_what_it_has(editor, tree, transport):
    """Alma answers 200, and leaves the note as it was."""
    ask_emulator = transport._call

    def deaf(request):
        if request.method == "PUT":
            request.body = json.dumps(json.loads(request.body) | {"public_note": "was"}).encode()
            request.headers["Content-Length"] = str(len(request.body))
        return ask_emulator(request)

    transport._call = deaf
    response = fill(
        editor, f"{tree.portfolio}edit/", {"portfolio-public_note": "mine", "portfolio-internal_description": "D"}
    )
    assert "did not take" in read(editor.get(response.url)).text
    entries = {entry["path"]: entry for entry in Change.objects.get().fields}
    assert (entries["public_note"]["after"], entries["public_note"]["asked"]) == ("was", "mine")
    assert "asked" not in entries["internal_description"]


@pytest.mark.parametrize(("fault", "state"), [("403html", "failed"), ("500", "failed"), ("timeout", "unsure")])
def test_failures_stand_in_the_list_with_code_and_tracking_id(editor, tree, emulator, fault, state):
    emulator.faults.add(kind=fault, method="PUT", count=None)
    fill(editor, f"{tree.portfolio}edit/", {"portfolio-public_note": "mine"})
    change = Change.objects.get()
    assert change.state == state
    row = read(editor.get("/changes/")).one("tbody").text
    assert {"failed": "refused", "unsure": "unknown"}[state] in row
    shown = read(editor.get(f"/changes/{change.pk}/"))
    if fault == "500":
        assert shown.facts["Alma's code"] == "INTERNAL_SERVER_ERROR"
        assert shown.facts["Tracking ID"] == change.tracking_id != ""
    assert shown.rows[0][:3] == ["Public note", shown.rows[0][1], "mine"]
    assert shown.facts["Who"] == "e-resources"


# --- No secret


def everything_in_the_database():
    found = []
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(name)}")
            found += [(name, *row) for row in cursor.fetchall()]
    return found


def do_all_sorts_of_things(editor, tree, emulator, transport):
    ask_emulator = transport._call

    def edit(text):
        return fill(editor, f"{tree.portfolio}edit/", {"portfolio-public_note": text})

    edit("one")
    for n, kind in enumerate(("403html", "401html", "500", "500text", "503html", "malformed", "redirect", "brokenxml")):
        emulator.faults.add(kind=kind, method="PUT", count=None, when="after" if n % 2 else "before")
        edit(f"two {kind}")
        emulator.faults.clear()
    new = {"collection-public_name": "New", "collection-type": "0"}
    fill(editor, "/ecollections/new/", new)
    emulator.faults.add(kind="drop", method="POST", when="after")
    fill(editor, "/ecollections/new/", new | {"collection-public_name": "Newer"})
    send(editor, editor.get(f"{tree.portfolio}delete/"), f"{tree.portfolio}delete/")
    transport._call = ask_emulator


def test_no_key_stands_in_the_database_whatever_happened(editor, tree, emulator, transport, settings):
    do_all_sorts_of_things(editor, tree, emulator, transport)
    settings.ALMA_KEYS = dict.fromkeys(("electronic", "bibs", "conf"), "demo-readonly")
    fill(editor, f"/ecollections/{emulator.collections()[1]}/edit/", {"collection-public_note": "x"})
    rows = everything_in_the_database()
    assert len(Change.objects.all()) >= 11
    assert len([row for row in rows if row[0] == "changes_change"]) == Change.objects.count()
    for secret in ("demo-all", "demo-readonly", "apikey", django_settings.SECRET_KEY):
        assert [row for row in rows if secret in str(row)] == [], secret


def test_a_key_that_alma_itself_repeats_in_its_words_is_not_kept_or_shown(editor, tree, transport):
    """A firewall may quote the request it refused, headers and all."""
    ask_emulator = transport._call

    def quoting(request):
        if request.method == "GET":
            return ask_emulator(request)
        said = {"errorCode": "INVALID_REQUEST", "errorMessage": f"Refused: {request.headers['Authorization']}"}
        body = json.dumps({"errorsExist": True, "errorList": {"error": [said]}}).encode()
        return 400, [("Content-Type", "application/json")], body

    transport._call = quoting
    response = fill(editor, f"{tree.portfolio}edit/", {"portfolio-public_note": "mine"})
    assert response.status_code == 403
    assert Change.objects.get().state == "failed"
    assert [row for row in everything_in_the_database() if "demo-all" in str(row)] == []
    assert b"demo-all" not in response.content
