"""The chain of direct borrowing when things go wrong: answers lost, processes killed, two people at once. Nothing is
made twice."""

import pytest

from almaportal.alma.errors import AlmaError, AlmaHeld
from almaportal.changes.holds import hold
from almaportal.changes.log import Why
from almaportal.changes.models import Change
from almaportal.people import creating
from circulation import alma, dcb, steps
from circulation.models import Step
from circulation.partner_patron import Names, NamesNeeded
from circulation.steps import StillUnknown
from tests.circulation.lending import CHAIN, begin, sent, spent, stock

pytestmark = pytest.mark.thorough

NAMES = Names("Quorning", "Ida")
# what is made or done → its step, the path of its POST, the path of what a look at it reads
POSTS = {
    "create_patron": ("patron", "/users", "/users/hc-900001"),
    "bib": ("item", "/bibs", "/bibs"),
    "holding": ("item", "/bibs/*/holdings", "/bibs/*/holdings"),
    "item": ("item", "/bibs/*/holdings/*/items", "/bibs/*/holdings/ALL/items"),
    "hold": ("hold", "/users/*/requests", "/bibs/*/items/*/requests"),
    "sent": ("sent", "/bibs/*/holdings/*/items/*", "/bibs/*/holdings/*/items/*"),
    "loan": ("loan", "/users/*/loans", "/bibs/*/items/*/loans"),
    "back": ("back", "/bibs/*/holdings/*/items/*", "/bibs/*/holdings/*/items/*"),
}
EACH = [pytest.param(name, marks=[] if name == "hold" else [pytest.mark.thorough]) for name in POSTS]
ONCE = {"bibs": 1, "holdings": 1, "items": 1, "requests": 0, "people": 1}


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def one(db, transport, django_user_model):
    django_user_model.objects.create(username="circulation")
    return begin()


@pytest.fixture
def made(emulator):
    """made() → how many of each there are more than before."""
    before = stock(emulator)
    return lambda: {name: number - before[name] for name, number in stock(emulator).items()}


@pytest.fixture
def kill(transport, monkeypatch):
    """kill("POST", "/users"): the process ends as soon as Alma did this."""

    def plan(method, end):
        call = transport._call

        def dying(request):
            answer = call(request)
            if request.method == method and request.url.partition("?")[0].endswith(end):
                monkeypatch.setattr(transport, "_call", call)
                raise Killed
            return answer

        monkeypatch.setattr(transport, "_call", dying)

    return plan


def down_to(one, name):
    """All steps before this one; for the first nobody was found yet."""
    if name == "patron":
        with pytest.raises(NamesNeeded):
            dcb.do(one, "patron")
    for each in CHAIN[: CHAIN.index(name)]:
        dcb.do(one, each, NAMES)


def to_the_end(one):
    for each in CHAIN:
        dcb.do(one, each, NAMES)
    assert one.status == "COMPLETED"


def lose(emulator, path, method, **more):
    emulator.faults.add(kind="drop", path=path, method=method, **more)


@pytest.mark.parametrize("name", EACH)
def test_what_was_done_though_its_answer_was_lost_is_found_at_once(one, emulator, made, name):
    step, path, _look = POSTS[name]
    down_to(one, step)
    lose(emulator, path, "POST", when="after")
    dcb.do(one, step, NAMES)
    assert dcb.is_done(one, step)
    to_the_end(one)
    assert (made(), len(sent(emulator))) == (ONCE, 8)
    assert set(Change.objects.values_list("state", flat=True)) == {"done"}
    assert one.steps.get(name=name).text == "Looked for and found."


