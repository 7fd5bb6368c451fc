"""Trying a call: any GET of Alma's, as Alma answers it."""

import html
import json
import re
import shlex

import pytest

from almaportal.accounts import roles
from almaportal.emulator.options import DEFAULT_KEYS, Key
from almaportal.people.models import Access
from almaportal.usage import answers, try_views
from almaportal.usage.operations import OPERATIONS
from ecollections.alma import COLLECTION, COLLECTIONS
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

ADDRESS = "/usage/try/"
USER, USERS = "/users/{user_id}", "/users"
EVENTS = "/conf/jobs/{job_id}/instances/{instance_id}/events"


@pytest.fixture
def ask(admin):
    """ask("/users/{user_id}", user_id="s1"): the answer of the page."""

    def send(operation, **values):
        fields = {f"p-{name}": value for name, value in values.items()}
        return admin.post(f"{ADDRESS}?operation={operation}", fields)

    return send


@pytest.fixture
def alma_says(emulator, monkeypatch):
    """alma_says(b"{}"): the body of each success from now on."""

    def set_body(body):
        def says(self, environ, start_response):
            start_response("200 OK", [("Content-Type", "application/json")])
            return [body]

        monkeypatch.setattr(type(emulator), "__call__", says)

    return set_body


def answer(response):
    return read(response).by_id("answer")


def on_record():
    return list(Access.objects.order_by("pk").values_list("who", "patron", "action"))


# --- The table


def test_all_operations_of_the_four_areas_are_offered(admin):
    assert {area: len(found) for area, found in OPERATIONS.items()} == {
        "electronic": 6,
        "users": 19,
        "bibs": 34 + 1,  # by barcode
        "conf": 41,
    }
    page = read(admin.get(ADDRESS))
    offered = [one.attrs["value"] for one in page.by_id("operation").all("option")]
    assert offered == ["", *(one.path for found in OPERATIONS.values() for one in found)]
    assert len(set(offered)) == 102


def test_every_parameter_is_described_and_those_of_the_path_are_asked_for():
    for operation in (one for found in OPERATIONS.values() for one in found):
        names = [one.name for one in operation.parameters]
        assert len(names) == len(set(names)), operation.path
        in_path = [one.name for one in operation.parameters if one.in_path]
        assert in_path == re.findall(r"{(\w+)}", operation.path)
        assert all(one.is_required for one in operation.parameters if one.in_path)
        for one in operation.parameters:
            assert str(one.meaning.text), (operation.path, one.name)
            assert not one.meaning.choices or one.meaning.default in ("", *one.meaning.choices), one.name


def test_what_may_show_patrons_says_so_before(admin):
    shows = {one.path for found in OPERATIONS.values() for one in found if one.shows_people}
    assert {one for one in shows if one.startswith("/users")} == {
        one.path for one in OPERATIONS["users"] if one.path != "/users/operation/test"
    }
    assert {"/bibs/{mms_id}/loans", "/bibs/{mms_id}/requests/{request_id}", "/conf/sets/{set_id}/members"} < shows
    assert EVENTS in shows
    assert not shows & {one.path for one in OPERATIONS["electronic"]}
    assert "/bibs/{mms_id}" not in shows
    note = "goes on the access record"
    assert note in read(admin.get(f"{ADDRESS}?operation={USER}")).text
    assert note not in read(admin.get(f"{ADDRESS}?operation=/conf/libraries")).text


# --- A call


def test_alma_s_answer_is_shown_as_it_came_at_the_price_of_one_call(ask, emulator):
    response = ask(COLLECTIONS, limit="2", q="")
    shown = answer(response)
    assert [(call.method, call.path, call.query) for call in emulator.calls] == [("GET", COLLECTIONS, {"limit": "2"})]
    assert shown.facts["HTTP status"] == "200"
    assert shown.facts["Calls left today"] == "99,999"
    assert "X-Request-Id" in shown.facts
    assert "Set-Cookie" not in shown.facts
    data = json.loads(shown.one("pre").text)
    assert len(data["electronic_collection"]) == 2
    assert '\n  "electronic_collection"' in response.content.decode().replace("&quot;", '"')
    assert "no-store" in response.headers["Cache-Control"]
    assert on_record() == []


def test_what_was_typed_stays_in_the_form_and_out_of_the_address(ask, admin):
    response = ask(USER, user_id="s100000", view="brief", expand="loans,fees")
    page = read(response)
    assert page.by_id("id_p-user_id").attrs["value"] == "s100000"
    assert page.by_id("id_p-expand").attrs["value"] == "loans,fees"
    form = next(one for one in page.all("form") if "stack" in one.attrs.get("class", ""))
    assert "s100000" not in form.attrs["action"]
    assert page.by_id("id_p-user_id_type").attrs["placeholder"] == "all_unique"


def test_the_line_for_a_shell_makes_the_same_call_and_has_no_key(ask, transport, admin):
    response = ask(COLLECTIONS, q="name~it's $(x) `y`", limit="1")
    line = read(response).by_id("curl").text
    words = shlex.split(line)
    assert words[:2] == ["curl", "-L"]
    assert words[-1] == (url := transport.sent[-1].url)
    assert line.endswith(f"'{url}'"), "its & would end the line"
    assert "Authorization: apikey $ALMA_API_KEY" in words
    assert "demo-all" not in response.content.decode()


