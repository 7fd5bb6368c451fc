"""The page of the API keys: what serves which area, and what tests find it to be allowed."""

import pytest

from almaportal.alma.errors import AlmaError
from almaportal.alma.gateway import Gateway
from almaportal.emulator.options import DEFAULT_KEYS, Key
from almaportal.usage import key_words
from almaportal.usage import keys as usage_keys
from almaportal.usage.key_tests import digest
from almaportal.usage.keys import keys
from almaportal.usage.models import Bucket, KeyTest
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

ADDRESS = "/usage/keys/"
TEST = f"{ADDRESS}test/"
LONG = "l7xx-9f3a-secret-4711"
AREAS = ("electronic", "users", "bibs", "conf", "task-lists")


@pytest.fixture
def serve(settings):
    """serve(users="demo-readonly"): what key serves an area, in a variable of its own; "" for none."""

    def set_keys(**areas):
        settings.ALMA_KEYS = settings.ALMA_KEYS | areas
        names = {area: f"ALMA_API_KEY_{area.upper()}" if key else "" for area, key in areas.items()}
        settings.ALMA_KEY_NAMES = settings.ALMA_KEY_NAMES | names

    return set_keys


@pytest.fixture
def long_key(transport, emulator, serve):
    """A key as Alma's are, which serves all areas."""
    transport.emulator = own = emulator.copy(keys=(*DEFAULT_KEYS, Key(LONG)))
    own.now, own.sleep = emulator.now, emulator.sleep
    serve(**dict.fromkeys(AREAS, LONG))
    return own


def rows(response):
    """Area → the cells that follow its name."""
    found = read(response).one("tbody").all("tr")
    return {row.one("b").text: [cell.text for cell in row.all("td")[1:]] for row in found}


def asked(emulator):
    return [(call.method, call.path) for call in emulator.calls]


def wish(client, area):
    return read(client.get(ADDRESS)).by_id(f"wish-{area}").text


def test_before_a_test_the_page_says_what_serves_each_area_and_costs_nothing(admin, emulator, serve):
    serve(users="demo-users", bibs="")
    found = rows(admin.get(ADDRESS))
    assert list(found) == ["Electronic", "Users", "Bibs", "Configuration", "Task lists"]
    assert found["Electronic"][0] == "ALMA_API_KEY"
    assert found["Users"] == [
        "ALMA_API_KEY_USERS",
        "○ not tested",
        "○ not tested",
        "never",
        "0",
        "Test now: Users 2 calls",
    ]
    assert found["Bibs"] == ["■ not set", "–", "–", "never", "0", "–"]
    assert found["Electronic"][2].startswith(
        "○ cannot be tested Only a real write would tell. This portal made none yet."
    )
    assert found["Task lists"][1].startswith("○ cannot be tested")
    page = read(admin.get(ADDRESS))
    assert "Sandbox · https://alma.invalid" in page.text
    assert "5 calls at most" in page.text
    assert "aria-label" not in page.by_id("test-users").attrs, "the name begins with the words that are seen"
    assert emulator.calls == []


def test_of_a_key_four_letters_are_shown_and_nothing_is_kept(admin, long_key):
    admin.post(TEST)
    response = admin.get(ADDRESS)
    assert rows(response)["Users"][0] == "ALMA_API_KEY_USERS ends in 4711 belongs to 01DEMO_INST"
    assert LONG not in response.content.decode()
    assert KeyTest.objects.count() == 4
    kept = repr(list(KeyTest.objects.values()))
    assert all(part not in kept for part in (LONG, "secret", "4711", "9f3a"))


def test_a_test_of_all_areas_finds_what_the_keys_may_do(admin, emulator):
    assert admin.post(TEST).headers["Location"] == ADDRESS
    assert asked(emulator) == [
        ("GET", "/electronic/e-collections"),
        *(
            (method, path)
            for path in ("/users/operation/test", "/bibs/test", "/conf/test")
            for method in ("GET", "POST")
        ),
    ]
    assert emulator.calls[0].query == {"limit": "1"}
    found = rows(admin.get(ADDRESS))
    assert [row[1].split(" 15 Jan")[0] for row in found.values()][:4] == ["● yes"] * 4
    assert found["Users"][1] == "● yes 15 Jan 2027, 12:00, administrator"
    assert [found[name][2] for name in ("Users", "Bibs")] == ["● yes", "● yes"]
    assert found["Configuration"][2] == "● yes The portal only reads here."
    assert [row[4] for row in found.values()] == ["1", "2", "2", "2", "0"]
    assert found["Users"][3] == "in the ten minutes from 15 Jan 2027, 12:00"


