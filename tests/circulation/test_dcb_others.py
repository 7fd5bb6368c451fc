"""Direct borrowing while others work in Alma and in the portal: their loans, holds and patrons are not touched."""

import json
from datetime import timedelta

import pytest
from django.db import connection

from almaportal.alma.clock import moment
from almaportal.alma.errors import AlmaHeld
from almaportal.changes.holds import hold
from almaportal.changes.models import Change
from circulation import alma, dcb, partner_patron, rolling_back
from circulation.forgetting import forget_old
from circulation.models import Step, Transaction
from tests.circulation.lending import begin, page_of, press, roll_back, run, sent, spent
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

HOLD = {"request_type": "HOLD", "pickup_location_type": "LIBRARY", "pickup_location_library": "SCI"}


def thorough(value):
    return pytest.param(value, marks=pytest.mark.thorough)


@pytest.fixture
def student(emulator):
    return emulator.people("student", 1)[0]


@pytest.fixture
def reader(emulator):
    """Of the own library, without loans and requests."""
    return emulator.people("no_loans", 1)[0]


@pytest.fixture
def real(emulator):
    return emulator.item(emulator.items(emulator.titles("free", 1)[0])[0])


@pytest.fixture
def lent(desk, student, real):
    """A transaction whose real item the patron has."""
    one = begin(patron=student, is_virtual=False, barcode=real["item_data"]["barcode"])
    run(desk, one, "loan")
    return one


@pytest.fixture
def alma_says(transport, monkeypatch):
    """alma_says(edit): what edit(request, body) makes of an answer takes its place, None: as it is."""
    call = transport._call

    def plan(edit):
        def answer(request):
            request.headers["Accept-Encoding"] = "identity"
            status, headers, body = call(request)
            body = edit(request, body) or body
            return status, [one for one in headers if one[0] != "Content-Length"], body

        monkeypatch.setattr(transport, "_call", answer)

    return plan


def place_of(one):
    return alma.item_ids(one.mms_id, one.item_id, one.holding_id)


def lenders(one):
    return [loan["user_id"] for loan in alma.loans_of_item(place_of(one))]


# the loan


@pytest.mark.parametrize("how", ["back", thorough("roll back"), thorough("read again")])
def test_the_loan_of_the_next_reader_is_not_ended(desk, emulator, lent, reader, how):
    """The desk took the book in and lent it again, all in Alma."""
    alma.scan_in(place_of(lent), "MAIN", "DEFAULT_CIRC_DESK")
    alma.lend(reader, lent.item_id, "MAIN", "DEFAULT_CIRC_DESK")
    emulator.calls.clear()
    if how == "back":
        assert press(desk, lent, "back").status_code == 302
        assert "The loan is over already: the item was not scanned." in read(desk.get(page_of(lent))).text
    elif how == "roll back":
        assert roll_back(desk, lent).status_code == 302
    else:
        desk.get(f"{page_of(lent)}?read=1")
        lent.refresh_from_db()
    assert (lent.came_back, "POST items" in sent(emulator)) == (True, False)
    assert lenders(lent) == [reader]


@pytest.mark.thorough
def test_a_second_loan_of_the_same_patron_is_not_ended(desk, emulator, lent, student):
    alma.scan_in(place_of(lent), "MAIN", "DEFAULT_CIRC_DESK")
    alma.lend(student, lent.item_id, "MAIN", "DEFAULT_CIRC_DESK")
    press(desk, lent, "back")
    assert (lent.came_back, lenders(lent)) == (True, [student])


# the hold


@pytest.fixture
def held(desk, emulator, real, reader, student):
    """A transaction with a hold, and a hold of a reader who waited before for any copy: (both)."""
    theirs = alma.place(reader, HOLD, alma.ids_of_item(real)[0])["request_id"]
    one = begin(patron=student, is_virtual=False, barcode=real["item_data"]["barcode"])
    run(desk, one, "hold")
    return one, theirs


def test_the_item_goes_to_the_partner_s_reader_whoever_else_waits(desk, emulator, held):
    one, theirs = held
    assert press(desk, one, "sent").status_code == 302
    assert [emulator.request(each)["task_name"] for each in (one.request_id, theirs)] == [
        "Transit Item",
        "Pickup From Shelf",
    ]
    assert press(desk, one, "loan").status_code == 302


@pytest.mark.thorough
def test_an_item_that_went_to_somebody_else_did_not_go_out(desk, emulator, clock, held):
    """By a scan in Alma; and when the answer to ours is lost before Alma has it."""
    one, theirs = held
    alma.scan_in(place_of(one), "MAIN", "DEFAULT_CIRC_DESK", theirs)
    desk.get(f"{page_of(one)}?read=1")
    one.refresh_from_db()
    assert (one.seen["process"], one.went_out) == ("TRANSIT", False)
    emulator.faults.add(kind="drop", method="POST", path="/bibs/*")
    assert press(desk, one, "sent").status_code == 502
    clock.sleep(61)
    assert press(desk, one, "sent").status_code == 400
    assert one.went_out is False


