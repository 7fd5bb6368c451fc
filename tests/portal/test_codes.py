"""Lists of codes from Alma's Configuration: kept for a day, and never a reason for a page to fail."""

import json

import pytest
from django.core.cache import cache

from almaportal import codes
from almaportal.alma.caller import Caller, calling
from almaportal.alma.errors import AlmaDenied, AlmaNoKey, AlmaRejected
from tests.portal.reading import read

ALL = ["ElectronicBaseStatus", "IsFree", "libraries", "proxies", "UserGroups"]


@pytest.fixture
def conf(db, transport, clock, emulator):
    """conf(): what Alma was asked since the last time."""

    def asked():
        paths = [call.path for call in emulator.calls]
        emulator.calls.clear()
        return paths

    return asked


@pytest.fixture
def answer_with(transport, monkeypatch):
    """answer_with(path, data): what Alma says there."""
    answers, ask = {}, transport._call

    def call(request):
        path = request.url.partition("/almaws/v1")[2].partition("?")[0]
        if path in answers:
            return 200, [("Content-Type", "application/json")], json.dumps(answers[path]).encode()
        return ask(request)

    monkeypatch.setattr(transport, "_call", call)
    return answers.__setitem__


def one(name="ElectronicBaseStatus"):
    return codes.tables([name])[name]


def test_codes_come_with_their_words_in_almas_order(conf):
    found = codes.tables(ALL)
    assert list(found["ElectronicBaseStatus"].options.items()) == [("11", "Available"), ("10", "Not Available")]
    assert found["libraries"].options["MAIN"] == "Main Library"
    assert found["proxies"].options["PROXY_MAIN"] == "Campus proxy"
    assert list(found) == ALL
    assert all(table.error is None for table in found.values())


def test_each_list_costs_one_call_and_is_kept_for_a_day(conf, clock):
    codes.tables([*ALL, *ALL])
    assert len(conf()) == len(ALL)
    clock.time += 24 * 3600 - 1
    codes.tables(ALL)
    assert conf() == []
    clock.time += 2
    codes.tables(ALL)
    assert len(conf()) == len(ALL)


def test_reading_a_record_again_does_not_read_the_codes_again(conf):
    one()
    conf()
    with calling(Caller(read_again=True)):
        one()
    assert conf() == []


@pytest.mark.parametrize(
    ("rows", "options"),
    [
        (
            [{"code": "a", "description": "A", "enabled": True}, {"code": "b", "description": "B", "enabled": False}],
            {"a": "A"},
        ),
        ([{"code": "a", "description": "A", "enabled": "false"}, {"code": "b", "description": "B"}], {"b": "B"}),
        ([{"code": "a", "description": None}, {"code": "", "description": "B"}, {"description": "C"}], {"a": "a"}),
        ([{"code": 5, "description": "Five"}, None, "x", []], {"5": "Five"}),
        (None, {}),
        ({"code": "a", "description": "A"}, {"a": "A"}),
        ("x", {}),
    ],
)
def test_rows_of_any_shape_that_are_in_use(conf, answer_with, rows, options):
    answer_with("/conf/code-tables/T", {"name": "T", "row": rows})
    assert one("T").options == options


@pytest.mark.parametrize("area", ["demo-electronic", "demo-users"])
def test_a_refused_key_is_tried_once_in_a_quarter_of_an_hour(conf, clock, settings, area):
    settings.ALMA_KEYS = settings.ALMA_KEYS | {"conf": area}
    found = codes.tables(ALL)
    assert len(conf()) == 1
    assert all(isinstance(table.error, AlmaDenied) and not table.options for table in found.values())
    clock.time += 15 * 60 - 1
    assert isinstance(one().error, AlmaDenied)
    assert conf() == []


def test_after_that_the_key_is_tried_again(conf, settings):
    settings.ALMA_KEYS = settings.ALMA_KEYS | {"conf": "demo-electronic"}
    one()
    settings.ALMA_KEYS = settings.ALMA_KEYS | {"conf": "demo-conf"}
    for name in ("", "ElectronicBaseStatus"):
        cache.delete(f"{codes.DENIED}{name}")  # what time does
    assert one().options


def test_a_refused_key_is_remembered_for_a_quarter_of_an_hour(conf, settings, monkeypatch):
    kept = []
    monkeypatch.setattr(cache, "set", lambda key, value, seconds=None, **more: kept.append((key, seconds)))
    settings.ALMA_KEYS = settings.ALMA_KEYS | {"conf": "demo-electronic"}
    one()
    assert [seconds for key, seconds in kept if key.startswith(codes.DENIED)] == [15 * 60]


