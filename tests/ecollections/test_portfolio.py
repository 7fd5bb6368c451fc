"""The page of one portfolio."""

import pytest

from ecollections import places
from tests.portal.reading import read


@pytest.fixture
def page(viewer, tree):
    def get():
        response = viewer.get(tree.portfolio)
        assert response.status_code == 200
        return read(response)

    return get


def groups(page):
    return {one.one("h2").text: one.facts for one in page.one("div", cls="groups").all("section")}


def source(page):
    [said] = [one.text for one in page.all("p", cls="muted") if one.text.startswith("The link comes from")]
    return said.removeprefix("The link comes from ").removesuffix(".")


def test_its_head_says_what_it_is(page, tree):
    shown = page()
    assert shown.one("h1").text == "Journal of Medieval Bell Casting, 9"
    under = f"{tree.portfolio_id} · MMS 99100000010004711 · Community Zone · ● Available"
    assert shown.one("p", cls="under").text == under


def test_its_groups(page):
    shown = groups(page())
    assert list(shown) == ["General information", "Coverage", "Linking", "Title"]
    assert shown["General information"]["Material type"] == "Book BOOK"
    assert shown["General information"]["Standalone"] == "No"
    assert shown["Title"]["ISSN"] == "9001-8571"
    assert shown["Title"]["MMS ID"] == "99100000010004711"
    assert shown["Coverage"] == {"Coverage in use": "Only local 0"}


def test_coverage_is_said_in_words_for_both_shapes_of_month_and_day(page, put):
    coded = {
        "from_year": "2004",
        "from_month": {"value": "1", "desc": "January"},
        "from_day": {"value": "5", "desc": "5"},
        "from_volume": "3",
        "from_issue": "2",
        "until_year": "2010",
        "until_month": {"value": "12", "desc": "December"},
    }
    plain = {"from_year": "2015", "from_month": "02", "from_day": "09"}
    put(
        "portfolio",
        coverage_details={
            "coverage_in_use": {"value": "3", "desc": "Global and local"},
            "global_date_coverage_parameters": [coded, plain],
            "local_date_coverage_parameters": [{"until_year": "1999"}],
            "perpetual_date_coverage_parameters": [],
            "global_embargo_information": None,
            "local_embargo_information": {
                "embargo_operator": {"value": ">", "desc": "More than"},
                "number_of_years": "1",
                "number_of_months": "6",
            },
        },
    )
    shown = groups(page())["Coverage"]
    assert shown["Coverage in use"] == "Global and local 3"
    assert shown["Global coverage"] == "5 Jan 2004, vol. 3, issue 2 – Dec 2010 9 Feb 2015 –"
    assert shown["Local coverage"] == "until 1999"
    assert shown["Local embargo"] == "More than 1 year 6 months"
    assert "Perpetual coverage" not in shown
    assert "Global embargo" not in shown


@pytest.mark.parametrize("position", range(0, 60, 7))
def test_every_shape_of_coverage_in_the_institution_can_be_read(viewer, emulator, tree, position):
    portfolio = emulator.portfolios(tree.service_id)[position]
    record = emulator.record("portfolio", portfolio)["coverage_details"]
    shown = groups(read(viewer.get(f"{tree.service}portfolios/{portfolio}/"))).get("Coverage", {})
    for name, label in (("global", "Global"), ("local", "Local")):
        sent = record[f"{name}_date_coverage_parameters"]
        assert (f"{label} coverage" in shown) == bool(sent)
        for row in sent:
            assert row["from_year"] in shown[f"{label} coverage"]
    assert "{" not in "".join(shown.values())


def test_linking_details_are_shown(page):
    shown = groups(page())["Linking"]
    assert shown["URL"].startswith("https://old.example.org/view?id=10000001&src=alma")
    assert shown["URL type"] == "Static URL static"
    assert shown["Static URL"].startswith("https://titles.example.org/10000001")
    assert shown["Static URL (override)"].startswith("https://old.example.org/view")
    assert shown["Proxy enabled"] == "No"


def test_a_static_url_can_be_opened_without_its_prefix(page):
    links = {one.attrs["href"]: one for one in page().one("div", cls="groups").all("a")}
    assert "https://titles.example.org/10000001" in links
    assert "https://old.example.org/view?id=10000001&src=alma" in links
    for link in links.values():
        assert link.attrs["target"] == "_blank"
        assert link.attrs["rel"] == "noopener noreferrer"
        assert "(opens another site)" in link.text


