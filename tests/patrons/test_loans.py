"""A person's loans: read when opened, renewed one by one or all, and told what became of each."""

import gzip
import json

import pytest

from almaportal.accounts.roles import ROLES, VIEW_PATRONS
from almaportal.alma.errors import AlmaHeld
from almaportal.people.models import Access
from patrons import loan_views
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

HTMX = {"HX-Request": "true"}


@pytest.fixture
def reader(emulator):
    """Somebody with two dozen loans."""
    return emulator.people("expiring")[0]


@pytest.fixture
def bookworm(emulator):
    """Somebody with 150 loans."""
    return emulator.people("many_loans")[0]


@pytest.fixture
def opened(desk, reader):
    return lambda: read(desk.get(f"/patrons/{reader}/loans/", headers=HTMX))


@pytest.fixture
def renew(desk, reader):
    """renew(mark, …) → what stands above the list afterwards."""
    return lambda *marks: read(desk.post(f"/patrons/{reader}/loans/renew/", {"loan": marks}, headers=HTMX))


def buttons(page):
    return page.all("button", name="loan")


def mark_of(emulator, reader, kind):
    """The mark of the reader's first loan of which a renewal "works", does "nothing" or is "refused"."""
    from almaportal.emulator import loans, people

    row = people.find(emulator.store, reader)
    found = [one for one in loans.of_person(emulator.store, row) if loans._renewal(one, emulator.store) == kind]
    return f"{found[0]['loan_id']}|{found[0]['due_date']}"


def outcomes(page):
    """Of each group of loans: what became of them, and which they are."""
    return [(one.one("summary").text, [row.text for row in one.all("li")]) for one in told(page).all("details")]


def told(page):
    return page.one("section", cls="outcomes")


def renewals(emulator):
    return [call for call in emulator.calls if call.method == "POST"]


def test_all_loans_are_there_for_a_call_a_hundred_the_first_due_first(desk, bookworm, emulator):
    page = read(desk.get(f"/patrons/{bookworm}/loans/", headers=HTMX))
    assert len(page.rows) == 150
    assert [call.query["offset"] for call in emulator.calls] == ["0", "100"]
    times = [one.all("time")[0].attrs["datetime"] for one in page.one("tbody").all("tr")]
    assert times == sorted(times)
    assert "150 loans" in page.text


def test_a_hundred_loans_cost_one_call(desk, emulator, bookworm, monkeypatch):
    monkeypatch.setattr("almaportal.emulator.loans._seeded_count", lambda store, number: 100)
    assert len(read(desk.get(f"/patrons/{bookworm}/loans/", headers=HTMX)).rows) == 100
    assert len(emulator.calls) == 1


def test_of_very_many_loans_the_rest_is_a_page_of_its_own(desk, bookworm, monkeypatch):
    monkeypatch.setattr("almaportal.people.alma.MOST_LOANS", 100)
    page = read(desk.get(f"/patrons/{bookworm}/loans/"))
    assert len(page.rows) == 100
    rest = read(desk.get(page.links["More loans"]))
    assert len(rest.rows) == 50
    assert rest.one("input", name="skip").attrs["value"] == "100"
    assert "More loans" not in rest.links


def test_the_person_s_page_opens_them_in_their_place(desk, emulator, bookworm):
    page = read(desk.get(f"/patrons/{bookworm}/"))
    details = next(one for one in page.all("details") if one.attrs.get("hx-get", "").endswith("/loans/"))
    assert details.attrs["hx-trigger"] == "toggle once"
    assert "opens with 2 calls" in details.one("summary").text
    assert details.links["Show the loans"] == f"/patrons/{bookworm}/loans/"
    assert len(emulator.calls) == 1


def test_overdue_loans_are_said_to_be(opened):
    late = [row for row in opened().rows if "■ overdue" in row[1]]
    assert late
    assert f"■ {len(late)} overdue" in opened().text


def test_somebody_without_loans_is_told_so(desk, emulator):
    own = emulator.people("no_loans")[0]
    assert read(desk.get(f"/patrons/{own}/loans/")).one("td", cls="empty").text == "No loans."


