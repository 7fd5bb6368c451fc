"""The page of the title index: search, filters, scope, what is indexed, and from there to jobs."""

from datetime import timedelta
from urllib.parse import quote

import pytest

from almaportal.alma import clock as now
from almaportal.carried import unpack
from almaportal.jobs.models import Job
from ecollections.models import IndexedService, Place, Title
from ecollections.titles import index
from tests.ecollections.filling import form_of, send
from tests.ecollections.titles_seen import titles as titles
from tests.jobs.test_edit_jobs import S, run
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

pytestmark = pytest.mark.thorough

ADDRESS = "/ecollections/titles/"
INDEX = f"{ADDRESS}index/"
HTMX = {"HX-Request": "true", "HX-Trigger": "titles"}
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def editor(sign_in):
    return sign_in("e-resources")


@pytest.fixture
def find(viewer):
    """find("q=law") → the page."""
    return lambda query="": read(viewer.get(f"{ADDRESS}?{query}"))


def names(page):
    return [row.all("a")[0].text for row in page.one("table").one("tbody").all("tr") if row.all("a")]


def title_of(record):
    return record["resource_metadata"]["title"]


def options(page, name):
    """The values of a filter: value → words."""
    return {one.attrs["value"]: one.text for one in page.by_id(f"by-{name}").all("option")}


def chips(page):
    found = page.all("p", cls="chosen")
    return (
        [one.text.removeprefix("Without ").removesuffix(" ×") for one in found[0].all("a", cls="chip")] if found else []
    )


# search


def test_a_title_is_found_by_the_beginnings_of_its_words_without_a_call(find, emulator, titles):
    find()
    emulator.calls.clear()
    words = title_of(titles[7]).split()
    page = find("q=" + "+".join(word[:5].upper() for word in words[:4]))
    assert title_of(titles[7]) in names(page)
    assert emulator.calls == []


@pytest.mark.parametrize("what", ["id", "mms_id"])
def test_a_title_is_found_by_an_id(find, titles, what):
    record = titles[9]
    wanted = record["id"] if what == "id" else record["resource_metadata"]["mms_id"]["value"]
    page = find(f"q={wanted}")
    assert record["id"] in [row[-1] for row in page.rows]


def test_the_title_leads_to_its_page(find, titles, tree):
    page = find(f"q={titles[0]['id']}")
    assert page.links[title_of(titles[0])] == f"{tree.service}portfolios/{titles[0]['id']}/"


def test_a_search_while_typing_brings_the_results_alone_and_they_are_those_of_the_page(viewer, titles):
    word = quote(title_of(titles[3]).split()[0])
    query = f"{ADDRESS}?q={word}&url=&since=&sort=title&size=20"
    page, part = read(viewer.get(query)), viewer.get(query, headers=HTMX)
    assert read(part).text == f"{page.by_id('filters').text} {page.by_id('results').text}"
    assert read(part).by_id("filters").attrs["hx-swap-oob"] == "true"
    assert "hx-swap-oob" not in page.by_id("filters").attrs
    assert part["HX-Replace-Url"] == f"{ADDRESS}?q={word}&size=20"


def test_while_somebody_types_alma_is_not_asked_not_even_for_the_words_of_codes(viewer, emulator, titles):
    part = read(viewer.get(ADDRESS, headers=HTMX))
    assert options(part, "availability")["11"].startswith("11 (")
    assert emulator.calls == []
    viewer.get(ADDRESS)
    part = read(viewer.get(ADDRESS, headers=HTMX))
    assert options(part, "availability")["11"].startswith("Available (")


def test_paging_adds_to_the_history(viewer, titles):
    part = viewer.get(f"{ADDRESS}?page=2&size=20", headers={"HX-Request": "true"})
    assert "HX-Replace-Url" not in part
    assert len(names(read(part))) == 20


ODD = ("availability=zz", "sort=up", "since=yesterday", "page=x", "s=62", "c=../x", "size=7", "url=%00", "origin=")
ODD += ("since=0001-01-01", "q=%00")


def test_an_odd_parameter_counts_as_not_said(viewer, titles):
    plain = read(viewer.get(ADDRESS, headers=HTMX)).text
    for odd in ODD:
        assert read(viewer.get(f"{ADDRESS}?{odd}", headers=HTMX)).text == plain, odd