def test_only_web_addresses_can_be_opened(page, put):
    bad = ("javascript:alert(1)", "jkey=javascript:alert(1)", " JaVaScRiPt:alert(1)", "//evil.example/x", "file:///etc")
    names = ("url", "dynamic_url", "dynamic_url_override", "static_url", "static_url_override")
    put("portfolio", linking_details=dict(zip(names, bad, strict=True)))
    shown = page().one("div", cls="groups")
    assert shown.all("a") == []
    assert shown.facts["URL"] == "javascript:alert(1)"


@pytest.mark.parametrize(
    ("local", "details", "words"),
    [
        (True, {"static_url": "jkey=https://x.org"}, "its own URL"),
        (True, {"dynamic_url": "https://x.org"}, "its own URL"),
        (False, {"static_url": "jkey=https://x.org"}, "the Community Zone"),
        (False, {"static_url": "a", "static_url_override": "b"}, "its own URL, which overrides the Community Zone's"),
        (False, {"static_url": "a", "dynamic_url_override": "b"}, "its own URL, which overrides the Community Zone's"),
        (False, {"parser_parameters": "bkey=1"}, "the service"),
        (True, {}, "the service"),
        (True, None, "the service"),
    ],
)
def test_where_the_link_comes_from(page, put, local, details, words):
    put("portfolio", is_local=local, linking_details=details)
    assert source(page()) == words


def test_what_the_portal_does_not_know_is_shown_all_the_same(page, put, emulator, tree):
    known = emulator.record("portfolio", tree.portfolio_id)["linking_details"]
    put("portfolio", provenance={"value": "P"}, linking_details=known | {"new_kind_of_link": "https://x.org"})
    also = groups(page())["Also sent by Alma"]
    assert also == {"provenance": "P", "linking_details.new_kind_of_link": "https://x.org"}


def test_an_unknown_id_is_said_with_almas_code_and_tracking_id(viewer, tree, emulator):
    response = viewer.get(f"{tree.service}portfolios/53999999990004711/")
    page = read(response)
    assert response.status_code == 404
    assert page.facts["Alma's code"] == "60123"
    assert page.facts["Tracking ID"].startswith("E01-")
    assert "There is no portfolio with this ID" in page.text
    assert len(emulator.calls) == 1


def test_wrong_parents_in_the_address_lead_to_its_own_place(viewer, tree, emulator):
    other = emulator.collections()[1]
    service = emulator.services(other)[0]
    for address in (
        f"/ecollections/{other}/services/{service}/portfolios/{tree.portfolio_id}/",
        f"/ecollections/0/services/0/portfolios/{tree.portfolio_id}/",
        f"{tree.collection}services/{service}/portfolios/{tree.portfolio_id}/",
    ):
        response = viewer.get(address)
        assert response.status_code == 302
        assert response["Location"] == tree.portfolio
    assert viewer.get(response["Location"]).status_code == 200


def test_wrong_parents_are_not_remembered(viewer, tree):
    viewer.get(f"/ecollections/0/services/0/portfolios/{tree.portfolio_id}/")
    place = places.seen([tree.portfolio_id])[tree.portfolio_id]
    assert (place.collection_id, place.service_id) == (tree.collection_id, tree.service_id)


def test_a_standalone_portfolio_stays_where_it_was_asked_for(page, put):
    for nowhere in ({}, None, {"id": {"value": ""}, "service": {"value": ""}}, {"id": None}):
        put("portfolio", electronic_collection=nowhere, is_standalone=True)
        assert page().one("h1").text == "Journal of Medieval Bell Casting, 9"


def test_an_almost_empty_record_is_a_page(viewer, tree, alma_says):
    service = f"/electronic/e-collections/{tree.collection_id}/e-services/{tree.service_id}"
    path = f"{service}/portfolios/{tree.portfolio_id}"
    for record in ({}, {"id": tree.portfolio_id}):
        alma_says(path, record)
        response = viewer.get(tree.portfolio)
        assert response.status_code == 200
        assert read(response).one("h1").text == tree.portfolio_id
