"""A delete that Alma accepted is followed until the record is gone: seldom, by one call, by nobody twice."""

from datetime import timedelta
from itertools import pairwise

import pytest

from almaportal.changes import following, log
from almaportal.changes.models import Change
from almaportal.jobs.sweep import sweep
from almaportal.usage.models import Bucket
from tests.ecollections.conftest import tree as tree
from tests.ecollections.filling import send
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

pytestmark = pytest.mark.thorough


@pytest.fixture
def editor(sign_in):
    return sign_in("e-resources")


@pytest.fixture
def slow(emulator, transport):
    """An Alma whose deletes take a minute."""

    def make(seconds=60):
        own = emulator.copy(delete_seconds=seconds)
        own.now, own.sleep = emulator.now, emulator.sleep
        transport.emulator = own
        return own

    return make


@pytest.fixture
def going(editor, tree, slow):
    """The address of the change of a portfolio that Alma takes a minute to delete; and that Alma."""
    alma = slow()
    response = send(editor, editor.get(f"{tree.portfolio}delete/"), f"{tree.portfolio}delete/")
    assert response.status_code == 302
    alma.calls.clear()
    return response.url, alma


def poll(page):
    return page.by_id("state").attrs.get("hx-get")


def gets(alma):
    return [call for call in alma.calls if call.method == "GET"]


def test_the_page_asks_now_and_then_only_while_alma_deletes(editor, going, clock):
    address, _alma = going
    page = read(editor.get(address))
    assert "Alma accepted the delete" in page.text
    assert poll(page) == address
    clock.time += 61
    page = read(editor.get(address))
    assert "Deleted: Alma has no such record any more" in page.text
    assert poll(page) is None
    assert Change.objects.get().state == "done"


def test_what_the_page_asks_for_is_the_part_that_changes(editor, going, clock):
    address, _alma = going
    part = read(editor.get(address, headers={"HX-Request": "true"}))
    assert [one.attrs.get("id") for one in part.children if not isinstance(one, str)] == ["state"]
    assert poll(part) == address
    clock.time += 61
    assert poll(read(editor.get(address, headers={"HX-Request": "true"}))) is None


def test_the_pauses_between_looks_double_up_to_ten_minutes(editor, slow, tree, clock):
    alma, start = slow(seconds=10**6), clock.time
    response = send(editor, editor.get(f"{tree.portfolio}delete/"), f"{tree.portfolio}delete/")
    change, looked = Change.objects.get(), []
    for _n in range(12):
        alma.calls.clear()
        clock.time = change.look_at.timestamp() - 1
        following.look(change)
        assert alma.calls == []
        clock.time += 1
        following.look(change)
        assert len(alma.calls) == 1
        looked.append(round(clock.time - start))
    assert looked[0] == 2
    pauses = [after - before for before, after in pairwise(looked)]
    assert pauses == [4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600]
    assert "Checked 12 times" in read(editor.get(response.url)).text


def test_a_page_that_asks_too_early_makes_no_call(editor, going, clock):
    address, alma = going
    clock.time += 1
    for _n in range(3):
        editor.get(address)
    assert gets(alma) == []


def test_two_open_pages_make_one_call(sign_in, editor, going, clock):
    address, alma = going
    clock.time += 5
    other = sign_in("administrator")
    editor.get(address)
    other.get(address)
    editor.get(address)
    assert len(gets(alma)) == 1
    assert Change.objects.get().looks == 1


def test_two_that_look_at_the_same_moment_make_one_call(going, clock):
    """Both have read the change before either looks."""
    _address, alma = going
    clock.time += 5
    first, second = Change.objects.get(), Change.objects.get()
    following.look(first)
    following.look(second)
    assert len(gets(alma)) == 1
    assert Change.objects.get().looks == 1


def test_the_one_that_did_not_look_shows_what_the_other_saw(going, clock):
    clock.time += 61
    first, second = Change.objects.get(), Change.objects.get()
    following.look(first)
    following.look(second)
    assert second.state == "done"