def test_a_key_that_was_replaced_by_one_that_only_reads_is_found_and_its_text_asks_for_just_that(admin, serve):
    serve(users="demo-readonly")
    admin.post(TEST, {"area": "users"})
    reading, writing = rows(admin.get(ADDRESS))["Users"][1:3]
    assert reading.startswith("● yes")
    assert writing.startswith(
        "■ cannot write The key may read in the area Users, but not write. Alma's code UNAUTHORIZED"
    )
    assert "HTTP requests for this API Plan (read-only) must be GET only." in writing
    text = wish(admin, "users")
    assert "The API key of our library portal may only read in the area Users." in text
    assert "Please change it to read/write. The key ends in: only" in text
    assert "Environment: Sandbox Permission: Read/write" in text
    assert "ALMA_API_KEY_USERS" in text
    folds = {
        one.one("summary").text: "open" in one.attrs for one in read(admin.get(ADDRESS)).all("details", cls="fold")
    }
    assert folds["Users ■ cannot write"]
    assert not folds["Bibs"]


def test_a_key_that_lacks_the_area_is_told_from_one_that_only_reads_by_one_call(admin, serve, emulator):
    serve(users="demo-bibs")
    admin.post(TEST, {"area": "users"})
    reading, writing = rows(admin.get(ADDRESS))["Users"][1:3]
    assert "■ refused Alma does not know the key, or the key does not have the area Users." in reading
    assert writing == "–"
    assert asked(emulator) == [("GET", "/users/operation/test")]
    assert "may not use the area Users. Please give it this area." in wish(admin, "users")


def test_each_refusal_has_its_own_words(db, serve):
    serve(users="bad!")
    test = KeyTest.objects.create(area="users", digest=digest("bad!"), reads="no", text="No.")
    for code, words, asks in (
        ("INVALID_REQUEST", "no valid key", "is not valid"),
        ("FORBIDDEN", "from this server's address", "because of the server's address"),
        ("60258", "A restriction of the key", "may not use the area"),
    ):
        KeyTest.objects.filter(pk=test.pk).update(code=code)
        [key] = [one for one in keys() if one.area == "users"]
        assert words in key_words.why(key)
        assert asks in key_words.request(key)


def test_what_says_nothing_about_the_key_leaves_what_was_known(admin, emulator):
    admin.post(TEST, {"area": "users"})
    for fault in ("503", "403html", "timeout", "redirect", "empty", "429day"):
        emulator.calls.clear()
        emulator.faults.add(kind=fault, count=1)
        admin.post(TEST, {"area": "users"})
        assert len(emulator.calls) == 1, "a test is not tried again by itself"
        reading, writing = rows(admin.get(ADDRESS))["Users"][1:3]
        assert reading.startswith("● yes")
        assert "◐ The last test was not finished" in reading
        assert writing == "● yes"
        KeyTest.objects.update(trouble="")


def test_the_first_half_of_a_test_counts_when_the_second_comes_to_no_end(admin, emulator):
    emulator.faults.add(kind="503", method="POST", count=1)
    admin.post(TEST, {"area": "bibs"})
    reading, writing = rows(admin.get(ADDRESS))["Bibs"][1:3]
    assert reading.startswith("● yes")
    assert "The last test was not finished" in reading
    assert writing == "○ not tested"
    KeyTest.objects.update(writes="no", code="UNAUTHORIZED", text="Read-only.")  # what an earlier test found
    known = rows(admin.get(ADDRESS))["Bibs"][2]
    assert known.startswith("■ cannot write The key may read")
    emulator.faults.add(kind="503", method="POST", count=1)
    admin.post(TEST, {"area": "bibs"})
    assert rows(admin.get(ADDRESS))["Bibs"][2] == known


