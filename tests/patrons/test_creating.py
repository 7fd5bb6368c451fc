"""A new patron: what Alma wants, who is like them already, and a POST that leaves once."""

import pytest
from django.urls import reverse

from almaportal.alma.caller import Caller, calling
from almaportal.alma.errors import AlmaRejected
from almaportal.alma.hints import HINTS
from almaportal.changes.log import AlreadySent, Why
from almaportal.changes.models import Change
from almaportal.codes import Table
from almaportal.people import creating
from almaportal.people.models import Access
from patrons.create_forms import CreateForm
from tests.patrons.blocked import card
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

NEW = "/patrons/-/new/"
TYPED = {
    "last_name": "Zschokke",
    "first_name": "Ülkü",
    "birth_date": "1999-12-31",
    "primary_id": "New/1 é",
    "barcode": "999000111",
    "user_group": "STUDENT",
    "expiry_date": "2030-01-16",
    "record_type": "PUBLIC",
    "account_type": "INTERNAL",
    "status": "ACTIVE",
    "email": "ulku@example.edu",
    "phone": "+41 1 234",
    "line1": "Gasse 1",
    "postal_code": "8000",
    "city": "Zürich",
}
BODY = {
    "primary_id": "s-new",
    "last_name": "Zschokke",
    **{name: {"value": value} for name, value in {"record_type": "PUBLIC", "account_type": "INTERNAL"}.items()},
    **{name: {"value": value} for name, value in {"user_group": "STUDENT", "status": "ACTIVE"}.items()},
}
CODES = {
    "UserGroups": Table({"STUDENT": "Students"}),
    "AddNewUserOptions": Table({"PUBLIC": "Public"}),
    "UserUserType": Table({"INTERNAL": "Internal", "EXTERNAL": "External"}),
    "ContentStructureStatus": Table({"ACTIVE": "Active"}),
}


@pytest.fixture
def send(desk):
    """send(page, primary_id="x"): the form of this page, else a new one, filled in and its button pressed."""

    def press(page=None, **typed):
        hidden = {one.attrs["name"]: one.attrs["value"] for one in form_of(page)} if page else {}
        return desk.post(NEW, {**hidden, **TYPED, **typed})

    return press


def form_of(page):
    return page.by_id("record-form").all("input", type="hidden")


def posts(emulator):
    return [call for call in emulator.calls if call.method == "POST"]


def asked(emulator):
    return [call for call in emulator.calls if "/conf/" not in call.path]


def test_the_form_offers_alma_s_codes_and_the_usual_ones_are_chosen(desk):
    page = read(desk.get(NEW))
    chosen = {
        one.attrs["name"]: [option.attrs["value"] for option in one.all("option") if "selected" in option.attrs]
        for one in page.all("select")
    }
    assert chosen == {"user_group": [""], "record_type": ["PUBLIC"], "account_type": ["INTERNAL"], "status": ["ACTIVE"]}
    groups = [one.attrs["value"] for one in page.by_id("id_user_group").all("option")]
    assert groups[0] == "", "nobody becomes a member of the first group by chance"
    assert "STUDENT" in groups


def test_a_patron_is_made_as_typed_and_one_comes_to_their_page(send, emulator):
    response = send(reason="Ticket 7")
    change = Change.objects.get()
    assert response.status_code == 302
    assert response["Location"] == f"{reverse('patrons:person', args=['New/1 é'])}?changes={change.pk}"
    made = emulator.person("New/1 é")
    assert (made["last_name"], made["first_name"]) == ("Zschokke", "Ülkü")
    assert (made["birth_date"], made["expiry_date"]) == ("1999-12-31Z", "2030-01-16Z")
    assert made["user_group"]["value"] == "STUDENT"
    assert [(one["value"], one["id_type"]["value"], one["segment_type"]) for one in made["user_identifier"]] == [
        ("999000111", "BARCODE", "Internal")
    ]
    contact = made["contact_info"]
    assert contact["email"][0]["email_address"] == "ulku@example.edu"
    assert contact["phone"][0]["phone_number"] == "+41 1 234"
    assert [contact["address"][0][name] for name in ("line1", "postal_code", "city")] == ["Gasse 1", "8000", "Zürich"]


