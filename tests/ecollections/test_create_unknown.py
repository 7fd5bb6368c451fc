"""A new record is sent once, whatever becomes of the answer: it is looked for, and never sent again by itself."""

import json
from dataclasses import dataclass

import pytest

from almaportal.alma.call import BASE_PATH
from almaportal.changes import log
from almaportal.changes.models import Change
from ecollections.models import Place
from tests.ecollections.filling import form_of, send, values
from tests.ecollections.no_tables import _no_code_tables as _no_code_tables
from tests.portal.reading import read

pytestmark = pytest.mark.thorough

KINDS = ("collection", "service", "portfolio")
LOST = ("drop", "timeout", "500", "503html", "malformed", "empty")  # ways in which no sensible answer comes


@dataclass
class New:
    """The form of a new record, filled in, and how many such records Alma has at its place."""

    kind: str
    address: str
    typed: dict[str, str]
    emulator: object
    above: tuple[str, ...]

    @property
    def ids(self):
        if self.kind == "collection":
            return self.emulator.collections()
        return (
            self.emulator.services(*self.above) if self.kind == "service" else self.emulator.portfolios(self.above[1])
        )

    @property
    def posts(self):
        return [call for call in self.emulator.calls if call.method == "POST"]

    def page_of(self, alma_id):
        return self.address.replace("new/", f"{alma_id}/")


@pytest.fixture
def editor(sign_in):
    return sign_in("e-resources")


@pytest.fixture
def make(emulator):
    """make("portfolio"): where there is none like it yet."""

    def new(kind):
        if kind == "collection":
            typed = {"collection-public_name": "Quill Sonata Gazette", "collection-type": "0"}
            return New(kind, "/ecollections/new/", typed, emulator, ())
        if kind == "service":
            bare = next(cid for cid in emulator.collections() if not emulator.services(cid))
            typed = {"service-type": "getFullTxt", "service-activation_status": "11"}
            return New(kind, f"/ecollections/{bare}/services/new/", typed, emulator, (bare,))
        cid = emulator.collections()[2]
        sid = emulator.services(cid)[0]
        typed = {"portfolio-resource_metadata.mms_id": mms_elsewhere(emulator), "portfolio-availability": "11"}
        return New(kind, f"/ecollections/{cid}/services/{sid}/portfolios/new/", typed, emulator, (cid, sid))

    return new


@pytest.fixture
def answers(transport, monkeypatch):
    """answers("POST", {}): the next such call has its effect, and this is what comes back."""
    planned = []
    ask_emulator = transport._call

    def call(request):
        status, headers, body = ask_emulator(request)
        if planned and planned[0][0] == request.method:
            return 200, [("Content-Type", "application/json")], json.dumps(planned.pop(0)[1]).encode()
        return status, headers, body

    monkeypatch.setattr(transport, "_call", call)
    return lambda method, data: planned.append((method, data))


def mms_elsewhere(emulator, n=0):
    """The MMS ID of a title that stands in another e-collection."""
    other = emulator.services(emulator.collections()[0])[0]
    return emulator.record("portfolio", emulator.portfolios(other)[n])["resource_metadata"]["mms_id"]["value"]


def ready(client, new):
    """The filled form as it is before the press that sends it."""
    page = client.get(new.address)
    if new.kind == "portfolio":
        page = send(client, page, new.address, **new.typed)
        assert page.status_code == 200, read(page).text
    return page


def press(client, new, page, **more):
    return send(client, page, new.address, **new.typed, **more)


def once_more(client, new, page):
    """The button that sends it again although nobody knows."""
    button = next(one for one in form_of(page).all("button", name="again"))
    return press(client, new, page, again=button.attrs["value"])


@pytest.mark.parametrize(
    ("kind", "fault"), [("collection", "drop"), ("service", "timeout"), *(("portfolio", fault) for fault in LOST)]
)
def test_a_record_whose_answer_was_lost_is_found_and_not_sent_again(editor, emulator, make, kind, fault):
    new = make(kind)
    page, before = ready(editor, new), len(new.ids)
    emulator.faults.add(kind=fault, method="POST", when="after")
    response = press(editor, new, page)
    assert response.status_code == 302, read(response).text
    assert len(new.posts) == 1
    assert len(new.ids) == before + 1
    change = Change.objects.get()
    assert (change.state, change.action, change.kind) == ("done", "create", kind)
    assert change.record_id == new.ids[-1]
    assert response.url == f"{new.page_of(new.ids[-1])}?changes={change.pk}"
    assert "Created" in read(editor.get(response.url)).text


