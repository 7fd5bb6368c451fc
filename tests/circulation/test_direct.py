"""Direct borrowing: the whole chain, its price, what is kept of it, and what is said when a step is refused."""

from datetime import date

import pytest

from almaportal.changes.models import Change
from almaportal.people.models import Access
from circulation import alma
from circulation.models import Step, Transaction
from tests.circulation.lending import CHAIN, FORM, NAMES, begin, page_of, press, run, sent, spent, stock
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

LIST, NEW = "/circulation/direct/", "/circulation/direct/new/"


@pytest.fixture
def real(emulator):
    """The barcode of an item that can be lent, in the main library."""
    item = emulator.item(emulator.items(emulator.titles("free", 1)[0])[0])
    return item["item_data"]["barcode"]


@pytest.fixture
def student(emulator):
    return emulator.people("student", 1)[0]


def test_the_whole_chain_all_virtual_takes_ten_calls_at_most(desk, emulator):
    one, before = begin(), stock(emulator)
    run(desk, one, "close")
    assert (one.status, bool(one.closed), one.failed) == ("COMPLETED", True, "")
    assert len(spent(emulator)) == 10, [f"{call.method} {call.path}" for call in spent(emulator)]
    writes = ["POST users", "POST bibs", "POST holdings", "POST items", "POST requests"]
    assert sent(emulator) == [*writes, "POST items", "POST loans", "POST items"]
    scans = [call.query for call in emulator.calls if "op" in call.query]
    assert [scan["register_in_house_use"] for scan in scans] == ["false", "false"]
    assert [scan.get("request_id") for scan in scans] == [one.request_id, None]
    after = stock(emulator)
    assert {name: after[name] - before[name] for name in after} == {
        "bibs": 1,
        "holdings": 1,
        "items": 1,
        "people": 1,
        "requests": 0,
    }


@pytest.mark.parametrize(
    ("is_virtual", "is_expired", "price"), [(True, True, 10), (False, True, 10), (False, False, 9)]
)
def test_a_patron_found_by_barcode_takes_no_more(desk, emulator, real, student, is_virtual, is_expired, price):
    record = emulator.person(student)
    if is_expired:
        emulator.set_person(record | {"expiry_date": "2020-01-31Z"})
    found_by = record["user_identifier"][0]["value"]
    one = begin(is_virtual=is_virtual, barcode="HC-0001" if is_virtual else real, patron=found_by)
    run(desk, one, "close")
    assert one.status == "COMPLETED"
    assert len(spent(emulator)) == price
    assert one.title == emulator.item(one.item_id)["bib_data"]["title"]


def test_what_is_made_is_hidden_in_its_place_and_bears_the_number(desk, emulator):
    one = begin()
    run(desk, one, "hold")
    item = emulator.item(one.item_id)
    bodies = [call.body.decode() for call in emulator.calls if call.path.endswith(("/bibs", "/holdings"))]
    assert all("<suppress_from_publishing>true</suppress_from_publishing>" in body for body in bodies)
    assert item["bib_data"]["title"] == "Lichen & <walls>"
    assert (item["item_data"]["library"]["value"], item["item_data"]["location"]["value"]) == ("MAIN", "STACKS")
    assert item["item_data"]["internal_note_1"] == "[almaportal DCB-4711] Harbour College"
    request = emulator.request(one.request_id)
    assert request["comment"] == "[almaportal DCB-4711] Harbour College"
    assert request["pickup_location_library"] == "SCI"
    made = emulator.person("hc-900001")
    assert (made["last_name"], made["user_group"]["value"], made["expiry_date"]) == (
        "Quorning",
        "STUDENT",
        "2030-01-31Z",
    )


@pytest.mark.thorough
def test_alma_s_state_stands_beside_the_hub_s_after_each_step(desk, emulator):
    one = begin()
    seen = []
    for name in CHAIN:
        press(desk, one, name)
        says = read(desk.get(page_of(one))).facts
        seen.append((one.status, says["Request status"], says["Process type"], says["Loan status"]))
    assert seen == [
        ("PATRON_VERIFIED", "–", "–", "–"),
        ("RESOLVED", "–", "none", "–"),
        ("REQUEST_PLACED_AT_SUPPLYING_AGENCY", "not started", "none", "–"),
        ("PICKUP_TRANSIT", "not started", "TRANSIT", "–"),
        ("LOANED", "not started", "TRANSIT", "active"),
        ("LOANED", "not started", "none", "over"),
        ("COMPLETED", "over", "none", "over"),
    ]