def test_who_looked_at_loans_is_on_record(opened, renew, reader, emulator):
    opened()
    renew(mark_of(emulator, reader, "works"))
    assert [(one.patron, one.action) for one in Access.objects.order_by("pk")] == [(reader, "loans"), (reader, "renew")]


def test_a_loan_is_renewed_and_the_list_has_its_new_date(renew, emulator, reader):
    mark = mark_of(emulator, reader, "works")
    page = renew(mark)
    ((what, (loan,)),) = outcomes(page)
    assert what == "● Renewed. 1 loan"
    assert "due 12 Feb 2027, 12:00" in loan
    assert len(renewals(emulator)) == 1
    assert renewals(emulator)[0].path.endswith(mark.partition("|")[0])
    assert len(page.rows) == 24
    assert mark not in [one.attrs["value"] for one in buttons(page)]


def test_a_renewal_answered_200_that_did_not_renew_is_reported(renew, emulator, reader):
    ((what, _loans),) = outcomes(renew(mark_of(emulator, reader, "nothing")))
    assert what == "◐ Not renewed: Alma answered without an error, but the due date is the same. 1 loan"


@pytest.mark.parametrize(("status", "is_quoted"), [("401193;", False), ("1", True)])
def test_why_alma_kept_a_loan_is_quoted_but_not_the_praise_of_an_earlier_renewal(
    renew, emulator, reader, transport, monkeypatch, status, is_quoted
):
    real = transport._call

    def call(request):
        _status, _headers, body = reply = real(request)
        if request.method != "POST":
            return reply
        loan = json.loads(gzip.decompress(body)) | {"last_renew_status": {"value": status, "desc": "So says Alma"}}
        return 200, [("Content-Type", "application/json")], json.dumps(loan).encode()

    monkeypatch.setattr(transport, "_call", call)
    ((what, (loan,)),) = outcomes(renew(mark_of(emulator, reader, "nothing")))
    assert "the due date is the same" in what
    assert ("Alma's text: So says Alma" in loan) == is_quoted


def test_a_refusal_comes_with_alma_s_code_and_text(renew, emulator, reader):
    ((what, (loan,)),) = outcomes(renew(mark_of(emulator, reader, "refused")))
    assert what == "■ Not renewed. Alma did not renew it: its text says why. 1 loan"
    assert "401822" in loan
    assert "Item renew period exceeded" in loan
    assert "Tracking ID" in loan


def test_the_same_form_sent_twice_renews_once(renew, emulator, reader):
    mark = mark_of(emulator, reader, "works")
    renew(mark)
    ((what, (loan,)),) = outcomes(renew(mark))
    assert "Nothing was sent: due another day by now" in what
    assert "due 12 Feb 2027, 12:00" in loan
    assert len(renewals(emulator)) == 1


def test_all_that_can_be_renewed_are_and_the_others_are_named(desk, emulator):
    reader = emulator.people("blocks")[0]
    page = read(desk.get(f"/patrons/{reader}/loans/", headers=HTMX))
    marks = [one.attrs["value"] for one in page.all("input", name="each")]
    assert len(marks) == len(buttons(page)) > 10
    emulator.calls.clear()
    after = read(desk.post(f"/patrons/{reader}/loans/renew/", {"all": "1", "each": marks}, headers=HTMX))
    (first, renewed), (second, kept) = outcomes(after)
    assert first == f"● Renewed. {len(renewed)} loans"
    assert "the due date is the same" in second
    assert len(renewed) + len(kept) == len(renewals(emulator)) == len(marks)
    assert told(after).one("b").text == f"◐ {len(renewed)} renewed, {len(kept)} not."
    assert not any("open" in one.attrs for one in told(after).all("details"))


def test_what_is_asked_before_many_are_renewed_names_the_price(desk, bookworm):
    page = read(desk.get(f"/patrons/{bookworm}/loans/", headers=HTMX))
    (ask,) = page.all("details", cls="ask")
    n = len(page.all("input", name="each"))
    assert ask.one("summary").text == f"Renew all {n}…"
    assert f"{n} calls and 2 to read the list again, one after the other: about 1 min" in ask.text
    assert "After 14 seconds it stops" in ask.text
    assert ask.one("button").text == f"Renew {n} loans"
    assert page.all("button", name="all") == ask.all("button")


