"""What a page shows when Alma does not do its part."""

import pytest

from tests.portal.reading import read

pytestmark = pytest.mark.thorough

# fault → the page's status, its heading, a word of what to do, and something of Alma's own words
FAULTS = {
    "500": (502, "Alma cannot be reached", "give the tracking ID to Ex Libris support", "INTERNAL_SERVER_ERROR"),
    "500text": (502, "Alma cannot be reached", "try again in a few minutes", "Internal Server Error"),
    "503": (502, "Alma cannot be reached", "Try again later", "ROUTING_ERROR"),
    "503html": (502, "Alma cannot be reached", "try again in a few minutes", "503"),
    "429": (503, "Alma asks everybody to slow down", "Try again in a moment", "PER_SECOND_THRESHOLD"),
    "429day": (503, "Today's API calls are used up", "until midnight GMT", "DAILY_THRESHOLD"),
    "403html": (403, "Alma does not let this portal in", "Tell your administrator", "Request Rejected"),
    "401html": (403, "Alma does not let this portal in", "Tell your administrator", "Unauthorized"),
    "malformed": (502, "Alma's answer cannot be read", "try again in a few minutes", "200"),
    "empty": (502, "Alma's answer cannot be read", "try again in a few minutes", "200"),
    "timeout": (502, "Alma cannot be reached", "try again in a few minutes", "No answer"),
    "drop": (502, "Alma cannot be reached", "try again in a few minutes", "No answer"),
    "redirect": (502, "Alma's answer cannot be read", "try again in a few minutes", "redirected to another address"),
    "brokenxml": (502, "Alma cannot be reached", "The gateway failed", "Bad URL: /almaws/v1?a=1&b=2"),
    "slow": (503, "Alma takes too long", "gave up waiting", "No answer"),
}
TRIES = {"429day": 1, "403html": 1, "401html": 1, "redirect": 1, "slow": 1}
KINDS = ["list", "collection", "service", "portfolio"]


def fail(emulator, kind):
    emulator.faults.add(kind=kind, count=None, **({"seconds": 30} if kind == "slow" else {}))


def check_no_insides(response):
    for word in ("Traceback", "demo-all", "almaportal.", "alma.invalid", "&lt;html", "<h1>HTTP"):
        assert word not in response.content.decode()


@pytest.mark.parametrize("kind", FAULTS)
def test_without_a_kept_copy_the_page_says_what_happened_and_what_to_do(viewer, tree, emulator, kind):
    fail(emulator, kind)
    response = viewer.get(tree.collection)
    status, title, hint, said = FAULTS[kind]
    page = read(response)
    assert response.status_code == status
    assert page.one("h1").text == title
    notice = page.one("section", cls="notice")
    assert hint in notice.text
    assert said in notice.text
    assert page.links["Try again"] == tree.collection
    assert len(emulator.calls) == TRIES.get(kind, 4)
    check_no_insides(response)


@pytest.mark.thorough
@pytest.mark.parametrize("kind", FAULTS)
def test_with_a_kept_copy_the_page_shows_it_and_says_how_old_it_is(viewer, tree, emulator, clock, kind):
    viewer.get(tree.collection)
    clock.time += 20 * 60
    fail(emulator, kind)
    response = viewer.get(tree.collection)
    _status, title, hint, said = FAULTS[kind]
    page = read(response)
    assert response.status_code == 200
    assert page.one("h1").text == "Quillmere Press: Ebooks Complete"
    assert page.one("table").rows[0][4] == tree.service_id
    notice = page.one("section", cls="notice")
    assert notice.one("b").text.startswith("◐ This is the copy read on 15 Jan 2027, 12:00")
    assert title in notice.text
    assert hint in notice.text
    assert said in notice.text
    check_no_insides(response)


@pytest.mark.parametrize("kind", KINDS)
def test_every_page_shows_its_kept_copy(viewer, tree, emulator, clock, kind):
    fresh = read(viewer.get(tree[kind]))
    clock.time += 26 * 3600
    fail(emulator, "503html")
    page = read(viewer.get(tree[kind]))
    assert page.one("h1").text == fresh.one("h1").text
    assert "This is the copy read on 15 Jan 2027, 12:00 (26 h ago)." in page.text


@pytest.mark.parametrize("kind", KINDS)
def test_every_page_is_fresh_again_when_alma_is_back(viewer, tree, emulator, clock, kind):
    viewer.get(tree[kind])
    clock.time += 20 * 60
    fail(emulator, "500")
    assert "This is the copy" in read(viewer.get(tree[kind])).text
    emulator.faults.clear()
    clock.time += 60
    page = read(viewer.get(tree[kind]))
    assert page.all("section", cls="notice") == []
    assert page.one("div", cls="freshness").text.startswith("read just now")


@pytest.mark.parametrize("kind", KINDS)
def test_every_page_says_what_happened_when_nothing_is_kept(viewer, tree, emulator, kind):
    fail(emulator, "drop")
    response = viewer.get(tree[kind])
    assert response.status_code == 502
    assert read(response).one("h1").text == "Alma cannot be reached"
    emulator.faults.clear()
    assert viewer.get(tree[kind]).status_code == 200


def test_a_short_failure_is_not_noticed(viewer, tree, emulator, clock):
    emulator.faults.add(kind="503", count=2)
    response = viewer.get(tree.portfolio)
    assert response.status_code == 200
    assert read(response).all("section", cls="notice") == []
    assert len(emulator.calls) == 3
    assert clock.slept