def test_the_page_of_a_transaction_costs_nothing_and_reads_alma_when_asked(desk, emulator):
    one = begin()
    run(desk, one, "hold")
    emulator.calls.clear()
    page = read(desk.get(page_of(one)))
    assert emulator.calls == []
    assert page.links["Read again"] == "?read=1"
    says = read(desk.get(f"{page_of(one)}?read=1")).facts
    assert (says["Request status"], says["Base status"]) == ("not started", "item in place")
    assert len(spent(emulator)) == 2


@pytest.mark.thorough
def test_what_staff_do_in_alma_itself_counts(desk, emulator, transport):
    """Sent out, lent and taken back at Alma's own desk: a look is enough."""
    one = begin()
    run(desk, one, "hold")
    ids = alma.item_ids(one.mms_id, one.item_id, one.holding_id)
    alma.scan_in(ids, "MAIN", "DEFAULT_CIRC_DESK")
    desk.get(f"{page_of(one)}?read=1")
    one.refresh_from_db()
    assert (one.went_out, one.status) == (True, "PICKUP_TRANSIT")
    alma.lend(one.primary_id, one.item_id, "MAIN", "DEFAULT_CIRC_DESK")
    desk.get(f"{page_of(one)}?read=1")
    one.refresh_from_db()
    assert (bool(one.loan_id), one.status) == (True, "LOANED")
    alma.scan_in(ids, "MAIN", "DEFAULT_CIRC_DESK")
    desk.get(f"{page_of(one)}?read=1")
    one.refresh_from_db()
    assert one.came_back
    assert press(desk, one, "close").status_code == 302
    assert one.status == "COMPLETED"


def test_closing_says_what_is_still_open(desk, emulator):
    one = begin()
    run(desk, one, "hold")
    one.loan_id, one.came_back = "1", True  # as if the loan had not ended the hold
    one.save()
    answer = press(desk, one, "close")
    assert answer.status_code == 409
    assert f"The hold {one.request_id} is not over. The transaction was not closed." in read(answer).text
    assert one.closed is None


def test_what_the_borrowing_side_says_is_noted_without_a_call(desk, emulator):
    one = begin()
    run(desk, one, "hold")
    emulator.calls.clear()
    for status in ("CONFIRMED", "REQUEST_PLACED_AT_BORROWING_AGENCY", "RECEIVED_AT_PICKUP", "READY_FOR_PICKUP"):
        assert desk.post(f"{page_of(one)}note/", {"status": status}).status_code == 302
        one.refresh_from_db()
        assert one.status == status
    assert "noted by circulation" in read(desk.get(page_of(one))).text
    for wrong in ("CONFIRMED", "RETURN_TRANSIT", "LOANED", "nonsense"):
        assert desk.post(f"{page_of(one)}note/", {"status": wrong}).status_code == 409
    assert emulator.calls == []
    press(desk, one, "loan")
    desk.post(f"{page_of(one)}note/", {"status": "RETURN_TRANSIT"})
    one.refresh_from_db()
    assert one.status == "RETURN_TRANSIT"


def test_steps_come_in_order_and_once(desk, emulator):
    one = begin()
    answer = press(desk, one, "hold")
    assert answer.status_code == 409
    assert "This step comes after others" in read(answer).text
    run(desk, one, "item")
    emulator.calls.clear()
    assert press(desk, one, "item").status_code == 302  # the second of two clicks
    assert press(desk, one, "patron").status_code == 302
    assert emulator.calls == []
    assert desk.post(f"{page_of(one)}nonsense/").status_code == 404


# the patron


def test_nobody_is_made_before_names_are_typed(desk, emulator):
    one, before = begin(), stock(emulator)
    answer = press(desk, one, "patron", last_name="", first_name="")
    assert answer.status_code == 422
    assert "Nobody in Alma has this ID" in read(answer).text
    assert stock(emulator) == before
    assert press(desk, one, "patron").status_code == 302
    assert [call.method for call in spent(emulator)] == ["GET", "POST"], "nobody is asked twice"
    tries = [one.text for one in read(desk.get(page_of(one))).by_id("step-patron").one("ol", cls="tries").all("li")]
    assert "HTTP 400 401861 Nobody has this ID." in tries[0]
    assert tries[1].startswith("POST /users ● done HTTP 2xx")


def test_names_stay_nowhere(desk, emulator):
    one = begin()
    run(desk, one, "patron")
    rows = [*Transaction.objects.values(), *Step.objects.values(), *Change.objects.values(), *Access.objects.values()]
    assert not [row for row in rows if any(name in str(row) for name in NAMES.values())]
    assert Access.objects.get().patron == "hc-900001"