def test_few_are_renewed_without_a_question(desk, emulator, reader, monkeypatch):
    monkeypatch.setattr("almaportal.emulator.loans._seeded_count", lambda store, number: 9)
    page = read(desk.get(f"/patrons/{reader}/loans/", headers=HTMX))
    assert page.all("details", cls="ask") == []
    assert page.one("button", name="all").text.startswith("Renew all ")


def test_a_loan_that_was_returned_meanwhile_is_not_forgotten(renew, emulator, reader):
    gone = "1300000000000000561"
    page = renew(f"{gone}|2027-01-01T00:00:00Z", mark_of(emulator, reader, "works"))
    assert told(page).one("b").text == "◐ 1 renewed, 1 not."
    assert outcomes(page)[1][0].startswith("◐ Not renewed: no longer among these loans.")
    assert outcomes(page)[1][1] == [f"loan {gone}"]
    assert len(renewals(emulator)) == 1


def test_who_may_only_look_is_offered_no_renewal(sign_in, emulator, reader, monkeypatch):
    monkeypatch.setitem(ROLES, "viewer", {VIEW_PATRONS})
    viewer = sign_in("viewer")
    page = read(viewer.get(f"/patrons/{reader}/loans/", headers=HTMX))
    assert len(page.rows) == 24
    assert page.all("button") == []
    emulator.calls.clear()
    mark = mark_of(emulator, reader, "works")
    assert viewer.post(f"/patrons/{reader}/loans/renew/", {"loan": mark}).status_code == 403
    assert emulator.calls == []


def test_when_time_runs_short_the_rest_is_offered(desk, opened, emulator, reader):
    marks = [one.attrs["value"] for one in opened().all("input", name="each")]
    emulator.faults.add(kind="slow", seconds=2, method="POST", count=None)
    after = read(desk.post(f"/patrons/{reader}/loans/renew/", {"all": "1", "each": marks}, headers=HTMX))
    left = [one.attrs["value"] for one in after.all("input", name="each")]
    assert len(left) + len(renewals(emulator)) == len(marks)
    assert left == marks[len(marks) - len(left) :]
    assert f"Try the other {len(left)}" in [one.text for one in after.all("button")]
    assert told(after).one("b").text.endswith(f"{len(left)} not tried yet.")
    assert outcomes(after)[-1][0].startswith("○ Not tried: time ran short")


def test_an_answer_that_is_lost_is_settled_by_reading_the_loan(renew, emulator, reader):
    emulator.faults.add(kind="drop", method="POST", when="after")
    ((what, (loan,)),) = outcomes(renew(mark_of(emulator, reader, "works")))
    assert what.startswith("● Renewed")
    assert "due 12 Feb 2027" in loan
    assert len(renewals(emulator)) == 1


def test_a_request_that_is_lost_is_not_sent_again_and_said_to_be_unsure(renew, emulator, reader):
    emulator.faults.add(kind="drop", method="POST", when="before")
    ((what, _loans),) = outcomes(renew(mark_of(emulator, reader, "works")))
    assert "no answer came, and the due date is the same for now" in what
    assert len(renewals(emulator)) == 1


def test_a_trouble_that_meets_every_loan_ends_it_at_the_first(desk, opened, emulator, reader):
    marks = [one.attrs["value"] for one in opened().all("input", name="each")]
    emulator.faults.add(kind="429day", method="POST", count=None)
    page = read(desk.post(f"/patrons/{reader}/loans/renew/", {"all": "1", "each": marks}, headers=HTMX))
    assert "used up" in page.text or "no calls left" in page.text
    assert told(page).one("b").text == f"◐ 0 renewed, 1 not, {len(marks) - 1} not tried yet."
    assert len(renewals(emulator)) == 1


def test_what_is_no_loan_of_the_person_is_not_renewed(renew, emulator):
    assert told(renew("", "|")).text == "◐ Nothing was renewed: no loan was chosen."
    ((what, loans),) = outcomes(renew("13|x", "../x|2020"))
    assert what.startswith("◐ Not renewed: no longer among these loans.")
    assert loans == ["loan 13", "loan ../x"]
    assert renewals(emulator) == []


