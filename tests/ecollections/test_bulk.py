"""The form of a bulk edit, from the first page to Alma."""

import pytest

from almaportal.carried import unpack
from almaportal.jobs import control
from almaportal.jobs.models import Job
from tests.ecollections.filling import form_of, send, values
from tests.jobs.test_edit_jobs import S, run
from tests.portal.reading import read

pytestmark = pytest.mark.thorough

BULK = "/ecollections/bulk/"
URL = "linking_details.static_url_override"


@pytest.fixture
def editor(sign_in):
    return sign_in("e-resources")


@pytest.fixture
def portfolios(tree, emulator):
    return [f"{tree.collection_id}/{tree.service_id}/{one}" for one in emulator.portfolios(tree.service_id, 4)]


@pytest.fixture
def page(editor, portfolios):
    """The form for four portfolios."""
    return editor.post(f"{BULK}portfolios/", {"pick": portfolios})


def submitted(response):
    """The job that the form made, worked off as far as it goes by itself."""
    assert response.status_code == 302, read(response).text
    job = Job.objects.latest("pk")
    assert response["Location"] == f"/jobs/{job.pk}/"
    job = run(job, (S.DRAFT, S.READY, S.FAILED, S.WAITING))
    if job.state == S.DRAFT:
        control.review(job, None)
    return run(job)


def verdicts(job):
    return {name: n for name, n in control.verdicts(job).items() if n}


def test_every_field_starts_at_dont_change(page):
    form = form_of(page)
    does = [one for one in form.all("select") if one.attrs["name"].startswith("do-")]
    assert len(does) > 20
    assert {one.all("option")[0].text for one in does} == {"don't change"}
    assert {value for name, value in values(form).items() if name.startswith("do-")} == {""}


def test_only_what_can_be_set_is_offered_and_only_what_can_be_done(page):
    form = read(page)
    offered = {one.attrs["name"]: [option.attrs["value"] for option in one.all("option")] for one in form.all("select")}
    assert "do-id" not in offered
    assert "do-resource_metadata.title" not in offered
    assert offered["do-public_note"] == ["", "set", "clear", "replace", "append"]
    assert offered["do-availability"] == ["", "set"], "it cannot be empty"
    assert offered["do-activation_date"] == ["", "set", "clear"]
    assert offered["do-coverage_details.local_date_coverage_parameters"] == ["", "clear"]
    assert offered["value-availability"] == ["", "11", "10"]
    assert form.one("input", name="value-activation_date").attrs["type"] == "date"


def test_what_cannot_be_undone_is_said(editor, tree):
    page = read(editor.post(f"{BULK}collections/", {"pick": [tree.collection_id]}))
    assert "replaces the library of all its portfolios. This cannot be undone." in page.text


def test_nothing_chosen_is_refused_in_words(editor, page):
    response = send(editor, page, reason="Ticket 7")
    assert response.status_code == 422
    assert "every field says “don't change”" in read(response).by_id("wrong").text
    assert values(form_of(response))["reason"] == "Ticket 7"
    assert Job.objects.count() == 0


def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(editor, page):
    typed = {
        "do-activation_date": "set",
        "value-activation_date": "soon",
        "do-public_note": "replace",
        "find-public_note": "(old",
        "how-public_note": "pattern",
        "value-public_note": "new ",
        "only-1-path": "linking_details.proxy_enabled",
        "only-1-is": "is not",
        "only-1-value": "perhaps",
        "reason": "Ticket 7",
    }
    response = send(editor, page, **typed)
    assert response.status_code == 422
    wrong = read(response).by_id("wrong")
    assert set(wrong.links.values()) == {"#do-activation_date", "#do-public_note", "#only-0-path"}
    assert "“soon” is no date" in wrong.text
    assert "missing ), at character 5" in wrong.text
    assert "none of Yes, No" in wrong.text
    again = values(form_of(response))
    moved = {name.replace("only-1", "only-0"): value for name, value in typed.items()}
    assert {name: again[name].strip() for name in moved} == {name: value.strip() for name, value in moved.items()}
    assert unpack("bulk", again["about"]) == unpack("bulk", values(form_of(page))["about"])
    assert Job.objects.count() == 0


def test_one_field_is_set_in_all_and_the_rest_stays(editor, page, emulator, portfolios):
    before = [emulator.record("portfolio", path.rpartition("/")[2]) for path in portfolios]
    job = submitted(send(editor, page, **{"do-public_note": "set", "value-public_note": "New"}, reason="Why not"))
    assert (job.kind, job.title, job.reason, job.asks) == ("edit-portfolios", "Set Public note: New", "Why not", True)
    assert job.items.count() == 4
    control.start(job)
    assert run(job).state == S.DONE
    after = [emulator.record("portfolio", path.rpartition("/")[2]) for path in portfolios]
    assert after == [record | {"public_note": "New"} for record in before]


def test_the_title_says_how_many_more(editor, page):
    typed = {"do-availability": "set", "value-availability": "11", "do-public_note": "clear", "do-license": "clear"}
    assert submitted(send(editor, page, **typed)).title == "Set Availability: Available (+2 more)"