def test_one_look_is_one_call(editor, going, clock):
    address, alma = going
    clock.time += 61
    editor.get(address)
    assert [(call.method, call.path.count("/")) for call in alma.calls] == [("GET", 7)]


def test_the_list_says_what_is_being_deleted_and_the_record_says_it_too(editor, going, tree):
    row = read(editor.get(tree.service)).one("tbody").all("tr")[0]
    assert tree.portfolio_id in row.text
    assert "Being deleted" in row.text
    assert len([one for one in read(editor.get(tree.service)).all("span", "status") if "deleted" in one.text]) == 1
    assert "Alma is deleting this record" in read(editor.get(tree.portfolio)).text


def test_once_it_is_gone_nothing_says_that_it_is_being_deleted(editor, going, tree, clock):
    address, _alma = going
    clock.time += 61
    editor.get(address)
    page = editor.post(tree.service, {"read_again": "1"}, follow=True)
    assert "Being deleted" not in read(page).text
    assert "being deleted" not in read(editor.get("/changes/")).one("tbody").text


def test_a_delete_that_was_refused_is_not_followed(editor, tree, emulator):
    emulator.faults.add(kind="403html", method="DELETE")
    send(editor, editor.get(f"{tree.portfolio}delete/"), f"{tree.portfolio}delete/")
    change = Change.objects.get()
    assert (change.state, change.look_at) == ("failed", None)
    assert poll(read(editor.get(f"/changes/{change.pk}/"))) is None


# --- The worker


def test_the_worker_looks_when_nobody_has_the_page_open_and_in_the_jobs_lane(going, clock):
    _address, alma = going
    Bucket.objects.all().delete()
    clock.time += 61
    sweep()
    assert Change.objects.get().state == "done"
    assert len(gets(alma)) == 1
    assert set(Bucket.objects.values_list("series__lane", flat=True)) == {"jobs"}


def test_the_worker_does_not_look_before_its_time(going, clock):
    _address, alma = going
    sweep()
    clock.time += 1
    sweep()
    assert alma.calls == []


def test_the_worker_looks_at_a_few_at_a_time_the_longest_waiting_first(editor, going, clock):
    _address, alma = going
    change = Change.objects.get()
    for n in range(following.AT_A_TIME + 5):
        Change.objects.create(
            **{name: getattr(change, name) for name in ("at", "action", "kind", "ids", "title", "state")},
            record_id=change.record_id,
            look_at=change.look_at + timedelta(seconds=n),
        )
    clock.time += 61
    sweep()
    assert len(gets(alma)) == following.AT_A_TIME
    assert Change.objects.filter(state="going").count() == 6
    assert Change.objects.filter(state="done").first().pk == change.pk
    sweep()
    assert Change.objects.filter(state="going").count() == 0


def test_it_gives_up_after_a_day_and_says_so(editor, slow, tree, clock):
    slow(seconds=10**7)
    response = send(editor, editor.get(f"{tree.portfolio}delete/"), f"{tree.portfolio}delete/")
    clock.time += 86_000
    sweep()
    assert Change.objects.get().state == "going"
    clock.time += 1_000
    sweep()
    change = Change.objects.get()
    assert (change.state, change.look_at) == ("unsure", None)
    page = read(editor.get(response.url))
    assert "the record is still there" in page.text
    assert poll(page) is None


# --- Alma down


@pytest.mark.parametrize("fault", ["503", "drop", "403html", "429day"])
def test_when_alma_does_not_answer_the_page_says_so_and_goes_on_later(editor, going, clock, fault):
    address, alma = going
    alma.faults.add(kind=fault, method="GET", count=None)
    clock.time += 61
    response = editor.get(address)
    assert response.status_code == 200
    page = read(response)
    assert "Alma accepted the delete" in page.text
    assert poll(page) == address
    assert any(words in page.text for words in ("cannot be reached", "does not let", "used up"))
    assert Change.objects.get().state == "going"
    alma.faults.clear()
    clock.time += 86_400 if fault == "429day" else 600
    assert "Deleted: Alma has no such record any more" in read(editor.get(address)).text