def test_the_log_has_the_primary_id_and_no_word_of_the_record(send):
    send(reason="Ticket 7")
    change = Change.objects.get()
    assert (change.kind, change.action, change.state) == ("patron", "create", "done")
    assert (change.record_id, change.ids, change.title) == ("New/1 é", ["New/1 é"], "New/1 é")
    assert (change.fields, change.record, change.reason, change.who) == ([], None, "Ticket 7", "circulation")
    seen = Access.objects.get()
    assert (seen.patron, seen.action, seen.who) == ("New/1 é", "create", "circulation")


def test_the_least_is_enough(send, emulator):
    empty = dict.fromkeys(TYPED, "")
    least = {name: TYPED[name] for name in ("last_name", "user_group", "record_type", "account_type", "status")}
    response = send(**{**empty, **least, "primary_id": "s-least"})
    assert response.status_code == 302
    body = emulator.person("s-least")
    assert body["last_name"] == "Zschokke"
    assert not body["user_identifier"]


def wrong(**typed):
    """The fields that are wrong of a form filled in so."""
    return set(CreateForm({**TYPED, **typed}, CODES).errors)


@pytest.mark.parametrize("name", ["last_name", "primary_id", "user_group", "record_type", "account_type", "status"])
@pytest.mark.parametrize("value", ["", " \x01 "])
def test_what_alma_must_have_is_asked_for(name, value):
    assert wrong(**{name: value}) == {name}


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ({"account_type": "EXTERNAL"}, "external_id"),
        ({"external_id": "SIS"}, "external_id"),
        ({"city": ""}, "city"),
        ({"line1": ""}, "line1"),
        ({"email": "nobody"}, "email"),
        ({"birth_date": "31.12.1999"}, "birth_date"),
        ({"expiry_date": "0001-01-01"}, "expiry_date"),
        ({"expiry_date": "2027-01-14"}, "expiry_date"),
        ({"user_group": "NONSENSE"}, "user_group"),
    ],
)
def test_what_makes_no_sense_is_wrong(clock, typed, name):
    assert wrong(**typed) == {name}


def test_a_patron_may_expire_today(clock):
    assert wrong(expiry_date="2027-01-15") == set()


def test_what_is_wrong_is_said_beside_its_field_before_anything_is_sent(send, emulator):
    response = send(last_name="", user_group="NONSENSE", expiry_date="2020-01-01")
    page = read(response)
    names = ("last_name", "user_group", "expiry_date")
    assert response.status_code == 422
    assert {one.attrs["href"] for one in page.by_id("wrong").all("a")} == {f"#id_{name}" for name in names}
    assert [page.by_id(f"id_{name}").attrs["aria-invalid"] for name in names] == ["true"] * 3
    assert page.by_id("id_expiry_date").attrs["value"] == "2020-01-01"
    assert "would be expired at once" in page.text
    assert asked(emulator) == []


def test_an_external_account_s_rows_are_external(send, emulator):
    send(account_type="EXTERNAL", external_id="SIS")
    made = emulator.person("New/1 é")
    assert made["external_id"] == "SIS"
    assert made["user_identifier"][0]["segment_type"] == "External"


def test_without_alma_s_code_tables_codes_are_typed(send, desk, emulator, settings):
    settings.ALMA_KEYS = {**settings.ALMA_KEYS, "conf": ""}
    page = read(desk.get(NEW))
    assert page.all("select") == []
    assert page.by_id("id_record_type").attrs["value"] == "PUBLIC"
    assert "take codes" in page.text
    assert send(user_group="STAFF").status_code == 302
    assert emulator.person("New/1 é")["user_group"]["value"] == "STAFF"


# duplicates


@pytest.mark.parametrize("name", ["primary_id", "barcode"])
def test_an_id_that_somebody_has_is_refused_with_who_it_is(send, emulator, name):
    owner = emulator.people("student", 1)[0]
    response = send(**{name: owner.upper()})
    page = read(response)
    assert response.status_code == 422
    assert page.by_id(f"id_{name}").attrs["aria-invalid"] == "true"
    assert page.links[f"The patron {owner}"] == reverse("patrons:person", args=[owner])
    assert posts(emulator) == []