@pytest.mark.thorough
def test_a_hold_that_was_cancelled_in_alma_is_said_at_the_scan_and_lends_nothing(desk, emulator, held, reader):
    one, theirs = held
    for each in (one.request_id, theirs):
        alma.cancel(emulator.request(each), "CannotBeFulfilled", "", notify=False)
    for name, code in {"sent": "402502", "loan": "401651"}.items():
        answer = press(desk, one, name)
        assert (answer.status_code, read(answer).by_id("asks").facts["Alma's code"]) == (400, code)
    assert lenders(one) == []
    alma.lend(reader, one.item_id, "MAIN", "DEFAULT_CIRC_DESK")
    desk.get(f"{page_of(one)}?read=1")
    one.refresh_from_db()
    assert (one.loan_id, one.came_back) == ("", False), "the reader's loan is not this transaction's"


@pytest.mark.parametrize("name", ["sent", thorough("back")])
def test_a_scan_that_alma_took_and_that_moved_nothing_is_told_in_its_words(desk, alma_says, name):
    """An Alma that passes over what it does not know."""
    one = begin()
    run(desk, one, "hold" if name == "sent" else "loan")

    def passing_over(request, _body):
        data = {"additional_info": "Reshelve to Main Library. Requester: Quorning"}
        data["item_data"] = {"process_type": {"value": "" if name == "sent" else "LOAN"}}
        return json.dumps(data).encode() if "op=scan" in request.url else None

    alma_says(passing_over)
    answer = press(desk, one, name)
    text = read(answer).by_id("asks").text
    assert answer.status_code == 409
    assert "Alma took the scan, and the item" in text
    assert "Alma says: Reshelve to Main Library." in text
    assert (one.went_out, one.came_back) == (name == "back", False)
    assert "Quorning" not in str([*Step.objects.values(), *Change.objects.values(), *Transaction.objects.values()])


# the title


@pytest.mark.thorough
def test_a_title_whose_answer_was_lost_is_waited_for_until_alma_s_index_has_it(desk, emulator, clock, alma_says):
    one, nothing = begin(), b'{"bib": [], "total_record_count": 0}'
    run(desk, one, "patron")
    has_indexed = []
    alma_says(lambda request, _body: nothing if "other_system_id" in request.url and not has_indexed else None)
    emulator.faults.add(kind="drop", method="POST", path="/bibs", when="after")
    assert press(desk, one, "item").status_code == 502
    clock.sleep(5 * 60)
    assert press(desk, one, "item").status_code == 409
    has_indexed.append(True)
    assert press(desk, one, "item").status_code == 302
    assert sent(emulator).count("POST bibs") == 1


# the patron


@pytest.mark.parametrize("who", ["barcode", thorough("primary ID")])
def test_who_registered_meanwhile_is_not_taken_for_the_patron_that_was_sent(desk, emulator, clock, reader, who):
    """The POST never arrived, and somebody else has the ID by now: as a barcode; as a primary ID, made otherwise."""
    one = begin()
    press(desk, one, "patron", last_name="", first_name="")
    emulator.faults.add(kind="drop", method="POST", path="/users")
    if who == "barcode":
        barcode = {"value": "hc-900001", "id_type": {"value": "BARCODE"}, "status": "ACTIVE"}
        emulator.set_person(emulator.person(reader) | {"user_identifier": [barcode]})
    else:
        emulator.set_person(emulator.person(reader) | {"primary_id": "hc-900001", "user_identifier": []})
    assert press(desk, one, "patron").status_code == 502
    assert press(desk, one, "patron").status_code == 409, "it may still come"
    clock.sleep(61)
    assert press(desk, one, "patron").status_code == 302
    assert one.primary_id == (reader if who == "barcode" else "hc-900001")
    assert "made for it" not in str(rolling_back.plan(one).goes)
    roll_back(desk, one)
    assert emulator.person(one.primary_id)
    assert sent(emulator) == ["POST users"]


def test_a_patron_whose_id_no_address_can_have_is_not_made(desk, emulator):
    one = begin(patron="hc/9")
    answer = press(desk, one, "patron")
    assert answer.status_code == 400
    assert "correct the ID" in read(answer).text
    assert sent(emulator) == []


@pytest.mark.thorough
def test_what_may_stand_in_the_way_of_a_new_patron_is_said_at_once(desk, alma_says):
    """An Alma that gives new people other roles than the patron's."""
    alma_says(lambda _request, body: body.replace(b'"value": "200"', b'"value": "215"'))
    one = begin()
    answer = press(desk, one, "patron")
    assert (answer.status_code, one.primary_id) == (200, "hc-900001")
    assert "No active patron role" in read(answer).text