def test_a_refusal_is_shown_with_what_support_asks_for(ask, emulator):
    response = ask(COLLECTION, collection_id="61999")
    assert response.status_code == 404
    shown = answer(response)
    assert shown.facts["Alma's code"] == "60121"
    assert shown.facts["Tracking ID"].startswith("E01-")
    page = read(response)
    assert page.by_id("id_p-collection_id").attrs["value"] == "61999"
    assert page.by_id("curl").text.endswith("/electronic/e-collections/61999")
    assert len(emulator.calls) == 1


def test_a_call_is_never_tried_again_and_touches_nothing_that_is_kept(ask, emulator, viewer):
    viewer.get("/ecollections/")
    kept = len(emulator.calls)
    emulator.faults.add(kind="503", count=1)
    assert ask(COLLECTIONS).status_code == 502
    assert len(emulator.calls) == kept + 1
    ask(COLLECTIONS)
    assert len(emulator.calls) == kept + 2
    viewer.get("/ecollections/")
    assert len(emulator.calls) == kept + 2


def test_an_item_by_its_barcode_is_found_behind_the_redirect_for_two_calls(ask, emulator):
    item = emulator.items(emulator.titles("free", 1)[0])[0]
    barcode = emulator.item(item)["item_data"]["barcode"]
    shown = answer(ask("/items", item_barcode=barcode))
    assert json.loads(shown.one("pre").text)["item_data"]["pid"] == item
    assert len(emulator.calls) == 2
    emulator.faults.add(kind="malformed", path="/bibs/*")
    assert answer(ask("/items", item_barcode=barcode)).one("pre").text.startswith("{"), "what is no JSON is shown too"


def test_what_is_no_json_is_shown_as_text(ask):
    text = answer(ask("/conf/test")).one("pre").text
    assert text.endswith("<test>GET - OK - institutionCode: 01DEMO_INST</test>")


def test_values_are_shown_as_alma_wrote_them(ask, alma_says):
    written = b'{"n":10.10,"big":1e400,"id":%s,"t":"a\\"}, :b","none":{},"many":[1,[]]}' % (b"9" * 5000)
    alma_says(written)
    shown = html.unescape(re.search(r"<pre[^>]*>(.*)</pre>", ask("/conf/general").content.decode(), re.DOTALL)[1])
    assert shown.startswith('{\n  "n": 10.10,\n  "big": 1e400,\n  "id": 9999')
    assert shown.endswith('  "t": "a\\"}, :b",\n  "none": {},\n  "many": [\n    1,\n    []\n  ]\n}')
    alma_says(b'{"a":1,"a":2}')
    assert answer(ask("/conf/general")).one("pre").text == '{"a":1,"a":2}'


def test_a_long_answer_is_cut_and_says_so(ask, monkeypatch):
    assert "Only the beginning is shown" not in answer(ask(COLLECTIONS, limit="1")).text
    monkeypatch.setattr(try_views, "MOST_SHOWN", 40)
    shown = answer(ask(COLLECTIONS, limit="1"))
    assert "Only the beginning is shown" in shown.text
    assert len(shown.one("pre").text) <= 40


def test_a_key_that_alma_repeats_is_not_shown(ask, emulator, transport, settings):
    key = "l7xx-secret-4711"
    transport.emulator = own = emulator.copy(keys=(*DEFAULT_KEYS, Key(key)))
    settings.ALMA_KEYS = dict.fromkeys(settings.ALMA_KEYS, key)
    collection = own.collections()[0]
    own.put_record("collection", collection, own.record("collection", collection) | {"public_note": f"a {key} b"})
    response = ask(COLLECTION, collection_id=collection)
    assert json.loads(answer(response).one("pre").text)["public_note"] == "a *** b"
    assert key not in response.content.decode()


# --- What is no call


def test_what_cannot_be_an_id_is_said_at_its_field_and_costs_nothing(ask, emulator):
    for value in ("", " ", ".", "..", "a\nb", "a\x00b", "x" * 10_000):
        response = ask(USER, user_id=value)
        assert response.status_code == 422, value[:10]
        assert read(response).by_id("wrong").one("a").attrs["href"] == "#id_p-user_id"
    assert emulator.calls == []
    assert on_record() == []


def test_an_id_with_a_slash_stays_one_part_of_the_address(ask, emulator, transport):
    ask(USER, user_id="a/../b")
    assert transport.sent[-1].url.endswith("/users/a%2F..%2Fb")


def test_only_values_that_alma_knows_can_be_chosen(ask, emulator):
    for values in (
        {"limit": "-1"},
        {"limit": "many"},
        {"limit": "1.000"},
        {"order_by": "age"},
        {"modify_date_from": "yesterday"},
    ):
        assert ask(USERS, **values).status_code == 422
    assert emulator.calls == []