@pytest.mark.parametrize("name", ["q", "url"])
def test_a_text_that_is_too_long_is_looked_for_all_the_same(find, titles, name):
    page = find(f"{name}={'x' * 201}")
    assert not names(page)
    assert "all 60 that match" not in page.text


def test_titles_are_sorted_as_asked(find, titles):
    ids = [row[-1] for row in find("sort=id&size=20").rows]
    assert ids == sorted(one["id"] for one in titles)[:20]
    up, down = names(find("sort=title&size=100")), names(find("sort=-title&size=100"))
    assert up == down[::-1]
    assert up != names(find("sort=id&size=100"))


def test_of_too_many_to_sort_that_is_said(find, titles, monkeypatch):
    monkeypatch.setattr("ecollections.titles.search.MOST", 50)
    assert "they are not sorted. Narrow the search" in find().text
    assert "not sorted" not in find("origin=local").text


def test_what_a_row_says_of_a_record_that_was_read_whole(find, titles, emulator):
    whole = next(one for one in titles[:6] if one["linking_details"].get("static_url"))
    page = find(f"q={whole['id']}")
    (row,) = page.rows
    assert "not read yet" not in row
    assert "http" in row[0]
    (row,) = find(f"q={titles[-1]['id']}").rows
    assert "not read yet" in row


# filters


def test_filters_have_their_counts_and_add_up(find, titles):
    origins = options(find(), "origin")
    local = sum(one["is_local"] for one in titles)
    assert origins == {"": "any", "zone": f"Community Zone ({60 - local})", "local": f"Local ({local})"}
    assert f"of {local}" in find("origin=local").one("div", cls="pager").text


def test_codes_come_with_their_words_and_without_them_as_codes(find, titles, emulator):
    available = sum(one["availability"]["value"] == "11" for one in titles)
    assert options(find(), "availability")["11"] == f"Available ({available})"


def test_a_library_without_its_name_is_its_code(find, titles, emulator):
    emulator.faults.add(kind="401html", count=None)
    assert options(find(), "availability")["11"].startswith("11 (")


def test_what_was_not_read_yet_can_be_asked_for(find, titles):
    page = find()
    assert options(page, "override")["-"] == "not read yet (54)"
    assert "of 54" in find("override=-").one("div", cls="pager").text


def test_several_filters_must_all_hold_and_each_can_be_taken_away(find, titles, tree):
    page = find(f"c={tree.collection_id}&origin=local&availability=11&q=a&since=2020-01-01")
    assert chips(page) == ["“a”", "Availability: Available", "Origin: Local", "Changed since 2020-01-01"]
    without = next(one.attrs["href"] for one in page.all("a", cls="chip") if "Origin" in one.text)
    assert "origin" not in without
    assert f"c={tree.collection_id}" in without
    assert page.links["Clear all"] == f"{ADDRESS}?c={tree.collection_id}"


def test_a_chosen_filter_nothing_matches_stays_chosen(find, titles):
    page = find("q=zzzz&origin=local")
    assert page.by_id("by-origin").all("option", selected="")[0].text == "Local (0)"
    assert "No title of the index matches" in page.text


def test_a_search_by_url_finds_what_was_read(find, titles):
    url = next(url for one in titles[:6] if (url := one["linking_details"].get("static_url")))
    part = url.removeprefix("jkey=")[8:24]
    page = find(f"url={part}")
    assert names(page)
    assert all(part in row[0] for row in page.rows)


def test_too_many_are_counted_apart_and_without_javascript_by_a_link(find, viewer, titles, monkeypatch):
    monkeypatch.setattr("ecollections.titles.search.MOST", 50)
    page = find()
    assert options(page, "origin") == {"": "any", "zone": "Community Zone", "local": "Local"}
    link = next(one for one in page.all("a", cls="counts"))
    part = read(viewer.get(link.attrs["hx-get"]))
    assert part.text == find("counts=1").by_id("filters").text
    assert read(viewer.get(link.attrs["href"])).by_id("filters").text == part.text


# scope


def test_a_search_stays_within_its_service_and_can_be_widened(find, titles, tree, emulator):
    other = next(one for one in emulator.collections()[1:] if emulator.services(one))
    record = emulator.record("portfolio", emulator.portfolios(emulator.services(other)[0])[0])
    index.see([(record, (other, emulator.services(other)[0]))])
    within = find(f"c={tree.collection_id}&s={tree.service_id}")
    assert "of 60" in within.one("div", cls="pager").text
    assert record["id"] not in str(find(f"c={tree.collection_id}&s={tree.service_id}&q={record['id']}").rows)
    page = find(f"c={tree.collection_id}&s={tree.service_id}&q={record['id']}")
    assert page.links["Search everything indexed"] == f"{ADDRESS}?q={record['id']}"
    assert page.links["everything indexed"] == f"{ADDRESS}?q={record['id']}"
    assert "of 61" in find().one("div", cls="pager").text
    assert "of 60" in find(f"c={tree.collection_id}").one("div", cls="pager").text