@pytest.mark.parametrize("name", EACH)
def test_what_nobody_could_see_is_looked_for_and_not_sent_again(one, emulator, clock, made, name):
    step, path, look = POSTS[name]
    down_to(one, step)
    lose(emulator, path, "POST", when="after")
    lose(emulator, look, "GET", count=4)
    with pytest.raises(AlmaError) as caught:
        dcb.do(one, step, NAMES)
    assert caught.value.unknown_outcome
    assert (one.failed, one.steps.get(name=name).state) == (step, "unsure")
    emulator.faults.clear()
    before = len(sent(emulator))
    dcb.do(one, step, NAMES)
    assert name in ("bib", "holding") or len(sent(emulator)) == before
    to_the_end(one)
    assert (made(), len(sent(emulator))) == (ONCE, 8)


@pytest.mark.parametrize("name", EACH)
def test_what_never_arrived_is_sent_again_when_a_minute_is_over(one, emulator, clock, made, name):
    step, path, _look = POSTS[name]
    down_to(one, step)
    lose(emulator, path, "POST")
    with pytest.raises(AlmaError):
        dcb.do(one, step, NAMES)
    writes = len(sent(emulator))
    with pytest.raises(StillUnknown):
        dcb.do(one, step, NAMES)
    assert len(sent(emulator)) == writes
    clock.sleep(601 if name == "bib" else 61)
    to_the_end(one)
    assert made() == ONCE
    assert list(one.steps.filter(name=name).values_list("state", flat=True)) == ["failed", "done"]


@pytest.mark.parametrize("name", EACH)
def test_after_a_crash_between_the_log_and_the_answer_it_goes_on_where_it_was(one, emulator, kill, made, name):
    step, path, _look = POSTS[name]
    down_to(one, step)
    ends = {"sent": f"/items/{one.item_id}", "back": f"/items/{one.item_id}"}
    kill("POST", ends.get(name, f"/{path.rpartition('/')[2]}"))
    with pytest.raises(Killed):
        dcb.do(one, step, NAMES)
    assert Step.objects.get(name=name).state == "sent"
    to_the_end(one)
    assert (made(), len(sent(emulator))) == (ONCE, 8)


def test_after_a_crash_right_before_the_ids_were_written_the_log_knows_them(one, emulator, made):
    down_to(one, "hold")
    one.steps.filter(name__in=("bib", "holding", "item")).update(state="sent")
    one.mms_id = one.holding_id = one.item_id = ""
    one.save()
    emulator.calls.clear()
    dcb.do(one, "item")
    assert emulator.calls == []
    assert all((one.mms_id, one.holding_id, one.item_id))


def test_what_never_left_is_sent_at_once(one, emulator, made):
    """The process ended between the step's row and the row of the log."""
    down_to(one, "hold")
    one.steps.create(name="hold", method="POST", at=one.created)
    dcb.do(one, "hold")
    assert (made()["requests"], list(one.steps.filter(name="hold").values_list("state", flat=True))) == (
        1,
        ["failed", "done"],
    )


def test_a_hold_of_the_same_patron_that_was_there_is_not_taken_for_ours(one, emulator, clock):
    """Its comment has no mark of the transaction."""
    down_to(one, "hold")
    body = {"request_type": "HOLD", "pickup_location_type": "LIBRARY", "pickup_location_library": "SCI"}
    alma.place(one.primary_id, body, one.mms_id, one.item_id)
    lose(emulator, "/users/*/requests", "POST")
    with pytest.raises(AlmaError):
        dcb.do(one, "hold")
    clock.sleep(61)
    with pytest.raises(AlmaError) as caught:
        dcb.do(one, "hold")
    assert (caught.value.said.code, one.request_id) == ("401136", "")


def test_two_people_at_once_make_one(one, emulator, made):
    with hold(dcb.key(one)), pytest.raises(AlmaHeld):
        dcb.do(one, "patron", NAMES)
    assert emulator.calls == []
    twin = type(one).objects.get(pk=one.pk)
    dcb.do(one, "patron", NAMES)
    dcb.do(twin, "patron", NAMES)
    assert (made()["people"], twin.primary_id) == (1, "hc-900001")