def test_a_copy_kept_from_before_does_not_make_it_look_alive_or_gone(editor, going, tree, clock):
    address, alma = going
    editor.get(tree.portfolio)
    alma.faults.add(kind="drop", method="GET", count=None)
    clock.time += 61
    editor.get(address)
    assert Change.objects.get().state == "going"


def test_an_address_that_alma_does_not_know_is_no_proof_that_the_record_is_gone(editor, going, transport, clock):
    """The gateway's own 404 is about the address."""
    address, _alma = going
    body = b'{"web_service_result": {"errorsExist": true, "errorList": {"error": {"errorCode": "NOT_FOUND"}}}}'
    ask_emulator = transport._call
    transport._call = lambda request: (404, [("Content-Type", "application/json")], body)
    clock.time += 61
    assert editor.get(address).status_code == 200
    assert Change.objects.get().state == "going"
    transport._call = ask_emulator


def test_alma_down_does_not_end_the_workers_heartbeat(going, clock, caplog):
    _address, alma = going
    alma.faults.add(kind="503", count=None)
    clock.time += 61
    sweep()
    assert Change.objects.get().state == "going"
    assert "could not be followed" in caplog.text
    alma.faults.clear()
    clock.time += 600
    sweep()
    assert Change.objects.get().state == "done"


def test_one_record_that_cannot_be_read_does_not_keep_the_others_waiting(going, clock):
    """The oldest one's answer is broken for ever; the next one is gone and shall be seen so."""
    _address, alma = going
    change = Change.objects.get()
    other = Change.objects.create(
        at=change.at,
        action="delete",
        kind="portfolio",
        ids=[*change.ids[:2], "53999999990004711"],
        record_id="53999999990004711",
        state="going",
        look_at=change.look_at + timedelta(seconds=1),
    )
    alma.faults.add(kind="malformed", method="GET", path=f"*/{change.record_id}", count=None)
    clock.time += 61
    for _minute in range(3):
        sweep()
        clock.time += 60
    other.refresh_from_db()
    assert other.state == "done"


def test_the_first_look_is_a_moment_after_the_delete(going, clock):
    assert Change.objects.get().look_at.timestamp() - clock.time == log.FIRST_LOOK.total_seconds()


# --- What nobody knows


def test_a_delete_whose_outcome_nobody_knows_is_looked_for_until_the_record_is_gone(editor, slow, tree, clock):
    """Alma works on it, its answer was lost, and the record was still there at the first look."""
    alma = slow()
    page = editor.get(f"{tree.portfolio}delete/")
    alma.faults.add(kind="drop", method="DELETE", when="after")
    send(editor, page, f"{tree.portfolio}delete/")
    assert Change.objects.get().state == "unsure"
    clock.time += 61
    sweep()
    assert Change.objects.get().state == "done"


def test_what_a_dead_process_left_becomes_unknown_and_a_delete_is_looked_for(editor, tree, emulator, clock, transport):
    page, ask_emulator = editor.get(f"{tree.portfolio}delete/"), transport._call

    def die(request):
        answer = ask_emulator(request)
        if request.method == "DELETE":
            raise SystemExit
        return answer

    transport._call = die
    with pytest.raises(SystemExit):
        send(editor, page, f"{tree.portfolio}delete/")
    transport._call = ask_emulator
    edit = Change.objects.create(at=Change.objects.get().at, action="edit", kind="portfolio", ids=["1", "2", "3"])
    clock.time += 30
    sweep()
    assert set(Change.objects.values_list("state", flat=True)) == {"sent"}, "it may be at work still"
    clock.time += 3600
    sweep()
    edit.refresh_from_db()
    assert edit.state == "unsure"
    assert Change.objects.get(action="delete").state == "done"
    assert len([call for call in emulator.calls if call.method == "DELETE"]) == 1