def test_a_wider_search_says_where_each_title_is(find, viewer, titles, tree):
    viewer.get(tree.collection)
    collection = Place.objects.get(pk=tree.collection_id).name
    within = [], [f"c={tree.collection_id}"], [f"c={tree.collection_id}", f"s={tree.service_id}"]
    everywhere, here, inside = (find("&".join(ids)).one("table").links for ids in within)
    assert everywhere[collection] == tree.collection
    assert collection not in here
    assert tree.service in here.values()
    assert tree.service not in inside.values()


def test_words_of_a_name_lead_to_e_collections_too(find, viewer, titles):
    viewer.get("/ecollections/?q=quillmere")
    page = find("q=quillmere")
    assert [text for text in page.links if text.startswith("Quillmere")]
    assert page.links["Search e-collections for “quillmere”"] == "/ecollections/?q=quillmere"


@pytest.mark.parametrize("kind", ["collection", "service"])
def test_a_record_has_a_search_of_its_titles(viewer, titles, tree, kind):
    page = read(viewer.get(tree[kind]))
    form = page.one("form", action=ADDRESS)
    sent = {one.attrs["name"]: one.attrs.get("value", "") for one in form.all("input")}
    ids = {"c": tree.collection_id} | ({"s": tree.service_id} if kind == "service" else {})
    assert sent == {**ids, "q": ""}
    assert page.links["Title index"].startswith(f"{ADDRESS}?c={tree.collection_id}")


# what is indexed


def test_nothing_indexed_says_what_to_do(find, editor):
    assert "Nothing is indexed yet." in find().text
    page = read(editor.get(ADDRESS))
    assert page.links["What is indexed, and indexing more"] == INDEX


def test_a_service_that_is_not_indexed_offers_it_with_its_price(editor, tree):
    editor.get(tree.service)
    page = read(editor.get(f"{ADDRESS}?c={tree.collection_id}&s={tree.service_id}"))
    assert "50 titles are indexed of 130" in page.text
    assert "Only what somebody saw on a page" in page.text
    form = page.one("form", action=INDEX)
    assert form.one("button").text == "Index this service"
    assert "2 calls" in form.text


def test_a_service_is_indexed_by_a_button_and_a_second_click_makes_no_second_job(editor, tree, emulator):
    page = editor.get(f"{ADDRESS}?c={tree.collection_id}&s={tree.service_id}")
    form = read(page).one("form", action=INDEX)
    target = form.one("input", name="target").attrs["value"]
    first = editor.post(INDEX, {"target": target, "identifiers": "on"})
    again = editor.post(INDEX, {"target": target, "identifiers": "on"})
    job = Job.objects.get()
    assert first["Location"] == again["Location"] == f"/jobs/{job.pk}/"
    assert (job.kind, job.targets, job.params["identifiers"]) == ("index-titles", [target], True)
    assert run(job).state == S.DONE
    page = read(editor.get(f"{ADDRESS}?c={tree.collection_id}&s={tree.service_id}"))
    assert "130 titles are indexed" in page.text
    assert "in part" not in page.text
    assert "read just now" in page.text


def test_an_index_of_the_day_before_yesterday_says_so(find, titles, tree, clock):
    IndexedService.objects.update(built=now.moment() - DAY + HOUR)
    assert "may be missing" not in find().text
    clock.time += 2 * 3600
    assert "The list was read 25 h ago. What was added" in find().text


def test_a_service_without_portfolios_is_not_called_unindexed(editor, emulator):
    collection = emulator.collections()[2]
    service = emulator.services(collection)[0]
    editor.post(INDEX, {"target": f"{collection}/{service}"})
    assert run(Job.objects.get()).state == S.DONE
    page = read(editor.get(f"{ADDRESS}?c={collection}&s={service}"))
    assert "0 titles are indexed · read just now" in page.text
    assert "Nothing of this is indexed" not in page.text
    assert page.one("form", action=INDEX).one("button").text == "Index this service again"