def test_a_patron_is_found_by_a_barcode_and_called_by_the_primary_id(desk, emulator, student):
    barcode = emulator.person(student)["user_identifier"][0]["value"]
    one = begin(patron=barcode)
    press(desk, one, "patron", last_name="", first_name="")
    assert (one.primary_id, one.patron) == (student, student)
    assert barcode not in str([*Step.objects.values(), *Transaction.objects.values()])


@pytest.mark.parametrize("by", ["primary ID", "barcode"])
def test_an_expired_patron_is_renewed_and_nothing_else_is_changed(desk, emulator, student, by):
    before = emulator.person(student) | {"expiry_date": "2020-01-31Z", "x_unknown": {"kept": True}}
    emulator.set_person(before)
    one = begin(patron=student if by == "primary ID" else before["user_identifier"][0]["value"])
    assert press(desk, one, "patron").status_code == 302
    assert emulator.person(student) == before | {"expiry_date": "2030-01-31Z"}
    change = Change.objects.get()
    asked = {"path": "expiry_date", "before": "2020-01-31Z", "after": "2030-01-31Z"}
    assert (change.kind, change.action, change.state, change.fields) == ("partner patron", "edit", "done", [asked])
    assert len(spent(emulator)) == 2


def test_a_day_that_lies_behind_by_now_is_given_to_nobody(desk, emulator, student):
    emulator.set_person(emulator.person(student) | {"expiry_date": "2020-01-31Z"})
    for patron in (student, "hc-900001"):
        one = begin(number=patron, patron=patron, until=date(2026, 1, 31))
        answer = press(desk, one, "patron")
        assert answer.status_code == 400
        assert "lies behind. Correct it first." in read(answer).text
    assert sent(emulator) == []


def test_a_blocked_patron_is_said_to_be_blocked_and_alma_refuses_the_hold(desk, emulator, real):
    blocked = emulator.people("blocked", 1)[0]
    one = begin(patron=blocked, is_virtual=False, barcode=real)
    answer = press(desk, one, "patron")
    assert answer.status_code == 200
    assert "The patron is there. Look before you go on" in read(answer).text
    assert "Blocked:" in read(answer).text
    press(desk, one, "item")
    answer = press(desk, one, "hold")
    page = read(answer)
    assert (answer.status_code, one.failed, one.request_id) == (400, "hold", "")
    assert page.facts["Alma's code"] == "401163"
    assert "This step was not done" in page.text


# what Alma refuses


def refused(page):
    return page.by_id("asks").facts["Alma's code"]


def test_a_barcode_that_is_taken_is_corrected_and_nothing_is_made_twice(desk, emulator, real):
    one, before = begin(barcode=real), stock(emulator)
    press(desk, one, "patron")
    answer = press(desk, one, "item")
    assert (answer.status_code, refused(read(answer))) == (400, "40166404")
    assert one.failed == "item"
    page = read(desk.get(page_of(one)))
    assert "ERROR" in page.text
    form = read(desk.get(f"{page_of(one)}edit/"))
    assert "disabled" in form.by_id("id_title").attrs, "the title stands in Alma"
    assert desk.post(f"{page_of(one)}edit/", FORM | {"barcode": "HC-0002"}).status_code == 302
    assert press(desk, one, "item").status_code == 302
    after = stock(emulator)
    assert [after[name] - before[name] for name in ("bibs", "holdings", "items")] == [1, 1, 1]
    assert emulator.item(one.item_id)["item_data"]["barcode"] == "HC-0002"


def test_an_unknown_barcode_is_said_with_its_code_and_corrected(desk, emulator, real):
    one = begin(is_virtual=False, barcode="no such")
    press(desk, one, "patron")
    answer = press(desk, one, "item")
    assert (answer.status_code, refused(read(answer))) == (404, "401689")
    desk.post(f"{page_of(one)}edit/", FORM | {"is_virtual": "", "barcode": real})
    assert press(desk, one, "item").status_code == 302


