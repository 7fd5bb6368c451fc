"""One writer a record at a time; what a process that died leaves behind does not stay for ever."""

import pytest
from django.db import connection

from almaportal.alma.errors import AlmaHeld
from almaportal.changes.holds import PATIENCE_SECONDS, SECONDS, hold
from almaportal.changes.models import Change, Hold
from almaportal.jobs.sweep import sweep
from tests.ecollections.conftest import tree as tree
from tests.ecollections.filling import fill, form_of, send, values
from tests.ecollections.no_tables import _no_code_tables as _no_code_tables
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]


def test_a_hold_is_there_inside_the_block_and_gone_behind_it(clock):
    with hold("53"):
        assert list(Hold.objects.values_list("key", flat=True)) == ["53"]
    assert Hold.objects.count() == 0


def test_an_error_inside_lets_go_too(clock):
    with pytest.raises(ZeroDivisionError), hold("53"):
        raise ZeroDivisionError
    assert Hold.objects.count() == 0
    with hold("53"):
        pass


def test_the_sweep_clears_what_a_dead_process_left_and_nothing_else(clock):
    Hold.objects.create(key="dead", until=clock.now() - 1)
    Hold.objects.create(key="alive", until=clock.now() + 1)
    sweep()
    assert list(Hold.objects.values_list("key", flat=True)) == ["alive"]


def test_records_do_not_hold_each_other(clock):
    with hold("53"), hold("54"):
        assert Hold.objects.count() == 2
    assert clock.slept == []


def test_a_second_writer_waits_until_the_first_is_done(clock, monkeypatch):
    Hold.objects.create(key="53", until=clock.now() + SECONDS)
    sleep = clock.sleep

    def first_is_done_after_three_seconds(seconds):
        sleep(seconds)
        if clock.monotonic() >= 3:
            Hold.objects.all().delete()

    monkeypatch.setattr("almaportal.alma.clock.sleep", first_is_done_after_three_seconds)
    with hold("53"):
        assert 3 <= clock.monotonic() < 4
        assert Hold.objects.count() == 1


def test_who_waits_too_long_is_told_and_does_not_write(clock):
    with hold("53"):
        with pytest.raises(AlmaHeld), hold("53"):
            raise AssertionError("written")
        assert PATIENCE_SECONDS <= clock.monotonic() < PATIENCE_SECONDS + 1
        assert Hold.objects.count() == 1


def test_who_gave_up_does_not_let_go_of_what_was_never_theirs(clock):
    with hold("53"):
        with pytest.raises(AlmaHeld), hold("53"):
            pass
        assert Hold.objects.filter(key="53").exists()


def test_what_a_dead_process_left_is_taken_over_after_its_time(clock):
    Hold.objects.create(key="53", until=clock.now() + SECONDS)
    clock.time += SECONDS + 1
    with hold("53"):
        assert clock.slept == []
        assert Hold.objects.get().until > clock.now()
    assert Hold.objects.count() == 0


def test_who_was_given_up_for_dead_and_wakes_up_does_not_let_go_of_the_next_ones_hold(clock):
    with hold("53"):
        clock.time += SECONDS + 1
        Hold.objects.update(until=clock.now() + SECONDS)  # taken over
    assert Hold.objects.count() == 1


def test_a_hold_lasts_longer_than_any_write(settings):
    assert SECONDS > settings.ALMA_PAGE_SECONDS + PATIENCE_SECONDS


@pytest.fixture
def editor(sign_in):
    return sign_in("e-resources")


@pytest.mark.parametrize("kind", ["service", "portfolio"])
def test_a_record_that_is_being_saved_is_not_saved_by_somebody_else(editor, tree, emulator, clock, kind):
    page = editor.get(f"{tree[kind]}edit/")
    with hold(tree.id_of(kind)):
        response = send(editor, page, f"{tree[kind]}edit/", **{f"{kind}-public_note": "mine"})
    assert response.status_code == 503
    assert "Somebody else is saving this record" in read(response).text
    assert values(form_of(response))[f"{kind}-public_note"] == "mine"
    assert [call for call in emulator.calls if call.method == "PUT"] == []
    assert Change.objects.count() == 0
    assert send(editor, response, f"{tree[kind]}edit/").status_code == 302


def test_a_record_that_is_being_saved_is_not_deleted(editor, tree, emulator, clock):
    page = editor.get(f"{tree.portfolio}delete/")
    with hold(tree.portfolio_id):
        response = send(editor, page, f"{tree.portfolio}delete/")
    assert response.status_code == 503
    assert "Nothing was deleted" in read(response).text
    assert [call for call in emulator.calls if call.method == "DELETE"] == []
    assert Change.objects.count() == 0


@pytest.mark.parametrize("fault", ["503", "drop", "403html"])
def test_a_write_that_fails_leaves_no_hold(editor, tree, emulator, fault):
    emulator.faults.add(kind=fault, method="PUT", count=None)
    response = fill(editor, f"{tree.portfolio}edit/", {"portfolio-public_note": "mine"})
    assert response.status_code >= 400
    assert Hold.objects.count() == 0


def test_nothing_is_held_while_people_think(editor, tree, emulator):
    editor.get(f"{tree.portfolio}edit/")
    editor.get(f"{tree.portfolio}delete/")
    assert Hold.objects.count() == 0


@pytest.mark.parametrize("action", ["edit", "delete"])
def test_the_record_is_held_from_before_it_is_read_until_alma_has_answered(editor, tree, emulator, transport, action):
    seen, ask_emulator = [], transport._call

    def call(request):
        seen.append(request.method)
        return ask_emulator(request)

    def query(execute, sql, *rest):
        if "changes_hold" in sql:
            seen.append(sql.split()[0])
        return execute(sql, *rest)

    page = editor.get(f"{tree.portfolio}{action}/")
    transport._call = call
    with connection.execute_wrapper(query):
        response = send(editor, page, f"{tree.portfolio}{action}/", **{"portfolio-public_note": "mine"})
    assert response.status_code == 302
    assert seen == ["INSERT", "GET", "PUT" if action == "edit" else "DELETE", "DELETE"]