@pytest.mark.parametrize("by", ["barcode", thorough("primary ID")])
def test_nobody_else_writes_the_patron_while_they_are_renewed(emulator, desk, clock, student, by):
    record = emulator.person(student)
    emulator.set_person(record | {"expiry_date": "2020-01-31Z"})
    one = begin(patron=student if by == "primary ID" else record["user_identifier"][0]["value"])
    with hold(f"user:{student}"), pytest.raises(AlmaHeld):
        dcb.do(one, "patron")
    assert sent(emulator) == []
    assert (spent(emulator) == []) == (by == "primary ID")


@pytest.mark.thorough
def test_a_patron_whom_the_portal_just_wrote_is_read_again_before_the_renewal(desk, emulator, clock, student):
    """Between the answer to the barcode and the hold of the primary ID somebody else may have written."""
    record = emulator.person(student) | {"expiry_date": "2020-01-31Z"}
    emulator.set_person(record)
    Change.objects.create(at=moment(), action="edit", kind="patron", record_id=student, state="done")
    press(desk, begin(patron=record["user_identifier"][0]["value"]), "patron")
    assert [call.method for call in spent(emulator)] == ["GET", "GET", "PUT"]


@pytest.mark.thorough
def test_a_card_that_expires_in_the_midst_is_renewed_in_alma(desk, emulator, clock):
    one = begin(until=moment().date() + timedelta(days=1))
    run(desk, one, "sent")
    clock.sleep(3 * 86_400)
    text = read(press(desk, one, "loan")).by_id("asks").text
    assert "move the expiry date in Alma, then try this step again" in text
    assert "Correct what is wrong" not in text
    emulator.set_person(emulator.person("hc-900001") | {"expiry_date": "2099-01-31Z"})
    assert press(desk, one, "loan").status_code == 302


# rolling back


def test_what_a_colleague_does_between_the_look_and_the_hold_is_not_undone_unseen(desk, emulator, sign_in):
    one = begin()
    run(desk, one, "sent")
    colleague = sign_in("administrator")
    emulator.calls.clear()
    pressed = []

    def first(execute, sql, params, many, context):
        if not pressed and sql.startswith("INSERT") and "changes_hold" in sql:
            pressed.append("loan")
            pressed.append(colleague.post(f"{page_of(one)}loan/").status_code)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(first):
        answer = roll_back(desk, one)
    assert pressed == ["loan", 302]
    assert answer.status_code == 409
    assert "The loan" in read(answer).text
    assert (sent(emulator), one.rolling_back) == (["POST loans"], False)


@pytest.mark.thorough
def test_a_patron_who_borrowed_something_else_stays(desk, emulator, real):
    one = begin()
    run(desk, one, "item")
    alma.lend(one.primary_id, alma.ids_of_item(real)[2], "MAIN", "DEFAULT_CIRC_DESK")
    assert roll_back(desk, one).status_code == 302
    assert (one.status, "Loans: 1, requests: 0" in read(desk.get(page_of(one))).text) == ("CANCELLED", True)


@pytest.mark.parametrize(
    ("loans", "requests", "owed", "sentence"),
    [
        (0, 0, 0.0, ""),
        (0, 0, 3.5, "owed: 3.5"),
        (0, 0, None, "owed: ?"),
        (0, None, 0, "requests: ?"),
        (2, 0, 0, "Loans: 2"),
    ],
)
def test_a_patron_goes_only_when_alma_says_that_nothing_stands_on_them(loans, requests, owed, sentence):
    said = {"loans": loans, "requests": requests, "fees": owed}
    why = partner_patron._needed_for({name: {"value": number} for name, number in said.items()})
    assert sentence in why
    assert bool(why) == bool(sentence)


# what is kept


def test_who_had_the_book_is_forgotten_when_the_transaction_is_long_over(desk, emulator, clock, settings):
    settings.ACCESS_RECORD_DAYS = 30
    one, other = begin(), begin(number="open", patron="hc-2", barcode="HC-2")
    run(desk, one, "close")
    run(desk, other, "item")
    clock.sleep(29 * 86_400)
    forget_old()
    one.refresh_from_db()
    assert (one.primary_id, one.loan_id != "") == ("hc-900001", True)
    clock.sleep(2 * 86_400)
    loan = one.loan_id
    forget_old()
    one.refresh_from_db()
    other.refresh_from_db()
    kept = str([*Transaction.objects.filter(pk=one.pk).values(), *Step.objects.values(), one.seen])
    assert [text for text in ("hc-900001", loan) if text in kept] == []
    named = Change.objects.filter(record_id="hc-900001")
    assert [(each.token, each.reason) for each in named] == [(None, "Direct borrowing")]
    assert "hc-900001" not in str([*Change.objects.exclude(pk__in=named).values()])
    page = read(desk.get(page_of(one)))
    assert page.facts["Patron"] == "removed: the transaction is long over"
    assert len([1 for card in page.all("li", cls="card") if "● done" in card.text]) == 7
    assert other.primary_id == "hc-2"