@pytest.mark.parametrize("like", ["primary_id", "last_name"])
def test_whoever_is_shown_as_taken_or_alike_is_on_record(send, emulator, like):
    owner = emulator.people("student", 1)[0]
    record = emulator.person(owner)
    same = (
        {"primary_id": owner} if like == "primary_id" else {name: record[name] for name in ("last_name", "first_name")}
    )
    send(**same, birth_date="")
    assert [(one.patron, one.action) for one in Access.objects.all()] == [(owner, "list")]


def test_who_has_the_same_name_is_shown_first_and_the_same_form_then_makes_another(send, emulator):
    owner = emulator.people("student", 1)[0]
    names = {name: emulator.person(owner)[name] for name in ("last_name", "first_name")}
    response = send(**names, birth_date="")
    page = read(response)
    assert response.status_code == 200
    assert "the same name" in page.by_id("asks").text
    assert owner in page.by_id("asks").text
    assert posts(emulator) == []
    before = len(asked(emulator))
    assert send(page, **names, birth_date="").status_code == 302
    assert len(asked(emulator)) == before + 1, "nobody is looked for twice"
    assert emulator.person("New/1 é")["last_name"] == names["last_name"]


def test_somebody_of_the_same_name_born_another_day_is_somebody_else(send, emulator):
    record = emulator.person(emulator.people("student", 1)[0])
    names = {name: record[name] for name in ("last_name", "first_name")}
    assert record["birth_date"] != "1999-12-31Z"
    assert send(**names).status_code == 302


def test_of_many_of_the_same_name_ten_are_shown(send, emulator):
    record = emulator.person(emulator.people("student", 1)[0])
    names = {name: record[name] for name in ("last_name", "first_name")}
    for number in range(12):
        emulator.set_person(record | {"primary_id": f"twin-{number}", "user_identifier": [], "contact_info": {}})
    page = read(send(**names, birth_date="")).by_id("asks")
    assert "13 people like this" in page.text
    assert len(page.all("a")) == 10
    assert "and others: with the birth date" in page.text


def test_who_has_the_same_email_is_shown_whatever_the_case(send, emulator):
    record = emulator.person(emulator.people("student", 1)[0])
    address = record["contact_info"]["email"][0]["email_address"]
    page = read(send(email=address.upper()))
    assert "the same e-mail address" in page.by_id("asks").text
    assert posts(emulator) == []


def test_a_page_that_showed_duplicates_of_one_patron_says_nothing_about_another(send, emulator):
    owner = emulator.people("student", 1)[0]
    names = {name: emulator.person(owner)[name] for name in ("last_name", "first_name")}
    page = read(send(**names, birth_date=""))
    other = send(page, **names, birth_date="", primary_id="another")
    assert other.status_code == 200
    assert posts(emulator) == []


def test_when_nobody_could_look_it_is_said_and_a_person_decides(send, emulator):
    emulator.faults.add(kind="403html", method="GET", path="/users*")
    page = read(send())
    assert "could not check" in page.by_id("asks").text
    assert posts(emulator) == []
    assert send(page).status_code == 302


def test_it_costs_a_call_for_each_id_one_for_the_email_one_for_the_name_and_the_post(send, emulator):
    send(primary_id="s-new")
    assert [call.method for call in asked(emulator)] == ["GET"] * 4 + ["POST"]


def test_no_name_and_no_id_is_in_an_address_of_the_portal(send):
    page = read(send(birth_date="31.12."))
    assert page.by_id("record-form").attrs["method"] == "post"
    assert "action" not in page.by_id("record-form").attrs


# refusals, and answers that were lost


def test_what_alma_refuses_stands_beside_its_field_and_the_form_may_be_sent_again(send, emulator):
    owner = emulator.people("student", 1)[0]
    emulator.faults.add(kind="403html", method="GET", path="/users*")
    response = send(read(send(primary_id=owner)), primary_id=owner)  # nobody could look
    page = read(response)
    assert response.status_code == 422
    assert "401851" in page.text
    assert page.by_id("id_primary_id").attrs["aria-invalid"] == "true"
    assert page.by_id("id_last_name").attrs["value"] == "Zschokke"
    assert Change.objects.get().state == "failed"
    assert send(page).status_code == 302


def test_a_barcode_that_somebody_has_is_refused_beside_the_barcode(send, emulator):
    owner = emulator.person(emulator.people("student", 1)[0])["user_identifier"][0]["value"]
    emulator.faults.add(kind="403html", method="GET", path="/users*")
    page = read(send(read(send(barcode=owner)), barcode=owner))
    assert "401851" in page.text
    assert page.by_id("id_barcode").attrs["aria-invalid"] == "true"
    assert "aria-invalid" not in page.by_id("id_primary_id").attrs