def test_codes_that_were_kept_are_used_when_the_key_is_refused_later(conf, clock, settings):
    options = one().options
    settings.ALMA_KEYS = settings.ALMA_KEYS | {"conf": "demo-electronic"}
    clock.time += 25 * 3600
    assert one().options == options


def test_without_a_key_nothing_is_asked_and_nothing_fails(conf, settings):
    settings.ALMA_KEYS = settings.ALMA_KEYS | {"conf": ""}
    found = codes.tables(ALL)
    assert conf() == []
    assert isinstance(found["ElectronicBaseStatus"].error, AlmaNoKey)
    assert not any(table.options for table in found.values())


def test_a_list_that_this_alma_has_not_falls_back_alone(conf):
    found = codes.tables(["IsFree", "NoSuchTable", "UserGroups"])
    assert isinstance(found["NoSuchTable"].error, AlmaRejected)
    assert found["NoSuchTable"].options == {}
    assert found["IsFree"].options
    assert found["UserGroups"].options
    assert len(conf()) == 3


@pytest.mark.parametrize(
    "kind", ["500", "503", "drop", "timeout", "malformed", "empty", "redirect", "429day", "401html"]
)
def test_when_alma_fails_nothing_raises_and_the_other_lists_are_not_tried(conf, emulator, kind):
    emulator.faults.add(kind=kind, count=None)
    found = codes.tables(ALL)
    asked = conf()
    assert len(set(asked)) == 1
    assert len(asked) <= 4
    assert all(table.error and not table.options for table in found.values())


@pytest.mark.parametrize("kind", ["500", "drop", "429day"])
def test_when_alma_fails_what_was_kept_is_used(conf, emulator, clock, kind):
    codes.tables(ALL)
    clock.time += 25 * 3600
    emulator.faults.add(kind=kind, count=None)
    assert all(table.options for table in codes.tables(ALL).values())


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "ü"])
def test_no_name_of_a_list_raises(conf, name):
    assert one(name).options == {}


# --- in a form -----------------------------------------------------------------------------------------------------


@pytest.fixture
def form_at(emulator):
    """The form of the first e-collection."""
    return f"/ecollections/{emulator.collections()[0]}/edit/"


def test_a_form_chooses_from_the_lists(sign_in, form_at):
    page = read(sign_in("e-resources").get(form_at))
    control = page.by_id("collection-access_type")
    assert control.tag == "select"
    assert "Current and perpetual" in control.text
    assert page.one("label", **{"for": "collection-access_type"}).text == "Access type"
    assert "take codes" not in page.text


def test_a_form_takes_free_codes_when_the_key_is_refused(sign_in, form_at, settings, emulator):
    settings.ALMA_KEYS = settings.ALMA_KEYS | {"conf": "demo-electronic"}
    editor = sign_in("e-resources")
    page = read(editor.get(form_at))
    for name, label in (
        ("access_type", "Access type (code)"),
        ("library", "Library (code)"),
        ("proxy", "Proxy (code)"),
    ):
        assert page.by_id(f"collection-{name}").tag == "input"
        assert page.one("label", **{"for": f"collection-{name}"}).text == label
    assert "Some lists of codes cannot be read from Alma's Configuration" in page.text
    assert len(emulator.calls) == 2
    editor.get(form_at)
    assert len(emulator.calls) == 2


def test_a_form_takes_free_codes_for_the_one_list_that_is_missing(sign_in, form_at, transport, emulator):
    emulator.faults.add(kind="brokenxml", path="/conf/code-tables/UserGroups", count=None)
    page = read(sign_in("e-resources").get(form_at))
    assert page.by_id("collection-access_type").tag == "select"


@pytest.mark.parametrize("seconds", [1, 4, 15])
def test_a_slow_configuration_does_not_take_the_form_with_it(sign_in, form_at, emulator, clock, seconds):
    emulator.faults.add(kind="slow", path="/conf/*", count=None, seconds=seconds)
    started = clock.now()
    response = sign_in("e-resources").get(form_at)
    assert response.status_code == 200
    assert clock.now() - started <= 20
    assert read(response).by_id("collection-public_note").tag == "textarea"


def test_a_record_that_was_slow_leaves_the_lists_for_another_time(sign_in, form_at, emulator):
    emulator.faults.add(kind="slow", path="/electronic/*", seconds=15)
    response = sign_in("e-resources").get(form_at)
    assert response.status_code == 200
    assert [call.path for call in emulator.calls if call.path.startswith("/conf")] == []
    assert read(response).by_id("collection-access_type").tag == "input"