def test_one_whose_hold_ran_out_sends_nothing_that_another_sends(one, emulator):
    """Both count the tries before the other's row is there: the row of the log, and the step's, are taken once."""
    down_to(one, "hold")
    one.steps.create(name="hold", attempt=2, method="POST", at=one.created)
    with pytest.raises(AlmaHeld):
        steps._begin(one, dcb.act(one, "hold"))
    assert "POST requests" not in sent(emulator)


def test_somebody_else_made_the_patron_meanwhile(one, emulator):
    down_to(one, "patron")
    coded = {"user_group": "STUDENT", "status": "ACTIVE", "record_type": "PUBLIC", "account_type": "INTERNAL"}
    body = {"primary_id": one.patron, "last_name": "X", **{name: {"value": code} for name, code in coded.items()}}
    creating.create(body, "another", Why())
    with pytest.raises(AlmaError) as caught:
        dcb.do(one, "patron", NAMES)
    assert caught.value.said.code == "401851"
    dcb.do(one, "patron", NAMES)
    assert one.primary_id == "hc-900001"
    assert sent(emulator).count("POST users") == 2


def test_a_renewal_whose_answer_was_lost_is_not_made_twice(one, emulator):
    student = emulator.people("student", 1)[0]
    emulator.set_person(emulator.person(student) | {"expiry_date": "2020-01-31Z"})
    one.patron = student
    one.save()
    lose(emulator, "/users/*", "PUT", when="after")
    dcb.do(one, "patron")
    assert (one.primary_id, emulator.person(student)["expiry_date"]) == (student, "2030-01-31Z")
    assert sent(emulator) == ["PUT users"]
    assert Change.objects.get().state == "done"


def test_alma_that_ignores_the_new_expiry_is_said_in_the_log(one, emulator, transport, monkeypatch):
    student = emulator.people("student", 1)[0]
    emulator.set_person(emulator.person(student) | {"expiry_date": "2020-01-31Z"})
    one.patron = student
    one.save()
    call = transport._call

    def ignoring(request):
        if request.method == "PUT":
            request.body = request.body.replace(b"2030-01-31Z", b"2020-01-31Z")
        return call(request)

    monkeypatch.setattr(transport, "_call", ignoring)
    found = dcb.do(one, "patron")
    assert found["expiry_date"] == "2020-01-31Z"
    entry = Change.objects.get().fields[0]
    assert (entry["after"], entry["asked"]) == ("2020-01-31Z", "2030-01-31Z")


@pytest.mark.parametrize("odd", [None, {}, {"item_data": None}, {"bib_data": [], "item_data": {"pid": "23"}}])
def test_an_odd_item_is_refused_in_words(one, emulator, odd):
    item = emulator.items(emulator.titles("free", 1)[0])[0]
    one.is_virtual, one.barcode = False, emulator.item(item)["item_data"]["barcode"]
    one.save()
    dcb.do(one, "patron", NAMES)
    emulator.set_item(item, odd or {})
    with pytest.raises(AlmaError) as caught:
        dcb.do(one, "item")
    assert "does not say which item" in caught.value.detail or caught.value.said.code
    assert one.item_id == ""


def test_the_log_s_own_page_finds_what_became_of_a_step(one, emulator, sign_in):
    lose(emulator, "/bibs", "POST", when="after")
    lose(emulator, "/bibs", "GET", count=4)
    dcb.do(one, "patron", NAMES)
    with pytest.raises(AlmaError):
        dcb.do(one, "item")
    emulator.faults.clear()
    change = Change.objects.get(kind="title")
    assert change.state == "unsure"
    sign_in("administrator").post(f"/changes/{change.pk}/look/")
    change.refresh_from_db()
    one.refresh_from_db()
    assert (change.state, change.record_id, bool(one.mms_id)) == ("done", one.mms_id, True)
    dcb.do(one, "item")
    assert sent(emulator).count("POST bibs") == 1
    assert len([call for call in spent(emulator) if call.path == "/bibs" and call.method == "POST"]) == 1
