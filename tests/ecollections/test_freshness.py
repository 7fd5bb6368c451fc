"""How old a page is, what it costs, and reading it again."""

import pytest
from django.core.cache import cache

from tests.portal.reading import read

# what a page costs when nothing of it is kept
COSTS = [("list", 1), ("collection", 2), ("service", 2), ("portfolio", 1)]


def freshness(page):
    return page.one("div", cls="freshness").text


@pytest.mark.parametrize(("kind", "calls"), COSTS)
def test_a_page_costs_what_it_must_and_then_nothing(viewer, tree, emulator, kind, calls):
    viewer.get(tree[kind])
    assert len(emulator.calls) == calls
    viewer.get(tree[kind])
    viewer.head(tree[kind])
    if kind in ("list", "service"):
        viewer.get(tree[kind], headers={"HX-Request": "true"})
    assert len(emulator.calls) == calls


@pytest.mark.parametrize(("kind", "calls"), COSTS)
def test_reading_again_costs_exactly_what_is_said_and_comes_back(viewer, tree, emulator, kind, calls):
    address = f"{tree[kind]}?page=1&size=20"
    said = freshness(read(viewer.get(address)))
    assert said.endswith(f"({calls} call{'s' if calls > 1 else ''})")
    before = len(emulator.calls)
    response = viewer.post(address, {"read_again": "1"})
    assert (response.status_code, response["Location"]) == (302, address)
    assert len(emulator.calls) - before == calls
    viewer.get(response["Location"])
    assert len(emulator.calls) - before == calls


@pytest.mark.parametrize(("kind", "calls"), COSTS)
def test_reading_again_costs_the_same_when_nothing_is_kept(viewer, tree, emulator, kind, calls):
    viewer.post(tree[kind], {"read_again": "1"})
    viewer.get(tree[kind])
    assert len(emulator.calls) == calls


@pytest.mark.parametrize("kind", ["list", "collection", "service", "portfolio"])
def test_reading_again_shows_what_changed_in_alma(viewer, tree, emulator, kind):
    viewer.get(tree[kind])
    for changed in ("collection", "service", "portfolio"):
        record = emulator.record(changed, tree.id_of(changed))
        record |= {"public_name": "Changed", "public_description": "Changed"}
        record["resource_metadata"] = {"title": "Changed"}
        emulator.put_record(changed, tree.id_of(changed), record)
    assert "Changed" not in read(viewer.get(tree[kind])).text
    viewer.post(tree[kind], {"read_again": "1"})
    assert "Changed" in read(viewer.get(tree[kind])).text


@pytest.mark.parametrize("kind", ["list", "collection", "service", "portfolio"])
def test_the_button_is_a_form_of_its_own(viewer, tree, kind):
    form = read(viewer.get(tree[kind])).one("div", cls="freshness").one("form")
    assert form.attrs["method"] == "post"
    assert "action" not in form.attrs
    button = form.one("button")
    assert (button.attrs["name"], button.attrs["value"], button.text) == ("read_again", "1", "Read again")


def test_a_post_that_does_not_ask_to_read_again_costs_nothing(viewer, tree, emulator):
    viewer.get(tree.portfolio)
    assert viewer.post(tree.portfolio).status_code == 302
    assert len(emulator.calls) == 1


def test_after_a_quarter_of_an_hour_a_page_is_read_anew(viewer, tree, emulator, clock):
    viewer.get(tree.portfolio)
    clock.time += 15 * 60 - 5
    viewer.get(tree.portfolio)
    assert len(emulator.calls) == 1
    clock.time += 10
    viewer.get(tree.portfolio)
    assert len(emulator.calls) == 2


@pytest.mark.parametrize("kind", ["list", "collection", "service", "portfolio"])
def test_every_page_says_how_old_it_is(viewer, tree, clock, kind):
    assert freshness(read(viewer.get(tree[kind]))).startswith("read just now")
    clock.time += 12 * 60
    page = read(viewer.get(tree[kind]))
    assert freshness(page).startswith("read 12 min ago")
    assert page.one("div", cls="freshness").one("time").text == "15 Jan 2027, 12:00"


def test_a_page_is_as_old_as_its_oldest_part(viewer, tree, clock):
    viewer.get(tree.service)
    clock.time += 12 * 60
    page = read(viewer.get(f"{tree.service}?page=2"))
    assert freshness(page).startswith("read 12 min ago")


def test_one_persons_reading_spares_anothers_call(viewer, sign_in, tree, emulator):
    viewer.get(tree.collection)
    sign_in("circulation").get(tree.collection)
    assert len(emulator.calls) == 2


def test_the_list_and_the_page_do_not_share_a_copy(viewer, tree, emulator):
    viewer.get("/ecollections/?size=20")
    viewer.get("/ecollections/?size=50")
    viewer.get("/ecollections/?q=law")
    viewer.get("/ecollections/?q=law&field=keywords")
    assert len(emulator.calls) == 4


def test_another_alma_is_another_copy(viewer, tree, emulator, settings):
    viewer.get(tree.portfolio)
    settings.ALMA_BASE_URL = "https://other.invalid"
    viewer.get(tree.portfolio)
    assert len(emulator.calls) == 2


@pytest.mark.parametrize("address", ["list", "service"])
@pytest.mark.parametrize("query", ["", "?page=2&size=20", "?page=99"])
def test_htmx_gets_exactly_that_part_of_the_page(viewer, tree, address, query):
    def without_tokens(element):
        return [
            (one.tag, dict(one.attrs), one.text) for one in element if one.attrs.get("name") != "csrfmiddlewaretoken"
        ]

    viewer.get(f"{tree[address]}{query}")
    whole = read(viewer.get(f"{tree[address]}{query}"))
    response = viewer.get(f"{tree[address]}{query}", headers={"HX-Request": "true"})
    part = read(response)
    assert response.status_code == 200
    assert part.all("h1") == []
    assert part.all("html") == []
    assert without_tokens(part) == without_tokens(whole.by_id("results"))


def test_a_boosted_request_gets_the_whole_page(viewer, tree):
    response = viewer.get(tree.list, headers={"HX-Request": "true", "HX-Boosted": "true"})
    assert read(response).one("h1").text == "E-collections"


def test_a_message_about_the_search_comes_with_the_part(viewer):
    part = read(viewer.get("/ecollections/?q=%21", headers={"HX-Request": "true"}))
    assert "Nothing was searched" in part.text


@pytest.mark.parametrize(("kind", "calls"), COSTS)
def test_a_page_needs_few_queries(viewer, tree, django_assert_max_num_queries, kind, calls):
    """Not one more for each row."""
    viewer.get(tree[kind])
    cache.clear()
    with django_assert_max_num_queries(45):
        viewer.get(tree[kind])
