"""Rolling back a direct borrowing: exactly what it made goes, in reverse order, whatever fails in between."""

import pytest

from almaportal.changes.models import Change
from circulation import alma, rolling_back
from circulation.models import Transaction
from tests.circulation.lending import CHAIN, begin, page_of, press, roll_back, run, sent, stock
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

pytestmark = pytest.mark.thorough

MADE = {"patron": 1, "item": 4, "hold": 5, "sent": 5, "loan": 6, "back": 5}
EACH = [pytest.param(name, marks=[] if name == "loan" else [pytest.mark.thorough]) for name in MADE]


@pytest.fixture
def student(emulator):
    return emulator.people("student", 1)[0]


@pytest.fixture
def real(emulator):
    return emulator.item(emulator.items(emulator.titles("free", 1)[0])[0])["item_data"]["barcode"]


@pytest.mark.parametrize("last", EACH)
def test_whatever_it_made_goes_and_nothing_is_left(desk, emulator, last):
    one, before = begin(), stock(emulator)
    run(desk, one, last)
    page = read(desk.get(f"{page_of(one)}roll-back/"))
    assert emulator.calls != []
    assert f"{rolling_back.plan(one).calls} calls at most" in page.text
    emulator.calls.clear()
    assert roll_back(desk, one).status_code == 302
    assert stock(emulator) == before
    assert (one.status, bool(one.closed), one.failed) == ("CANCELLED", True, "")
    everything = ["POST items", "DELETE requests", "DELETE items", "DELETE holdings", "DELETE bibs", "DELETE users"]
    skipped = {"POST items"} if last != "loan" else set()
    skipped |= {"DELETE requests"} if last not in ("hold", "sent") else set()
    skipped |= set(everything[:5]) if last == "patron" else set()
    assert sent(emulator) == [call for call in everything if call not in skipped]
    assert emulator.mails == []
    assert set(Change.objects.values_list("state", flat=True)) == {"done"}


def test_what_was_there_before_stays_and_the_page_says_so(desk, emulator, student, real):
    record = emulator.person(student) | {"expiry_date": "2020-01-31Z"}
    emulator.set_person(record)
    one = begin(patron=student, is_virtual=False, barcode=real)
    run(desk, one, "sent")
    text = read(desk.get(f"{page_of(one)}roll-back/")).text
    assert f"The item {real} was there before." in text
    assert "It was sent out: scan it in when it is here again." in text
    assert f"The patron {student} was there before. Their new expiry date stays" in text
    emulator.calls.clear()
    roll_back(desk, one)
    assert sent(emulator) == ["DELETE requests"]
    assert emulator.person(student) == record | {"expiry_date": "2030-01-31Z"}


def test_a_hold_is_cancelled_with_a_reason_and_without_mail(desk, emulator):
    one = begin()
    run(desk, one, "hold")
    answer = desk.post(f"{page_of(one)}roll-back/", {"reason": ""})
    assert answer.status_code == 422
    assert emulator.request(one.request_id)
    roll_back(desk, one)
    delete = next(call for call in emulator.calls if call.method == "DELETE")
    assert (delete.query["reason"], delete.query["notify_user"]) == ("CannotBeFulfilled", "false")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/bibs/*/items/*"),
        pytest.param("DELETE", "/bibs/*/items/*", marks=pytest.mark.thorough),
        pytest.param("DELETE", "/bibs/*/holdings/*", marks=pytest.mark.thorough),
        pytest.param("DELETE", "/bibs/*", marks=pytest.mark.thorough),
        pytest.param("DELETE", "/users/*", marks=pytest.mark.thorough),
    ],
)
def test_what_fails_in_the_midst_is_said_and_the_rest_goes_later(desk, emulator, method, path):
    one, before = begin(), stock(emulator)
    run(desk, one, "loan")
    emulator.faults.add(kind="403html", method=method, path=path, count=1)
    answer = roll_back(desk, one)
    assert answer.status_code == 403
    assert "What is listed below is still there" in read(answer).text
    assert (one.rolling_back, one.closed) == (True, None)
    page = read(desk.get(page_of(one)))
    assert page.links["go on with the roll back"] == f"{page_of(one)}roll-back/"
    assert press(desk, one, "back").status_code in (302, 409), "no step forward any more"
    assert roll_back(desk, one).status_code == 302
    assert (stock(emulator), one.status) == (before, "CANCELLED")


@pytest.mark.thorough
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    "path", ["/users/*/requests/*", "/bibs/*/items/*", "/bibs/*/holdings/2*", "/bibs/99*4711", "/users/hc-900001"]
)
def test_a_removal_whose_answer_was_lost_is_looked_for(desk, emulator, path, when):
    one, before = begin(), stock(emulator)
    run(desk, one, "hold")
    emulator.faults.add(kind="drop", method="DELETE", path=path, when=when, count=4 if when == "before" else 1)
    first = roll_back(desk, one)
    assert first.status_code == (302 if when == "after" else 502)
    emulator.faults.clear()
    if when == "before":
        assert roll_back(desk, one).status_code == 302
    assert (stock(emulator), one.status) == (before, "CANCELLED")