def test_an_item_that_is_not_lent_is_refused_and_another_can_be_taken(desk, emulator, real):
    reference = emulator.item(emulator.items(emulator.titles("not_loanable", 1)[0])[0])["item_data"]["barcode"]
    one = begin(is_virtual=False, barcode=reference)
    run(desk, one, "item")
    answer = press(desk, one, "hold")
    assert (answer.status_code, refused(read(answer))) == (400, "401129")
    desk.post(f"{page_of(one)}edit/", FORM | {"is_virtual": "", "barcode": real})
    one.refresh_from_db()
    assert (one.item_id, one.status) == ("", "PATRON_VERIFIED")
    press(desk, one, "item")
    assert press(desk, one, "hold").status_code == 302


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("field", "value", "at", "code"),
    [
        ("pickup_library", "Main Library", "hold", "401891"),
        ("location", "Open stacks", "item", "33008"),
        ("library", "Main Library", "item", "33008"),
        ("group", "Students", "patron", "401852"),
        ("desk", "Main Desk", "sent", "40166415"),
        ("desk", "Main Desk", "loan", "401153"),
    ],
)
def test_a_name_in_the_place_of_a_code_is_refused_and_corrected(desk, emulator, field, value, at, code):
    """The form offers codes; where Alma's lists cannot be read somebody types."""
    one = begin(**{field: value})
    for name in CHAIN[: CHAIN.index(at)]:
        press(desk, one, name) if (name, at) != ("sent", "loan") else None
    answer = press(desk, one, at)
    assert (answer.status_code, refused(read(answer))) == (400, code)
    assert desk.post(f"{page_of(one)}edit/", FORM).status_code == 302
    assert press(desk, one, at).status_code == 302


# the form and the list


def test_a_transaction_begins_and_its_number_is_taken_once(desk, emulator):
    answer = desk.post(NEW, FORM)
    one = Transaction.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, page_of(one))
    assert (one.number, one.is_virtual, one.who, str(one.until)) == ("DCB-4711", True, "circulation", "2030-01-31")
    again = desk.post(NEW, FORM)
    assert again.status_code == 422
    assert read(again).links["The transaction DCB-4711 that is there already"] == page_of(one)
    assert Transaction.objects.count() == 1
    assert spent(emulator) == []
    assert read(desk.get(NEW)).by_id("id_desk").attrs["value"] == "DEFAULT_CIRC_DESK", "as the last time"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"until": "2020-01-01"}, "This day lies behind."),
        ({"title": ""}, "A virtual item needs this."),
        ({"location": ""}, "A virtual item needs this."),
        ({"barcode": ""}, "This field is required."),
        ({"desk": "NIGHT"}, "This library has no such desk. It has: DEFAULT_CIRC_DESK (Main Circulation Desk)"),
        ({"location": "Open stacks"}, "This library has no such location. It has: STACKS ("),
        ({"library": "Main Library"}, "Main Library is not one of the available choices."),
    ],
)
def test_the_form_says_what_is_wrong_and_keeps_what_was_typed(desk, typed, sentence):
    answer = desk.post(NEW, FORM | typed)
    page = read(answer)
    assert answer.status_code == 422
    assert sentence in page.text
    assert page.by_id("id_partner").attrs["value"] == "Harbour College"
    assert not Transaction.objects.exists()


def test_a_real_item_needs_its_barcode_alone(desk):
    empty = dict.fromkeys(("is_virtual", "title", "author", "material", "policy", "location"), "")
    assert desk.post(NEW, FORM | empty).status_code == 302


@pytest.mark.thorough
def test_the_list_has_the_open_ones_first_and_what_each_waits_for(desk, sign_in, django_user_model):
    done, waiting, failed = (begin(number=number, barcode=number) for number in "123")
    run(desk, done, "close")
    run(desk, waiting, "hold")
    press(desk, failed, "loan")
    Transaction.objects.filter(pk=failed.pk).update(failed="hold")
    other = django_user_model.objects.create(username="other")
    Transaction.objects.filter(pk=waiting.pk).update(user=other)
    rows = read(desk.get(LIST)).rows
    assert [(row[0].split()[0], row[3]) for row in rows] == [
        ("3", "the patron"),
        ("2", "the item to be sent out"),
        ("1", "–"),
    ]
    for asked, numbers in {
        "state=open": ["3", "2"],
        "state=closed": ["1"],
        "status=COMPLETED": ["1"],
        "status=ERROR": ["3"],
        "whose=mine": ["3", "1"],
    }.items():
        found = [row[0].split()[0] for row in read(desk.get(f"{LIST}?{asked}")).rows]
        assert (asked, found) == (asked, numbers)


@pytest.mark.thorough
def test_the_log_has_each_write_under_the_transaction_s_number(desk, emulator):
    one = begin()
    run(desk, one, "back")
    changes = Change.objects.order_by("pk").values_list("kind", "action", "state", "reason")
    kinds = ["patron", "title", "holding", "item", "request", "item", "loan", "item"]
    assert [row[0] for row in changes] == kinds
    assert {row[2:] for row in changes} == {("done", "Direct borrowing DCB-4711")}
    for change in Change.objects.all():
        page = read(desk.get(f"/changes/{change.pk}/"))
        assert "Done" in page.text
    loan = Change.objects.get(kind="loan")
    assert (loan.record_id, loan.ids) == (one.loan_id, [one.loan_id])