def test_loans_of_an_odd_shape_are_shown_all_the_same(desk, emulator, reader, transport, monkeypatch):
    odd = [{}, {"title": None, "due_date": "soon", "loan_id": 7}, {"library": [], "item_barcode": {}, "loan_fine": "x"}]
    for data in ({"item_loan": [*odd, None, "x"]}, {"item_loan": odd[1]}, {"item_loan": None}, {}):
        reply = (200, [("Content-Type", "application/json")], json.dumps(data | {"primary_id": reader}).encode())
        monkeypatch.setattr(transport, "_call", lambda request, reply=reply: reply)
        assert read(desk.get(f"/patrons/{reader}/loans/")).one("h1").text == f"Loans of {reader}"


@pytest.fixture
def odd_pages(transport, monkeypatch):
    """odd_pages(change): every list of loans is what `change` makes of Alma's answer."""

    def make(change):
        real = transport._call

        def call(request):
            status, headers, body = real(request)
            if "/loans?" not in request.url:
                return status, headers, body
            return (
                200,
                [("Content-Type", "application/json")],
                json.dumps(change(json.loads(gzip.decompress(body)))).encode(),
            )

        monkeypatch.setattr(transport, "_call", call)

    return make


def first_is_none(data):
    return data | {"item_loan": [None, *data["item_loan"][1:]]}


@pytest.mark.parametrize("counted", [True, False])
def test_a_row_that_is_no_loan_hides_none_of_the_pages_that_follow(desk, emulator, bookworm, odd_pages, counted):
    odd_pages(lambda data: first_is_none(data) | ({} if counted else {"total_record_count": None}))
    assert len(read(desk.get(f"/patrons/{bookworm}/loans/")).rows) == 148, "of two pages one row each"
    assert [call.query["offset"] for call in emulator.calls] == ["0", "100"]


def test_such_a_row_does_not_hide_that_there_are_more(desk, bookworm, odd_pages, monkeypatch):
    monkeypatch.setattr("almaportal.people.alma.MOST_LOANS", 100)
    odd_pages(first_is_none)
    assert read(desk.get(f"/patrons/{bookworm}/loans/")).links["More loans"].endswith("?skip=100")


def test_the_print_view_says_when_there_are_more_loans_than_it_has(desk, bookworm, monkeypatch):
    says = "These are the 100 loans that are due first: there are more."
    assert says not in read(desk.get(f"/patrons/{bookworm}/print/")).text
    monkeypatch.setattr("almaportal.people.alma.MOST_LOANS", 100)
    assert says in read(desk.get(f"/patrons/{bookworm}/print/")).text


def test_while_somebody_renews_the_loans_of_a_person_nobody_else_does(emulator, reader, meanwhile, rf, admin_user):
    """Else both would read the list before either renewed."""

    def press(user_id):
        request = rf.post("/", {"loan": mark_of(emulator, reader, "works")})
        request.user, request.htmx = admin_user, True
        return loan_views.renew(request, user_id)

    def second():
        with pytest.raises(AlmaHeld):
            press(reader.upper())

    meanwhile("POST", second)
    assert outcomes(read(press(reader)))[0][0].startswith("● Renewed.")
    assert [call.method for call in emulator.calls] == ["GET", "POST"]


def test_whose_the_loans_are_is_known_before_anything_is_renewed(desk, emulator, reader, odd_pages):
    odd_pages(lambda data: {"item_loan": [{**one, "user_id": None} for one in data["item_loan"]]})
    emulator.faults.add(kind="503", path=f"/users/{reader}", count=None)
    marks = {"loan": mark_of(emulator, reader, "works")}
    assert desk.post(f"/patrons/{reader}/loans/renew/", marks, headers=HTMX).status_code == 502
    assert renewals(emulator) == []


def test_a_person_nobody_has_is_a_good_page(desk):
    response = desk.get("/patrons/990000000/loans/")
    assert response.status_code == 404
    assert "401861" in read(response).text