def test_who_only_looks_is_offered_no_job_and_no_change(viewer, titles, tree):
    page = read(viewer.get(f"{ADDRESS}?c={tree.collection_id}&s={tree.service_id}"))
    assert page.all("form", action=INDEX) == []
    assert page.all("button", name="everything") == []
    assert page.all("input", name="pick") == []
    assert "Export as CSV" in page.links
    assert viewer.get(INDEX).status_code == viewer.post(INDEX, {"target": "61/62"}).status_code == 403


def test_the_page_of_the_index_lists_services_and_indexes_more(editor, titles, tree, emulator):
    page = read(editor.get(INDEX))
    (row,) = page.rows
    assert row[2:5] == ["60 of 130", "6", "in part: seen on pages only"]
    other = emulator.collections()[1]
    response = send_index(editor, ids=f"{other}\n", target=f"{tree.collection_id}/{tree.service_id}")
    assert response.status_code == 302
    assert Job.objects.get().targets == [f"{tree.collection_id}/{tree.service_id}", other]


def send_index(client, **data):
    return client.post(INDEX, data)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Tick a service, or give an ID."),
        ("hello 1", "This is neither an ID nor a path"),
        ("123", "The IDs of e-collections begin with 61"),
        ("62999999990004711", "the portal has not seen this service yet"),
        ("53182555270004711", "this is the ID of a portfolio"),
    ],
)
def test_what_cannot_be_indexed_is_said_and_nothing_begins(editor, text, why):
    response = send_index(editor, ids=text)
    assert response.status_code == 422
    assert why in read(response).one("section", cls="notice").text
    assert not Job.objects.exists()


def test_nightly_reading_is_switched_on_and_off(editor, titles, tree, django_user_model):
    form = read(editor.get(INDEX)).one("button", name="nightly")
    assert form.text == "Switch on"
    editor.post(INDEX, {"nightly": tree.service_id, "is_on": "1"})
    service = IndexedService.objects.get()
    assert (service.is_nightly, service.nightly_by.username) == (True, "e-resources")
    assert "on, for e-resources Switch off" in read(editor.get(INDEX)).text
    editor.post(INDEX, {"nightly": tree.service_id, "is_on": "0"})
    assert not IndexedService.objects.get().is_nightly


# to jobs


def test_all_that_match_are_edited_without_a_call_to_find_them(editor, titles, tree, emulator):
    page = read(editor.get(f"{ADDRESS}?origin=local"))
    local = sorted(f"{tree.collection_id}/{tree.service_id}/{one['id']}" for one in titles if one["is_local"])
    button = page.all("button", name="everything")[0]
    assert button.text == f"Bulk edit all {len(local)} that match…"
    form = editor.post("/ecollections/bulk/portfolios/", {"everything": button.attrs["value"], "list": ADDRESS})
    assert read(form).one("h1").text == f"Bulk edit: all {len(local)} portfolios that match"
    assert read(form).links["Cancel"] == f"{ADDRESS}?origin=local"
    emulator.calls.clear()
    made = send(editor, form, **{"do-public_note": "set", "value-public_note": "New"})
    job = Job.objects.get()
    assert made["Location"] == f"/jobs/{job.pk}/"
    job = run(job, (S.DRAFT, S.READY))
    assert sorted(job.items.values_list("path", flat=True)) == local
    assert len([call for call in emulator.calls if call.path.endswith("/portfolios")]) == 0


def test_all_that_match_are_portfolios_whatever_is_sent_beside(editor, titles):
    button = read(editor.get(ADDRESS)).all("button", name="everything")[0]
    form = editor.post("/ecollections/bulk/services/", {"everything": button.attrs["value"], "what": "service"})
    assert read(form).one("h1").text == "Bulk edit: all 60 portfolios that match"
    assert form_of(form).attrs["action"] == "/ecollections/bulk/portfolios/"


def test_all_that_match_are_deleted_after_a_review(editor, titles, tree):
    page = read(editor.get(f"{ADDRESS}?q={titles[4]['id']}"))
    button = next(one for one in page.all("button", name="everything") if "Delete" in one.text)
    assert button.attrs["formaction"] == "/ecollections/bulk/delete/"
    form = editor.post(button.attrs["formaction"], {"everything": button.attrs["value"], "list": ADDRESS})
    assert read(form).one("h1").text == "Delete 1 portfolio that matches"
    made = send(editor, form)
    job = Job.objects.get()
    assert made["Location"] == f"/jobs/{job.pk}/"
    assert job.targets == [f"{tree.collection_id}/{tree.service_id}/{titles[4]['id']}"]