def test_what_nobody_knows_is_looked_for_before_anything_goes(desk, emulator, clock):
    """The hold may stand in Alma although its answer was lost: it must not stay behind."""
    one, before = begin(), stock(emulator)
    run(desk, one, "item")
    emulator.faults.add(kind="drop", method="POST", path="/users/*/requests", when="after")
    emulator.faults.add(kind="drop", method="GET", path="/bibs/*/requests", count=4)
    assert press(desk, one, "hold").status_code == 502
    assert one.request_id == ""
    emulator.faults.clear()
    assert "Reason for the hold's end" in read(desk.get(f"{page_of(one)}roll-back/")).text
    assert roll_back(desk, one).status_code == 302
    assert (stock(emulator), one.status) == (before, "CANCELLED")


@pytest.mark.thorough
def test_a_patron_on_whom_more_stands_stays(desk, emulator, real):
    one = begin()
    run(desk, one, "item")
    other = alma.item_of(real)
    mms_id, _holding, item_id = alma.ids_of_item(other)
    body = {"request_type": "HOLD", "pickup_location_type": "LIBRARY", "pickup_location_library": "SCI"}
    alma.place(one.primary_id, body, mms_id, item_id)
    assert roll_back(desk, one).status_code == 302
    assert emulator.person("hc-900001")
    assert "requests: 1" in read(desk.get(page_of(one))).text
    assert one.status == "CANCELLED"


def test_a_patron_of_another_transaction_stays(desk, emulator):
    one, other = begin(), begin(number="other", barcode="HC-0002")
    run(desk, one, "patron")
    run(desk, other, "patron")
    roll_back(desk, one)
    assert emulator.person("hc-900001")
    assert "transaction other names them too" in " ".join(rolling_back.plan(one).stays)


def test_after_closing_the_virtual_records_can_go_and_the_patron_stays(desk, emulator):
    one, before = begin(), stock(emulator)
    run(desk, one, "close")
    closed = one.closed
    page = read(desk.get(page_of(one)))
    assert page.links["Remove the virtual records…"] == f"{page_of(one)}roll-back/"
    assert roll_back(desk, one).status_code == 302
    assert stock(emulator) == before | {"people": before["people"] + 1}
    assert (one.status, one.closed) == ("COMPLETED", closed)
    assert "Remove the virtual records…" not in read(desk.get(page_of(one))).links


@pytest.mark.thorough
def test_what_staff_removed_in_alma_is_gone_all_the_same(desk, emulator):
    one, before = begin(), stock(emulator)
    run(desk, one, "hold")
    alma.cancel(emulator.request(one.request_id), "CannotBeFulfilled", "", notify=False)
    alma.delete_item(one.mms_id, one.holding_id, one.item_id)
    alma.delete_holding(one.mms_id, one.holding_id)
    assert roll_back(desk, one).status_code == 302
    assert (stock(emulator), one.status) == (before, "CANCELLED")
    assert read(desk.get(page_of(one))).text.count("It was gone already.") == 3


def test_what_others_added_is_not_torn_away(desk, emulator):
    """Another item below our title: Alma refuses, and the page says so."""
    one = begin()
    run(desk, one, "item")
    alma.add_item(one.mms_id, one.holding_id, {"item_data": {"barcode": "HC-9"}})
    answer = roll_back(desk, one)
    assert answer.status_code == 400
    assert read(answer).by_id("asks").facts["Alma's code"] == "60214"
    assert Transaction.objects.get().closed is None


def test_nobody_takes_back_what_their_page_did_not_show(desk, emulator):
    """A colleague placed the hold meanwhile."""
    one = begin()
    run(desk, one, "item")
    shown = rolling_back.plan(one).key
    press(desk, one, "hold")
    emulator.calls.clear()
    answer = desk.post(f"{page_of(one)}roll-back/", {"reason": "CannotBeFulfilled", "plan": shown})
    assert answer.status_code == 409
    assert "Nothing was sent. This is what would go now: " in read(answer).text
    assert sent(emulator) == []


def test_one_that_made_nothing_is_just_over(desk, emulator):
    one = begin()
    assert roll_back(desk, one).status_code == 302
    assert (one.status, emulator.calls) == ("CANCELLED", [])
    for name in CHAIN:
        assert press(desk, one, name).status_code in (302, 409)
    assert emulator.calls == []