def test_a_provider_moved_its_platform(editor, tree, emulator):
    """Its new host is put into the addresses of one collection's portfolios, and nothing else changes."""
    ids = emulator.portfolios(tree.service_id, 200)
    before = {one: emulator.record("portfolio", one) for one in ids}
    old = [one for one in ids if "old.example.org" in (before[one]["linking_details"].get("static_url_override") or "")]
    assert old
    listed = read(editor.get(tree.service))
    everything = listed.one("button", name="everything").attrs["value"]
    form = editor.post(f"{BULK}portfolios/", {"everything": everything})
    typed = {f"do-{URL}": "replace", f"find-{URL}": "old.example.org", f"value-{URL}": "new.example.org"}
    job = submitted(send(editor, form, **typed))
    assert job.title == "Replace in Static URL (override): old.example.org → new.example.org"
    assert verdicts(job) == {"changes": len(old), "same": 130 - len(old)}
    assert job.params["found"] == job.params["expected"] == 130
    control.start(job)
    assert run(job).state == S.DONE
    for one in ids:
        expected = before[one]
        if one in old:
            details = dict(expected["linking_details"])
            for name in ("static_url_override", "url"):  # Alma makes the URL of its override
                details[name] = details[name].replace("old.example.org", "new.example.org")
            expected = expected | {"linking_details": details}
        assert emulator.record("portfolio", one) == expected


def test_the_proxy_is_switched_on_in_all_services_but_those_that_have_their_own(editor, tree, emulator):
    services = [one for collection in emulator.collections() for one in emulator.services(collection)]
    own = {one for one in services if emulator.record("service", one).get("proxy")}
    assert 0 < len(own) < len(services)
    before = {one: emulator.record("service", one) for one in services}
    listed = read(editor.get(tree.list))
    everything = listed.one("button", name="everything").attrs["value"]
    form = editor.post(f"{BULK}collections/", {"everything": everything, "what": "service"})
    typed = {
        "only-0-path": "proxy",
        "only-0-is": "is empty",
        "do-proxy_enabled": "set",
        "value-proxy_enabled": "true",
        "do-proxy": "set",
        "value-proxy": "PROXY_MAIN",
    }
    job = submitted(send(editor, form, **typed))
    assert job.params["match"]["expected"] == job.params["found"] == 60
    left = job.items.filter(verdict="left")
    assert {item.ids[-1] for item in left} == own
    names = {before[one]["proxy"] for one in own}
    assert {item.message for item in left} <= {f"Left alone: Proxy is “{name}”." for name in names}
    control.start(job)
    assert run(job).state == S.DONE
    for one in services:
        after = emulator.record("service", one)
        assert after["proxy"] == (before[one]["proxy"] if one in own else "PROXY_MAIN")
        assert after["proxy_enabled"]["value"] == (before[one]["proxy_enabled"]["value"] if one in own else "true")


def test_a_field_that_the_community_zone_manages_is_left_as_it_is_there(editor, tree, emulator, page, portfolios):
    ids = [path.rpartition("/")[2] for path in portfolios]
    for n, one in enumerate(ids):
        emulator.put_record("portfolio", one, emulator.record("portfolio", one) | {"is_local": n % 2 == 0})
    path = "linking_details.parser_parameters"
    assert "Records of the Community Zone are left out" in read(page).text
    job = submitted(send(editor, page, **{f"do-{path}": "set", f"value-{path}": "x=1"}))
    assert verdicts(job) == {"changes": 2, "refused": 2}
    assert "the Community Zone manages it" in job.items.filter(verdict="refused").first().message
    control.start(job)
    run(job)
    assert [emulator.record("portfolio", one)["linking_details"].get("parser_parameters") for one in ids][1::2] != [
        "x=1"
    ] * 2


def test_the_form_comes_back_filled_and_changes_the_job(editor, page):
    job = submitted(
        send(
            editor,
            page,
            **{"do-public_note": "set", "value-public_note": "New", "only-0-path": "free"}
            | {"only-0-path": "license", "only-0-is": "is empty"},
            reason="Why",
        )
    )
    again = editor.get(f"/jobs/{job.pk}/again/")
    found = values(form_of(again))
    assert (found["do-public_note"], found["value-public_note"], found["reason"]) == ("set", "New", "Why")
    assert (found["only-0-path"], found["only-0-is"]) == ("license", "is empty")
    response = send(editor, again, f"/jobs/{job.pk}/again/", **{"value-public_note": "Newer", "only-0-path": ""})
    assert response.status_code == 302
    job.refresh_from_db()
    assert (job.title, job.params["only"], job.review_key) == ("Set Public note: Newer", [], "")
    assert Job.objects.count() == 1


def test_twenty_thousand_targets_fit_into_the_form(editor):
    ids = "\n".join(f"53{n * 7919:016}" for n in range(20_000))
    page = editor.post(BULK, {"ids": ids, "what": "portfolio"})
    assert read(page).one("h1").text == "Bulk edit: 20,000 portfolios"
    response = send(editor, page, **{"do-public_note": "clear"})
    assert response.status_code == 302
    assert len(Job.objects.get().targets) == 20_000


def test_the_form_of_another_kind_is_refused(editor, page):
    about = values(form_of(page))["about"]
    assert editor.post(f"{BULK}services/", {"about": about, "do-public_note": "clear"}).status_code == 400