def test_whole_records_of_all_that_match_are_read_at_a_price_said_before(editor, titles, emulator):
    page = read(editor.get(f"{ADDRESS}?override=-&q={titles[20]['id']}"))
    button = page.one("button", name="read")
    assert "1 call, less than a minute" in page.one("div", cls="foot").text
    response = editor.post(button.attrs["formaction"], {"read": button.attrs["value"]})
    job = Job.objects.get()
    assert response["Location"] == f"/jobs/{job.pk}/"
    assert run(job).state == S.DONE
    assert Title.objects.get(alma_id=titles[20]["id"]).url is not None


def test_a_forged_match_is_refused(editor, titles):
    assert editor.post(INDEX, {"read": "forged"}).status_code == 400
    listed = read(editor.get("/ecollections/")).one("button", name="everything").attrs["value"]
    assert unpack("everything", listed)
    assert editor.post(INDEX, {"read": listed}).status_code == 400
    assert not Job.objects.exists()


def test_rows_are_ticked_by_their_whole_path(editor, titles, tree):
    page = read(editor.get(f"{ADDRESS}?q={titles[0]['id']}"))
    (box,) = page.all("input", name="pick")
    assert box.attrs["value"] == f"{tree.collection_id}/{tree.service_id}/{titles[0]['id']}"
    form = editor.post(page.by_id("selection").attrs["action"], {"pick": box.attrs["value"], "list": ADDRESS})
    assert read(form).one("h1").text == "Bulk edit: 1 portfolio"
    assert form_of(form)


def test_while_its_list_is_read_the_page_says_so_and_offers_no_second_reading(editor, tree):
    target = f"{tree.collection_id}/{tree.service_id}"
    editor.post("/ecollections/titles/index/", {"target": target})
    page = read(editor.get(f"/ecollections/titles/?c={tree.collection_id}&s={tree.service_id}"))
    assert "is being read now" in page.text
    assert "Index this service" not in page.text


def test_a_search_by_url_says_which_titles_it_could_not_look_at_and_reads_them(editor, titles, tree):
    page = read(editor.get(f"{ADDRESS}?url=nowhere.example&c={tree.collection_id}"))
    unread = Title.objects.filter(facts__isnull=True, service__collection_id=tree.collection_id).count()
    notice = page.one("section", cls="unread")
    assert (unread > 0, f"{unread} title" in notice.text, "could not be looked at" in notice.text) == (True,) * 3
    editor.post(INDEX, {"read": notice.one("button").attrs["value"]})
    job = Job.objects.get()
    assert (job.kind, job.params["match"]["expected"]) == ("read-portfolios", unread)
    assert not read(editor.get(f"{ADDRESS}?q=journal")).all("section", cls="unread")


def test_reading_very_many_records_is_asked_for_twice(editor, monkeypatch, titles):
    monkeypatch.setattr("almaportal.jobs.control.LARGE", 1)
    page = read(editor.get(ADDRESS))
    asking = page.one("details", cls="ask")
    assert "of what jobs may use today" in asking.text
    assert asking.one("button").attrs["name"] == "read"


def test_where_very_many_were_not_read_they_are_shown_instead_of_counted(editor, titles, monkeypatch):
    monkeypatch.setattr("ecollections.titles.views.MOST", 5)
    notice = read(editor.get(f"{ADDRESS}?url=example")).one("section", cls="unread")
    assert "More than 5 titles could not be looked at" in notice.text
    assert notice.all("button") == []
    page = read(editor.get(notice.one("a").attrs["href"]))
    assert f"of {Title.objects.filter(facet__override='').count()}" in page.one("div", cls="pager").text


def test_of_a_filter_whose_other_values_are_too_many_all_values_stay_without_counts(editor, titles, monkeypatch):
    monkeypatch.setattr("ecollections.titles.views.FEW", 25)
    origins = read(editor.get(f"{ADDRESS}?origin=local")).one("select", id="by-origin").all("option")
    assert [one.text for one in origins] == ["any", "Community Zone", "Local"]
    counted = read(editor.get(f"{ADDRESS}?origin=local&counts=1")).one("select", id="by-origin").all("option")
    assert [one.text for one in counted] == ["any", "Community Zone (40)", "Local (20)"]