def test_only_the_reads_of_the_table_can_be_asked_for(admin, emulator):
    assert admin.post(ADDRESS).status_code == 404
    for operation in ("/nowhere", "PUT /users/{user_id}", "/users/{user_id}/fees/all", "//x"):
        assert admin.post(ADDRESS, QUERY_STRING=f"operation={operation}").status_code == 404
        assert admin.get(ADDRESS, {"operation": operation}).status_code == 404
    assert emulator.calls == []


def test_who_only_sees_the_usage_tries_nothing(admin, emulator, monkeypatch):
    monkeypatch.setitem(roles.ROLES, "administrator", roles.ROLES["administrator"] - {roles.TRY_CALLS})
    assert admin.get(ADDRESS).status_code == 403
    assert admin.post(f"{ADDRESS}?operation=/conf/test").status_code == 403
    assert admin.post("/usage/keys/test/").status_code == 403
    keys = read(admin.get("/usage/keys/"))
    assert ADDRESS not in keys.links.values()
    assert "Test all now" not in [one.text for one in keys.all("button")]
    assert emulator.calls == []


# --- Who was shown


def test_a_patron_who_is_looked_at_goes_on_the_record_by_the_primary_id(ask, emulator):
    person = emulator.person("s100000")
    barcode = next(one["value"] for one in person["user_identifier"] if one["id_type"]["value"] == "BARCODE")
    shown = answer(ask(USER, user_id=barcode))
    assert shown.facts["Patrons"] == "◐ This is on the access record."
    assert on_record() == [("administrator", "s100000", "view")]


def test_people_in_a_list_go_on_the_record_each(ask):
    people = json.loads(answer(ask(USERS, limit="3")).one("pre").text)["user"]
    assert sorted(on_record()) == sorted(("administrator", one["primary_id"], "list") for one in people)
    assert len(on_record()) == 3


def test_whose_requests_are_shown_below_a_title_is_on_the_record(ask, emulator):
    request = emulator.request(emulator.requests(count=1)[0])
    ask("/bibs/{mms_id}/requests/{request_id}", mms_id=request["mms_id"], request_id=request["request_id"])
    assert on_record() == [("administrator", request["user_primary_id"], "view")]


def test_an_answer_without_an_id_is_put_down_to_the_one_that_was_typed(ask):
    ask(f"{USER}/fees", user_id="s100000", status="EXPORTED")
    assert [row[1:] for row in on_record()] == [("s100000", "view")]


def test_links_and_odd_shapes_tell_whom_an_answer_is_about():
    data = {
        "member": [
            {"id": "1", "link": "https://x/almaws/v1/users/s%2F1"},
            {"link": None},
            {"link": "/almaws/v1/users/ALL/x"},
        ],
        "fee": [{"user_primary_id": {"value": "s2"}}, {"user_id": ["s3"]}, None, "s4"],
        "others": [{"primary_id": "s5"}, {"user_id": "s6"}, {"user_name": "s7"}, {"requester": {"value": "s8"}}],
        "me": {"link": "/almaws/v1/users/ME/loans"},
        "half": {"primary_id": "s\ud83d"},
    }
    assert sorted(answers.people(data)) == ["s/1", "s2", "s5", "s6", "s7", "s8", "s?"]


def test_everybody_whom_one_record_names_goes_on_the_record(ask, alma_says):
    alma_says(b'{"primary_id": 17, "proxy_for_user": [{"primary_id": "s2"}]}')
    ask(USER, user_id="b17")
    assert sorted(on_record()) == [("administrator", "17", "view"), ("administrator", "s2", "view")]


def test_where_an_answer_names_nobody_its_address_goes_on_the_record(ask, alma_says):
    alma_says(b'{"event": [{"message": "User s1 was refused"}]}')
    shown = answer(ask(EVENTS, job_id="12", instance_id="34"))
    assert "its address is on the access record" in shown.facts["Patrons"]
    assert "s1" in shown.one("pre").text
    ask(USER, user_id="ME")
    assert on_record() == [
        ("administrator", "/conf/jobs/12/instances/34/events", "list"),
        ("administrator", "/users/ME", "view"),
    ]


@pytest.mark.parametrize(
    "body",
    [b"<users><user>s1</user></users>", b'{"user":"s1","n":%s1%s}' % (b"[" * 9999, b"]" * 9999), b'{"a":"s1","a":2}'],
    ids=["xml", "deep", "twice"],
)
def test_what_may_tell_of_patrons_and_cannot_be_read_is_not_shown(ask, alma_says, body):
    alma_says(body)
    response = ask(USERS)
    assert "Not shown: it may tell of patrons" in answer(response).text
    assert answer(response).all("pre") == []
    assert "s1" not in response.content.decode()
    assert on_record() == [("administrator", "/users", "list")]


def test_numbers_of_any_length_hide_nobody(ask, alma_says):
    alma_says(b'{"user":[{"primary_id":"s1","n":%s}]}' % (b"9" * 5000))
    assert "s1" in answer(ask(USERS)).one("pre").text
    assert on_record() == [("administrator", "s1", "list")]


def test_nobody_was_shown_by_a_refusal(ask):
    assert ask(USER, user_id="nobody-has-this").status_code == 404
    assert on_record() == []