@pytest.mark.parametrize(
    ("kind", "fault"), [("collection", "timeout"), ("service", "503html"), ("portfolio", "drop"), ("portfolio", "500")]
)
def test_a_record_that_never_arrived_is_looked_for_and_not_sent_again_by_itself(editor, emulator, make, kind, fault):
    new = make(kind)
    page, before = ready(editor, new), len(new.ids)
    emulator.faults.add(kind=fault, method="POST", when="before")
    response = press(editor, new, page)
    assert response.status_code == 409
    text = read(response).text
    assert "It was sent, and no answer came" in text
    assert "The portal looked: Alma has no such record yet" in text
    assert (len(new.posts), len(new.ids)) == (1, before)
    assert Change.objects.get().state == "unsure"
    again = press(editor, new, response)
    assert again.status_code == 409
    assert len(new.posts) == 1


def test_what_was_typed_stays_on_the_page_that_waits_for_an_answer(editor, emulator, make):
    new = make("collection")
    emulator.faults.add(kind="drop", method="POST")
    response = press(editor, new, ready(editor, new), **{"collection-public_note": "mine", "reason": "T-7"})
    typed = values(form_of(response))
    assert typed["collection-public_note"] == "mine"
    assert typed["collection-public_name"] == new.typed["collection-public_name"]
    assert typed["reason"] == "T-7"


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_sent_once_more_only_when_somebody_says_so_and_then_once(editor, emulator, make, kind):
    new = make(kind)
    page, before = ready(editor, new), len(new.ids)
    emulator.faults.add(kind="drop", method="POST", when="before")
    waiting = press(editor, new, page)
    response = once_more(editor, new, waiting)
    assert response.status_code == 302, read(response).text
    assert (len(new.posts), len(new.ids)) == (2, before + 1)
    twice = once_more(editor, new, waiting)
    assert twice.url.partition("?")[0] == response.url.partition("?")[0]
    assert (len(new.posts), len(new.ids)) == (2, before + 1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_that_appears_late_is_found_by_looking_again(editor, emulator, make, kind, transport):
    new = make(kind)
    page = ready(editor, new)
    emulator.faults.add(kind="timeout", method="POST", when="after")
    transport_call = transport._call
    hidden = []

    def not_yet(request):
        """Alma has the record and its lists do not show it yet."""
        status, headers, body = transport_call(request)
        if request.method == "GET" and new.posts and not hidden:
            return 200, [("Content-Type", "application/json")], b'{"total_record_count": 0, "title": "t"}'
        return status, headers, body

    transport._call = not_yet
    waiting = press(editor, new, page)
    assert waiting.status_code == 409, read(waiting).text
    hidden.append("no more")
    response = press(editor, new, waiting)
    assert response.url.startswith(new.page_of(new.ids[-1]))
    assert len(new.posts) == 1
    assert Change.objects.get().state == "done"


def test_several_records_that_it_could_be_are_listed_and_none_is_taken(editor, emulator, make, transport):
    """Somebody else makes an e-collection of the same name while ours is on its way."""
    new = make("collection")
    page, old, ask_emulator = ready(editor, new), new.ids, transport._call

    def call(request):
        if request.method == "POST":
            ask_emulator(request)
        return ask_emulator(request)

    transport._call = lambda request: lost(call(request)) if request.method == "POST" else call(request)
    response = press(editor, new, page)
    assert response.status_code == 409
    tree = read(response)
    assert "Alma has several new records like it now" in tree.text
    ours = {new.page_of(one) for one in new.ids if one not in old}
    assert {one.attrs["href"] for one in tree.all("a")} & {new.page_of(one) for one in new.ids} == ours
    assert len(ours) == 2
    assert (Change.objects.get().state, Change.objects.get().record_id) == ("unsure", "")


def lost(_answer):
    return 500, [("Content-Type", "text/plain")], b"Internal Server Error"


def unable_to_read(transport):
    """From the next POST on, Alma refuses everything that is no POST; returns what ends it."""
    ask_emulator, sent = transport._call, []

    def call(request):
        if request.method == "POST":
            sent.append(request)
        elif sent:
            return 403, [("Content-Type", "text/html")], b"<html><title>Request Rejected</title></html>"
        return ask_emulator(request)

    transport._call = call
    return lambda: setattr(transport, "_call", ask_emulator)


@pytest.mark.parametrize("kind", KINDS)
def test_when_nobody_can_look_either_the_page_says_so(editor, emulator, make, kind, transport):
    """A list kept from before the POST proves nothing about it."""
    new = make(kind)
    page = ready(editor, new)
    emulator.faults.add(kind="timeout", method="POST", when="after")
    mend = unable_to_read(transport)
    response = press(editor, new, page)
    assert response.status_code == 409
    text = read(response).text
    assert "has no such record yet" not in text
    assert "The portal could not look whether Alma made it: Alma does not let this portal in" in text
    assert Change.objects.get().state == "unsure"
    mend()
    later = press(editor, new, response)
    assert later.status_code == 302
    assert len(new.posts) == 1


def test_a_record_that_was_there_before_is_never_taken_for_the_new_one(editor, emulator, make):
    """The title has a portfolio here; somebody wants a second one, which is lost on its way."""
    new = make("portfolio")
    assert press(editor, new, ready(editor, new)).status_code == 302
    old = new.ids
    page = ready(editor, new)
    emulator.faults.add(kind="drop", method="POST", when="before")
    response = press(editor, new, page)
    assert response.status_code == 409
    assert "The portal looked: Alma has no such record yet" in read(response).text
    assert new.ids == old
    assert Change.objects.latest("pk").state == "unsure"


@pytest.mark.parametrize("kind", ["collection", "portfolio"])
def test_an_older_record_is_not_taken_for_the_new_one_when_nobody_could_look_before(editor, emulator, make, kind):
    """Without a first look nobody knows what was there: what is found afterwards proves nothing."""
    new = make(kind)
    assert press(editor, new, ready(editor, new)).status_code == 302
    old, path = new.ids, "/bibs/*" if kind == "portfolio" else "/electronic/e-collections"
    emulator.faults.add(kind="403html", method="GET", path=path, count=None)
    page = editor.get(new.address)
    asked = send(editor, page, new.address, **new.typed)
    emulator.faults.clear()
    emulator.faults.add(kind="drop", method="POST", when="before")
    assert asked.status_code == 200, "nobody could look, and it was sent without a word"
    response = press(editor, new, asked)
    assert new.ids == old
    change = Change.objects.latest("pk")
    assert change.state == "unsure", f"{change.record_id} was there before"
    assert response.status_code == 409
    assert new.page_of(old[-1]) in read(response).links.values()


@pytest.mark.parametrize("kind", KINDS)
def test_a_success_without_an_id_is_no_answer(editor, make, kind, answers):
    new = make(kind)
    page, before = ready(editor, new), len(new.ids)
    answers("POST", {})
    response = press(editor, new, page)
    assert response.status_code == 302, read(response).text
    assert response.url.startswith(new.page_of(new.ids[-1]))
    assert (len(new.posts), len(new.ids)) == (1, before + 1)
    assert editor.get("/changes/").status_code == 200
    assert Change.objects.get().record_id == new.ids[-1]


# --- The same form again


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_form_pressed_twice_makes_one_record(editor, make, kind):
    new = make(kind)
    page, before = ready(editor, new), len(new.ids)
    first, second = press(editor, new, page), press(editor, new, page)
    assert first.url == second.url
    assert (len(new.posts), len(new.ids)) == (1, before + 1)
    assert Change.objects.count() == 1


def test_a_form_of_another_day_that_the_back_button_brings_makes_no_second_record(editor, make, clock):
    new = make("portfolio")
    page = ready(editor, new)
    first = press(editor, new, page)
    clock.time += 86_400
    second = press(editor, new, page, reason="again?")
    assert second.url == first.url
    assert len(new.posts) == 1


def test_a_form_that_was_changed_after_it_was_sent_does_not_pass_for_the_record_made_before(editor, emulator, make):
    """Back button, another title, Create: nobody may be told that this second portfolio was made when it was not."""
    new = make("portfolio")
    sent = ready(editor, new)
    first = press(editor, new, sent)
    other = mms_elsewhere(emulator, 5)
    page = send(editor, sent, new.address, **new.typed | {"portfolio-resource_metadata.mms_id": other})
    second = send(editor, page, new.address)
    made = [emulator.record("portfolio", one)["resource_metadata"]["mms_id"]["value"] for one in new.ids]
    assert second.status_code != 302 or second.url != first.url or other in made


def test_a_second_press_while_alma_works_on_the_first_sends_nothing(editor, make):
    """The first is on its way: its row in the log is there, its answer is not."""
    new = make("portfolio")
    page, before = ready(editor, new), len(new.ids)
    log.begin(Change.Action.CREATE, new.kind, new.above, "t", log.Why(), values(form_of(page))["token"])
    response = press(editor, new, page)
    assert response.status_code == 409
    assert "It was sent, and no answer came" in read(response).text
    assert form_of(response).all("button", name="again") == [], "it may be on its way"
    assert (len(new.posts), len(new.ids)) == (0, before)
    assert Change.objects.get().state == "sent"


def test_two_different_forms_make_two_records(editor, make):
    """The name alone does not make it the same: somebody who saw that it exists may want another one."""
    new = make("collection")
    first = press(editor, new, ready(editor, new))
    asked = press(editor, new, ready(editor, new))
    second = press(editor, new, asked)
    assert first.url != second.url
    assert len(new.posts) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_process_that_died_while_sending_is_settled_when_the_form_comes_again(editor, make, transport, kind, clock):
    """Reload after the browser lost the server: the record that is there is this form's own."""
    new = make(kind)
    page = ready(editor, new)
    ask_emulator = transport._call

    def die(request):
        answer = ask_emulator(request)
        if request.method == "POST":
            raise SystemExit
        return answer

    transport._call = die
    with pytest.raises(SystemExit):
        press(editor, new, page)
    transport._call = ask_emulator
    assert Change.objects.get().state == "sent"
    clock.time += 600
    response = press(editor, new, page)
    assert response.status_code == 302, read(response).text
    assert response.url.startswith(new.page_of(new.ids[-1]))
    assert len(new.posts) == 1
    assert Change.objects.get().state == "done"


# --- Refused is known


def test_a_day_without_calls_left_sends_nothing_and_the_form_may_be_sent_tomorrow(editor, emulator, make, clock):
    new = make("collection")
    page, before = ready(editor, new), len(new.ids)
    emulator.faults.add(kind="429day", method="POST")
    refused = press(editor, new, page)
    assert refused.status_code == 503
    assert Change.objects.get().state == "failed"
    clock.time += 86_400
    assert press(editor, new, refused).status_code == 302
    assert len(new.ids) == before + 1


def test_a_refused_form_is_sent_again_from_the_page_and_by_the_back_button(editor, emulator, make):
    new = make("portfolio")
    page, before = ready(editor, new), len(new.ids)
    wrong = {"portfolio-po_line": "POL-999999"}
    refused = press(editor, new, page, **wrong)
    assert refused.status_code == 422
    back = press(editor, new, page, **wrong)
    assert back.status_code == 422
    assert len(new.posts) == 2
    response = press(editor, new, refused, **{"portfolio-po_line": "POL-1001"})
    assert response.status_code == 302
    assert len(new.ids) == before + 1
    assert sorted(Change.objects.values_list("state", flat=True)) == ["done", "failed", "failed"]


def test_too_many_calls_a_second_is_waited_for_and_sent_since_nothing_had_arrived(editor, emulator, make, clock):
    new = make("collection")
    page, before = ready(editor, new), len(new.ids)
    emulator.faults.add(kind="429", method="POST")
    response = press(editor, new, page)
    assert response.status_code == 302
    assert len(new.ids) == before + 1
    assert Change.objects.get().state == "done"


def test_a_connection_that_was_never_made_is_known_to_have_done_nothing(editor, make, transport):
    new = make("portfolio")
    page, before = ready(editor, new), len(new.ids)
    transport.unplugged = True
    response = press(editor, new, page)
    assert response.status_code == 502
    assert "Nothing was changed in Alma" in read(response).text
    assert Change.objects.get().state == "failed"
    transport.unplugged = False
    assert press(editor, new, response).status_code == 302
    assert len(new.ids) == before + 1


def test_the_record_found_after_a_lost_answer_has_a_name_in_the_list_of_changes(editor, emulator, make):
    new = make("portfolio")
    page = ready(editor, new)
    emulator.faults.add(kind="drop", method="POST", when="after")
    press(editor, new, page)
    title = emulator.record("portfolio", new.ids[-1])["resource_metadata"]["title"]
    assert " ".join(title.split()) in read(editor.get("/changes/")).one("tbody").text
    assert not Place.objects.filter(pk="").exists()
    assert BASE_PATH not in read(editor.get("/changes/")).text