def test_where_the_portal_only_reads_writing_is_not_tested(admin, emulator, settings):
    settings.ALMA_READ_ONLY = {"users"}
    admin.post(TEST, {"area": "users"})
    assert asked(emulator) == [("GET", "/users/operation/test")]
    found = rows(admin.get(ADDRESS))["Users"]
    assert found[2] == "○ not wanted This portal itself only reads here (ALMA_READ_ONLY)."
    assert found[5] == "Test now: Users 1 call"
    assert "Permission: Read-only" in wish(admin, "users")


def test_the_result_of_another_key_says_nothing_about_this_one(admin, serve):
    admin.post(TEST, {"area": "users"})
    serve(users="demo-users")
    reading, writing = rows(admin.get(ADDRESS))["Users"][1:3]
    assert reading == "◐ tested with another key: test again"
    assert writing == "○ not tested"


def test_keys_of_different_institutions_are_noticed(admin):
    admin.post(TEST)
    assert "different institutions" not in read(admin.get(ADDRESS)).text
    KeyTest.objects.filter(area="bibs").update(institution="01OTHER_INST")
    notice = read(admin.get(ADDRESS)).one("section", cls="notice").text
    assert "01DEMO_INST: Users, Configuration" in notice
    assert "01OTHER_INST: Bibs" in notice


def test_the_last_write_tells_of_a_key_whose_writing_cannot_be_tested(admin, emulator, serve, clock):
    one = {"collection_id": emulator.collections()[0]}
    operation = "/electronic/e-collections/{collection_id}"
    Gateway().put(operation, one, {"public_note": "x"})
    assert (
        "Alma took the last one: in the ten minutes from 15 Jan 2027, 12:00"
        in rows(admin.get(ADDRESS))["Electronic"][2]
    )
    serve(electronic="demo-readonly")
    clock.time += 600
    with pytest.raises(AlmaError):
        Gateway().put(operation, one, {"public_note": "y"})
    writing = rows(admin.get(ADDRESS))["Electronic"][2]
    assert "■ The last write was refused in the ten minutes from 15 Jan 2027, 12:10 · UNAUTHORIZED" in writing


def test_the_last_use_is_told_as_exactly_as_it_is_still_known(admin, viewer, clock, monkeypatch):
    viewer.get("/ecollections/")
    for span, words in (
        (Bucket.Span.TEN_MINUTES, "in the ten minutes from 15 Jan 2027, 12:00"),
        (Bucket.Span.HOUR, "in the hour from 15 Jan 2027, 12:00"),
        (Bucket.Span.DAY, "15 Jan 2027"),
        (Bucket.Span.MONTH, "January 2027"),
    ):
        Bucket.objects.update(span=span)
        for rare in (50, 0):  # looked for either way
            monkeypatch.setattr(usage_keys, "RARE", rare)
            assert rows(admin.get(ADDRESS))["Electronic"][3] == words


def test_home_says_to_administrators_whose_key_was_refused_today(admin, viewer, serve, clock):
    serve(electronic="demo-users", users="demo-bibs")
    viewer.get("/ecollections/")
    viewer.get("/ecollections/?page=2")
    admin.post(TEST)  # what a test finds is no work that failed
    page = read(admin.get("/"))
    [notice] = [one for one in page.all("section", cls="bad") if "key" in one.one("b").text]
    assert "Alma refused the API key of the area Electronic today" in notice.text
    assert "2 calls were in vain." in notice.text
    assert notice.links["See what the key may do"] == ADDRESS
    assert "refused the API key" not in read(viewer.get("/")).text
    clock.time += 24 * 3600
    assert "refused the API key" not in read(admin.get("/")).text


def test_a_test_that_finds_a_key_refused_is_no_failure_of_alma(admin, viewer, serve):
    serve(users="demo-bibs")
    admin.post(TEST, {"area": "users"})
    assert "answer was a failure" not in read(viewer.get("/")).text
    serve(electronic="demo-users")
    viewer.get("/ecollections/")
    assert "answer was a failure" in read(viewer.get("/")).text


def test_a_test_in_the_page_brings_the_table_alone(admin, emulator):
    response = admin.post(TEST, {"area": "conf"}, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert "<html" not in response.content.decode()
    assert rows(response)["Configuration"][1].startswith("● yes")
    assert "Configuration: reads and writes." in read(response).text
    assert admin.post(TEST, {"area": "nowhere"}).status_code == 404