def test_one_part_of_a_page_may_be_old(viewer, tree, emulator, clock):
    viewer.get(tree.service)
    clock.time += 20 * 60
    emulator.faults.add(kind="500", path="*/portfolios", count=None)
    page = read(viewer.get(tree.service))
    assert "This is the copy read on 15 Jan 2027, 12:00" in page.text
    assert len(page.one("table").rows) == 50


def test_one_missing_part_is_the_whole_pages_trouble(viewer, tree, emulator):
    emulator.faults.add(kind="500", path="*/portfolios", count=None)
    assert viewer.get(tree.service).status_code == 502


def test_under_htmx_only_the_message_comes(viewer, tree, emulator):
    fail(emulator, "503")
    response = viewer.get(f"{tree.list}?page=2", headers={"HX-Request": "true"})
    page = read(response)
    assert response.status_code == 502
    assert page.all("h1") == []
    assert page.all("nav") == []
    assert "Alma cannot be reached" in page.one("section", cls="notice").text
    assert page.facts["Alma's code"] == "ROUTING_ERROR"


def test_under_htmx_a_kept_copy_is_marked_too(viewer, tree, emulator, clock):
    viewer.get(tree.list)
    clock.time += 20 * 60
    fail(emulator, "503")
    response = viewer.get(tree.list, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert "This is the copy read on" in read(response).text


@pytest.mark.parametrize("kind", KINDS)
def test_reading_again_in_vain_says_so_at_once(viewer, tree, emulator, kind):
    viewer.get(tree[kind])
    fail(emulator, "503")
    response = viewer.post(tree[kind], {"read_again": "1"})
    page = read(response)
    assert response.status_code == 200
    assert "This is the copy read on 15 Jan 2027, 12:00 (just now)." in page.text
    assert "Alma is down for maintenance" in page.text
    assert page.one("h1").text


def test_reading_again_in_vain_does_not_lose_the_copy(viewer, tree, emulator):
    viewer.get(tree.portfolio)
    fail(emulator, "503")
    viewer.post(tree.portfolio, {"read_again": "1"})
    emulator.faults.clear()
    calls = len(emulator.calls)
    assert viewer.get(tree.portfolio).status_code == 200
    assert len(emulator.calls) == calls


def test_once_the_day_is_used_up_nothing_more_is_sent(viewer, tree, emulator, clock):
    viewer.get(tree.portfolio)
    clock.time += 20 * 60
    fail(emulator, "429day")
    viewer.get(tree.collection)
    sent = len(emulator.calls)
    emulator.faults.clear()
    assert viewer.get(tree.list).status_code == 503
    page = read(viewer.get(tree.portfolio))
    assert "Today's API calls are used up" in page.text
    assert "This is the copy read on" in page.text
    assert len(emulator.calls) == sent
    clock.time += 12 * 3600
    assert viewer.get(tree.list).status_code == 200


def test_a_page_waits_no_longer_than_it_may(viewer, tree, emulator, clock, settings):
    fail(emulator, "timeout")
    start = clock.time
    viewer.get(tree.list)
    assert clock.time - start < settings.ALMA_PAGE_SECONDS


def test_unplugged_is_said(viewer, tree, transport):
    transport.unplugged = True
    response = viewer.get(tree.list)
    assert response.status_code == 502
    assert "Alma or the network may be down" in read(response).text


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_key_is_named_by_its_variable(viewer, tree, emulator, settings, kind):
    settings.ALMA_KEYS = settings.ALMA_KEYS | {"electronic": ""}
    response = viewer.get(tree[kind])
    page = read(response)
    assert response.status_code == 403
    assert page.one("h1").text == "No API key for this area"
    assert "Set ALMA_API_KEY_ELECTRONIC (or ALMA_API_KEY)" in page.text
    assert emulator.calls == []


def test_a_key_that_is_not_valid_is_said(viewer, tree, settings):
    settings.ALMA_KEYS = settings.ALMA_KEYS | {"electronic": "bad!"}
    response = viewer.get(tree.list)
    page = read(response)
    assert response.status_code == 403
    assert page.facts["Alma's code"] == "INVALID_REQUEST"
    assert "The API key is not valid" in page.text
    assert "bad!" not in page.text


def test_a_key_for_another_area_is_said(viewer, tree, settings):
    settings.ALMA_KEYS = settings.ALMA_KEYS | {"electronic": "demo-users"}
    response = viewer.get(tree.list)
    assert response.status_code == 403
    assert "may not use this area" in read(response).text
    assert "demo-users" not in response.content.decode()


def test_almas_words_are_only_text(viewer, tree, transport, monkeypatch):
    body = (
        b'{"errorList":{"error":[{"errorCode":"<b>1</b>","errorMessage":"<script>alert(1)</script>",'
        b'"trackingId":"\\"><i>"}]}}'
    )
    monkeypatch.setattr(transport, "_call", lambda request: (400, [], body))
    response = viewer.get(tree.list)
    assert b"<script>alert" not in response.content
    assert read(response).facts["Alma's text"] == "<script>alert(1)</script>"
    assert read(response).facts["Alma's code"] == "<b>1</b>"


def test_almas_words_come_in_the_institutions_language(viewer, settings):
    settings.ALMA_LANG = "de"
    page = read(viewer.get("/ecollections/61999999990004711/"))
    assert page.facts["Alma's text"] == "Die Sammlungs-ID ist ungültig."