def test_an_external_account_is_refused_as_alma_refuses_it(anna):
    with pytest.raises(AlmaRejected) as refused:
        creating.create({**BODY, "account_type": {"value": "EXTERNAL"}}, "t" * 32, Why("x"))
    assert refused.value.said.code == "401854"


def test_the_log_keeps_none_of_alma_s_words_about_a_patron(anna, emulator):
    """They name who was meant: the code, and what it means."""
    with pytest.raises(AlmaRejected) as refused:
        creating.create({**BODY, "primary_id": emulator.people("student", 1)[0]}, "t" * 32, Why("x"))
    change = Change.objects.get()
    assert refused.value.said.text not in (change.text, "")
    assert (change.code, change.text) == ("401851", HINTS["401851"])


@pytest.mark.parametrize("fault", ["drop", "timeout", "500", "503html", "malformed", "empty"])
def test_a_lost_answer_is_settled_by_a_look_and_never_by_another_post(send, emulator, fault):
    emulator.faults.add(kind=fault, method="POST", when="after")
    response = send()
    assert response.status_code == 302
    assert len(posts(emulator)) == 1
    change = Change.objects.get()
    assert (change.state, change.record_id, change.code) == ("done", "New/1 é", "")


def test_what_was_not_made_is_looked_for_until_a_minute_is_over_and_may_then_be_sent_again(send, emulator, clock):
    emulator.faults.add(kind="drop", method="POST")
    response = send()
    page = read(response)
    assert response.status_code == 409
    assert "no answer came" in page.by_id("asks").text
    again = send(page)
    assert (again.status_code, len(posts(emulator))) == (409, 1)
    clock.time += 61
    over = read(send(page))
    assert "It was not made" in over.by_id("asks").text
    assert len(posts(emulator)) == 1
    assert send(over).status_code == 302
    assert [change.state for change in Change.objects.order_by("pk")] == ["failed", "done"]


def test_whose_barcode_the_lost_id_is_was_not_made_here(send, emulator, clock):
    emulator.faults.add(kind="drop", method="POST")
    page = read(send(primary_id="s-new"))
    other = emulator.person(emulator.people("student", 1)[0])
    emulator.set_person(other | {"user_identifier": [card("s-new")]})
    clock.time += 61
    assert "It was not made" in read(send(page, primary_id="s-new")).by_id("asks").text
    found = Change.objects.get()
    assert (found.state, found.record_id) == ("failed", "")


def test_when_the_look_fails_too_it_is_said(send, emulator):
    emulator.faults.add(kind="drop", method="POST")
    page = read(send(primary_id="s-new"))
    emulator.faults.add(kind="403html", method="GET", path="/users/*")
    assert "could not look" in read(send(page, primary_id="s-new")).by_id("asks").text
    assert Change.objects.get().state == "unsure"


@pytest.fixture
def anna(db, transport, django_user_model):
    """On whose behalf the calls are made."""
    person = django_user_model.objects.create_user("anna")
    with calling(Caller(user_id=person.pk)):
        yield person


def test_the_same_form_is_sent_once(anna, emulator):
    made = creating.create(BODY, "t" * 32, Why("x"))
    with pytest.raises(AlreadySent) as sent:
        creating.create(BODY, "t" * 32, Why("x"))
    assert sent.value.change == made
    assert len(posts(emulator)) == 1


def test_a_second_click_comes_to_the_patron_that_the_first_made(send, desk):
    page = read(desk.get(NEW))
    first = send(page)
    assert send(page)["Location"] == first["Location"]
    assert Change.objects.count() == 1


def test_the_form_gone_back_to_makes_another_patron(send, desk, emulator):
    page = read(desk.get(NEW))
    send(page)
    assert send(page, primary_id="s-2", barcode="", email="", last_name="Other").status_code == 302
    assert emulator.person("s-2")["last_name"] == "Other"


def test_a_page_that_is_none_of_ours_is_refused(send, desk, emulator):
    assert desk.post(NEW, {**TYPED, "looked": "x"}).status_code == 400
    assert posts(emulator) == []
