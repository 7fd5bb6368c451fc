"""What goes wrong with an edit: said where it belongs, with what was typed kept, and never written twice."""

import json
from urllib.parse import quote_plus

import pytest

from almaportal.alma.records import code, dig
from almaportal.changes.models import Change, Hold
from ecollections.kinds import BY_NAME
from tests.ecollections import test_edit
from tests.ecollections.filling import fill, form_of, send, values
from tests.ecollections.test_edit import (
    KINDS,
    as_sent,
    change,
    ids_of,
    puts,
    record_of,
)
from tests.portal.reading import read

pytestmark = pytest.mark.thorough

code_answers, keep_codes = test_edit.code_answers, test_edit.keep_codes
editor, local = test_edit.editor, test_edit.local

COVERAGE = "coverage_details.local_date_coverage_parameters"


@pytest.fixture
def closed(sign_in, settings):
    """Somebody who may edit, with a key that may not read Alma's lists of codes: any code may be typed."""
    settings.ALMA_KEYS = settings.ALMA_KEYS | {"conf": "demo-electronic"}
    return sign_in("e-resources")


def page_of(response):
    """Its tree, read once."""
    if not hasattr(response, "tree"):
        response.tree = read(response)
    return response.tree


def post(client, emulator, tree, kind, **typed):
    """The form of the record as it is now, sent with what was typed; it was read before."""
    record = record_of(emulator, tree, kind)
    data = as_sent(ids_of(tree, kind), record, kind, **{"reason": "TICKET"} | typed)
    return client.post(f"{tree[kind]}edit/", data)


def said(response):
    """Label → text of what Alma said."""
    box = page_of(response).one("dl", cls="said")
    return dict(zip([one.text for one in box.all("dt")], [one.text for one in box.all("dd")], strict=True))


def box_of(response, name):
    """The part of the form that holds this control."""
    boxes = [
        one
        for one in page_of(response)
        if one.tag in ("div", "fieldset") and {"field", "cell", "rows"} & set(one.attrs.get("class", "").split())
    ]
    found = [box for box in boxes if any(one.attrs.get("name") == name for one in box)]
    assert found, name
    return found[-1]


def errors_at(response, name):
    return [one.text for one in box_of(response, name).all("li")]


def check_refused(response, name, text, status=422):
    """The mistake stands at its field, which says so to a screen reader and keeps what was typed."""
    assert response.status_code == status
    assert errors_at(response, name), page_of(response).text
    control = next(one for one in box_of(response, name) if one.attrs.get("name") == name)
    assert control.attrs.get("aria-invalid") == "true"
    assert values(form_of(response))[name] == text


# --- what Alma refuses ---------------------------------------------------------------------------------------------

REFUSED = [
    ("collection", "type", "60127"),
    ("collection", "access_type", "60128"),
    ("collection", "license", "60129"),
    ("collection", "free", "60130"),
    ("collection", "language", "60131"),
    ("collection", "proxy_enabled", "60132"),
    ("collection", "proxy", "60133"),
    ("collection", "interface.name", "60134"),
    ("collection", "po_line", "60137"),
    ("collection", "process_type", "60158"),
    ("collection", "counter_platform", "60296"),
    ("service", "free", "60130"),
    ("service", "proxy_enabled", "60132"),
    ("service", "proxy", "60133"),
    ("service", "activation_status", "60138"),
    ("service", "service_temporarily_unavailable", "60144"),
    ("service", "link_resolver_plugin", "60145"),
    ("service", "crossref_supported", "60147"),
    ("service", "crossref_enabled", "60147"),
    ("service", "linking_level", "60148"),
    ("portfolio", "availability", "60161"),
    ("portfolio", "linking_details.proxy_enabled", "60167"),
    ("portfolio", "linking_details.proxy", "60168"),
    ("portfolio", "license", "60169"),
    ("portfolio", "material_type", "60171"),
    ("portfolio", "po_line", "60172"),
    ("portfolio", "counter_platform", "60296"),
    ("portfolio", "library", "402469"),
]
BY_THE_PORTAL = {"type"}  # a list of codes that the portal knows by itself


@pytest.mark.parametrize(("kind", "path", "number"), [row for row in REFUSED if row[1] not in BY_THE_PORTAL])
def test_a_value_that_alma_refuses_is_said_at_its_field(closed, local, emulator, kind, path, number):
    before = record_of(emulator, local, kind)
    typed = {f"{kind}-{path}": "NO-SUCH", f"{kind}-public_note": "Kept"}
    response = post(closed, emulator, local, kind, **typed)
    check_refused(response, f"{kind}-{path}", "NO-SUCH")
    assert values(form_of(response))[f"{kind}-public_note"] == "Kept"
    notice = said(response)
    assert notice["Alma's code"] == number
    made = Change.objects.get()
    assert (made.state, made.code, made.tracking_id) == ("failed", number, notice["Tracking ID"])
    assert made.tracking_id
    assert made.text == notice["Alma's text"]
    assert record_of(emulator, local, kind) == before
    assert len(page_of(response).all("div", cls="wrong")) == 1


def test_a_refusal_is_in_the_log_with_its_tracking_id(closed, tree, emulator):
    post(closed, emulator, tree, "portfolio", **{"portfolio-license": "NO-SUCH"})
    made = Change.objects.get()
    page = read(closed.get(f"/changes/{made.pk}/")).text
    assert "Refused: nothing was changed" in page
    assert made.tracking_id in page
    assert made.code in page


def test_a_record_of_another_title_is_refused_at_the_mms_id(closed, local, emulator):
    response = post(closed, emulator, local, "collection", **{"collection-resource_metadata.mms_id": "991"})
    check_refused(response, "collection-resource_metadata.mms_id", "991")
    assert said(response)["Alma's code"] == "60143"


def test_a_refused_library_comes_back_to_the_form(closed, local, emulator):
    review = post(closed, emulator, local, "collection", **{"collection-library": "NO-SUCH"})
    check_refused(send(closed, review), "collection-library", "NO-SUCH")


@pytest.mark.parametrize(("cell", "number"), [("group", "60152"), ("proxy", "60135"), ("proxy_enabled", "60135")])
@pytest.mark.parametrize("kind", KINDS)
def test_a_refused_group_is_said_at_the_groups(closed, tree, emulator, kind, cell, number):
    change(emulator, tree, kind, group_settings=[{"group": {"value": "STAFF"}}])
    name = f"{kind}-group_settings-0-{cell}"
    response = post(closed, emulator, tree, kind, **{name: "NO-SUCH"})
    assert response.status_code == 422
    assert said(response)["Alma's code"] == number
    rows = page_of(response).by_id(f"{kind}-group_settings-fields")
    assert len(rows.all("ul", cls="errorlist")) == 1
    assert values(form_of(response))[name] == "NO-SUCH"


def test_an_availability_against_its_dates_is_said_at_the_availability(editor, tree, emulator):
    change(emulator, tree, "portfolio", active_until_date="2020-01-01Z", availability={"value": "10"})
    response = post(editor, emulator, tree, "portfolio", **{"portfolio-availability": "11"})
    check_refused(response, "portfolio-availability", "11")
    assert said(response)["Alma's code"] == "200797"


@pytest.mark.parametrize(("kind", "number"), [("collection", "60141"), ("portfolio", "60165")])
def test_a_code_that_may_be_about_anything_accuses_no_field(closed, tree, emulator, kind, number):
    """Alma says of these only that the record could not be saved (facts 2.2, 2.4)."""
    response = post(closed, emulator, tree, kind, **{f"{kind}-public_access_model": "NO-SUCH"})
    assert response.status_code == 422
    assert said(response)["Alma's code"] == number
    assert page_of(response).all("ul", cls="errorlist") == []
    assert values(form_of(response))[f"{kind}-public_access_model"] == "NO-SUCH"


def test_a_refusal_about_no_field_of_the_form_stands_on_top(editor, tree, emulator, monkeypatch):
    emulator.faults.add(kind="brokenxml", method="PUT", count=None)
    response = post(editor, emulator, tree, "portfolio", **{"portfolio-public_note": "Kept"})
    assert values(form_of(response))["portfolio-public_note"] == "Kept"
    assert page_of(response).all("ul", cls="errorlist") == []
    assert "Bad URL" in page_of(response).one("section", cls="bad").text


def test_after_a_refusal_the_same_form_can_be_mended_and_saved(closed, tree, emulator):
    typed = {"portfolio-license": "NO", "portfolio-public_note": "Kept"}
    response = fill(closed, f"{tree.portfolio}edit/", typed)
    assert send(closed, response, **{"portfolio-license": "LIC-007"}).status_code == 302
    record = record_of(emulator, tree, "portfolio")
    assert (code(record["license"]), record["public_note"]) == ("LIC-007", "Kept")
    assert list(Change.objects.order_by("pk").values_list("state", flat=True)) == ["failed", "done"]


# --- what the portal refuses before --------------------------------------------------------------------------------

STATIC = "linking_details.static_url_override"
BAD = [  # one of each sort: test_checks.py has the others
    ("collection", "activation_date", "31.12.2026"),
    ("collection", "expected_activation_date", "2026-02-30"),
    ("service", "active_from_date", "2026-13-01"),
    ("collection", "url_override", "javascript:alert(1)"),
    ("collection", "url_override", "https://a.example/b c"),
    ("collection", "url_override", "www.example.org"),
    ("service", "dynamic_url_override", "javascript:alert(1)"),
    ("portfolio", STATIC, "javascript:alert(1)"),
    ("portfolio", STATIC, "jkey=jkey=javascript:alert(1)"),
    ("collection", "resource_metadata.mms_id", "99x"),
    ("collection", "library", "NO-SUCH"),
    ("service", "activation_status", ""),
    ("service", "url_type_override", "NO-SUCH"),
    ("service", "activate_new_portfolios", "perhaps"),
    ("portfolio", "material_type", "book"),
]


@pytest.mark.parametrize(("kind", "path", "text"), BAD)
def test_what_makes_no_sense_is_said_at_its_field_and_not_sent(editor, tree, emulator, kind, path, text):
    response = post(
        editor, emulator, tree, kind, **{f"{kind}-{path}": text, f"{kind}-public_note": "Kept", "reason": "R"}
    )
    assert response.status_code == 422
    assert emulator.calls == []
    assert not Change.objects.exists()
    assert errors_at(response, f"{kind}-{path}"), page_of(response).text
    typed = values(form_of(response))
    assert (typed[f"{kind}-public_note"], typed["reason"]) == ("Kept", "R")
    page = page_of(response)
    assert "Nothing was sent: 1 field must be corrected" in page.by_id("wrong").text
    target = page.by_id("wrong").one("a").attrs["href"].removeprefix("#")
    control = page.by_id(target)
    assert control.attrs["aria-invalid"] == "true"
    if control.tag == "input":
        assert control.attrs["value"] == text


@pytest.mark.parametrize(
    ("kind", "typed", "at"),
    [
        (
            "service",
            {"active_from_date": "2026-02-02", "active_until_date": "2026-02-01"},
            "active_until_date",
        ),
        (
            "service",
            {"service_unavailable_date": "2026-02-02", "service_unavailable_until_date": "2025-12-31"},
            "service_unavailable_until_date",
        ),
        (
            "service",
            {"delete_removed_portfolios": "true", "deactivate_removed_portfolios": "true"},
            "deactivate_removed_portfolios",
        ),
    ],
)
def test_what_contradicts_another_field_is_said_and_not_sent(editor, tree, emulator, kind, typed, at):
    response = post(editor, emulator, tree, kind, **{f"{kind}-{path}": text for path, text in typed.items()})
    check_refused(response, f"{kind}-{at}", typed[at])
    assert puts(emulator) == []


def test_the_same_first_and_last_day_is_a_range(editor, tree, emulator):
    typed = {"service-active_from_date": "2026-02-02", "service-active_until_date": "2026-02-02"}
    assert post(editor, emulator, tree, "service", **typed).status_code == 302


@pytest.mark.parametrize(
    ("cells", "at"),
    [
        ({"from_year": "2010", "until_year": "2001"}, "until_year"),
        ({"from_year": "2010", "from_month": "13"}, "from_month"),
        ({"from_year": "2010", "from_month": "2", "from_day": "30"}, "from_day"),
        ({"from_month": "2"}, "from_year"),
    ],
)
def test_coverage_that_makes_no_sense_is_said_at_its_cell(editor, tree, emulator, cells, at):
    name = f"portfolio-{COVERAGE}-0"
    typed = {f"{name}-{cell}": text for cell, text in cells.items()}
    response = post(editor, emulator, tree, "portfolio", **{f"{name}-origin": ""}, **typed)
    check_refused(response, f"{name}-{at}", cells.get(at, ""))
    assert puts(emulator) == []


@pytest.mark.parametrize(
    ("cell", "text"), [("number_of_years", "x"), ("number_of_months", "-1"), ("number_of_years", "1.5")]
)
def test_an_embargo_that_makes_no_sense_is_said_at_its_cell(editor, tree, emulator, cell, text):
    prefix = "portfolio-coverage_details.local_embargo_information-0"
    name = f"{prefix}-{cell}"
    response = post(editor, emulator, tree, "portfolio", **{name: text, f"{prefix}-origin": ""})
    check_refused(response, name, text)
    assert puts(emulator) == []


@pytest.mark.parametrize("kind", KINDS)
def test_notes_too_large_for_alma_are_said_at_the_notes_and_not_sent(editor, tree, emulator, kind):
    text = "x" * 600_000
    response = fill(
        editor, f"{tree[kind]}edit/", {f"{kind}-internal_description": text, f"{kind}-public_note": "Short"}
    )
    assert response.status_code == 422
    assert "512 kB" in errors_at(response, f"{kind}-internal_description")[0]
    assert errors_at(response, f"{kind}-public_note") == []
    assert {call.method for call in emulator.calls} == {"GET"}
    typed = values(form_of(response))
    assert (len(typed[f"{kind}-internal_description"]), typed[f"{kind}-public_note"]) == (600_000, "Short")
    assert (Change.objects.get().state, Change.objects.get().code) == ("failed", "REQUEST_TOO_LARGE")
    assert send(editor, response, **{f"{kind}-internal_description": "x"}).status_code == 302


@pytest.mark.parametrize("kind", ["collection", "portfolio"])
@pytest.mark.parametrize("text", ["a\x00b", "\x00"])
def test_a_nul_never_reaches_alma(editor, tree, emulator, kind, text):
    response = post(editor, emulator, tree, kind, **{f"{kind}-public_note": text, "reason": "a\x00"})
    assert response.status_code in (302, 422)
    assert not any("\\u0000" in json.dumps(body) for body in puts(emulator))
    if response.status_code == 422:
        assert errors_at(response, f"{kind}-public_note")


def test_a_nul_in_the_reason_is_no_failure_of_the_portal(editor, tree, emulator):
    response = post(editor, emulator, tree, "portfolio", **{"portfolio-public_note": "New", "reason": "a\x00b"})
    assert response.status_code in (302, 422)


def test_half_of_a_surrogate_pair_is_no_failure_of_the_portal(editor, tree, emulator):
    """A browser cannot send it; what can is shown the sign for a letter that nobody can read."""
    page = editor.get(f"{tree.portfolio}edit/")
    data = values(form_of(page)) | {"portfolio-public_note": "MARK"}
    body = "&".join(f"{quote_plus(name)}={quote_plus(text)}" for name, text in data.items())
    response = editor.post(
        f"{tree.portfolio}edit/", body.replace("MARK", "a%ED%A0%80b"), content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code == 302
    assert "\ufffd" in record_of(emulator, tree, "portfolio")["public_note"]


@pytest.mark.parametrize("kind", KINDS)
def test_text_of_any_kind_arrives_as_it_was_typed(editor, tree, emulator, kind):
    text = "<b>“ü” 日本 \U0001f4da & ; ' \" \\ %20 {{ x }}\nnext\u2028line \u200f עברית"
    page = editor.get(f"{tree[kind]}edit/")
    response = send(editor, page, **{f"{kind}-internal_description": text.replace("\n", "\r\n")})
    assert response.status_code == 302
    assert record_of(emulator, tree, kind)["internal_description"] == text
    assert values(form_of(editor.get(f"{tree[kind]}edit/")))[f"{kind}-internal_description"] == text


# --- forged forms --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["collection", "portfolio"])
@pytest.mark.parametrize("forge", ["missing", "changed", "empty", "other", "parts"])
def test_a_forged_form_is_no_form(editor, tree, emulator, kind, forge):
    page = editor.get(f"{tree[kind]}edit/")
    data = values(form_of(page)) | {f"{kind}-public_note": "Forged"}
    name = f"{kind}-shown"
    if forge == "missing":
        del data[name]
    elif forge == "parts":  # a hidden field of another page
        change(emulator, tree, kind, public_note="Theirs")
        data[name] = values(form_of(editor.post(f"{tree[kind]}edit/", data)))["packed"]
    else:
        changed = {"changed": data[name][:-1] + ("A" if data[name][-1] != "A" else "B"), "empty": "", "other": "x:y:z"}
        data[name] = changed[forge]
    response = editor.post(f"{tree[kind]}edit/", data)
    assert response.status_code == 400
    assert puts(emulator) == []


@pytest.mark.parametrize("packed", ["", "x", "shown"])
def test_a_forged_review_is_none(editor, tree, emulator, packed):
    if packed == "shown":
        packed = values(form_of(editor.get(f"{tree.portfolio}edit/")))["portfolio-shown"]
    response = editor.post(f"{tree.portfolio}edit/", {"packed": packed})
    assert response.status_code == 400
    assert puts(emulator) == []


@pytest.mark.parametrize("page", ["form", "review"])
def test_the_form_of_one_record_cannot_be_sent_to_another(editor, tree, local, emulator, page):
    """Its hidden field says what the person saw: nothing of it may be taken for the other record's."""
    form = editor.get(f"{local.collection}edit/")
    if page == "review":
        form = send(editor, form, **{"collection-library": "LAW"})
    response = editor.post(f"{tree.collection}edit/", values(form_of(form)) | {"collection-public_note": "New"})
    assert response.status_code == 400
    assert puts(emulator) == []


@pytest.mark.parametrize("query", ["?with=..", "?with=%00", "?with=62999", "?with=a/b"])
def test_a_service_that_is_none_is_not_found(editor, tree, emulator, query):
    assert editor.get(f"{tree.collection}edit/{query}").status_code == 404


def test_a_reason_of_any_length_is_no_failure(editor, tree, emulator):
    response = post(editor, emulator, tree, "portfolio", **{"portfolio-public_note": "New", "reason": "r" * 5000})
    assert response.status_code == 302
    assert Change.objects.get().reason == "r" * 300


# --- Alma, the key and the day -------------------------------------------------------------------------------------


def save_note(client, tree, text="Typed", kind="portfolio", before_save=lambda: None):
    page = client.get(f"{tree[kind]}edit/")
    before_save()
    return send(client, page, **{f"{kind}-public_note": text, "reason": "TICKET"})


def check_kept(response, text="Typed"):
    typed = values(form_of(response))
    assert (typed["portfolio-public_note"], typed["reason"]) == (text, "TICKET")


def test_a_record_deleted_meanwhile_is_said_and_the_text_is_kept(editor, tree, emulator):

    def remove():
        emulator.store.run("DELETE FROM portfolios WHERE id = ?", int(tree.portfolio_id))

    response = save_note(editor, tree, before_save=remove)
    assert response.status_code == 404
    assert "There is no portfolio with this ID: mistyped, or deleted in Alma." in page_of(response).text
    check_kept(response)
    assert not any(call.method == "PUT" for call in emulator.calls)
    assert not Change.objects.exists()
    assert not Hold.objects.exists()


def test_a_key_that_may_only_read_is_said(editor, tree, emulator, settings):
    settings.ALMA_KEYS = settings.ALMA_KEYS | {"electronic": "demo-readonly"}
    before = record_of(emulator, tree, "portfolio")
    response = save_note(editor, tree)
    assert response.status_code == 403
    notice = said(response)
    assert (notice["HTTP status"], notice["Alma's code"]) == ("403", "UNAUTHORIZED")
    assert "or may only read" in page_of(response).text
    check_kept(response)
    made = Change.objects.get()
    assert (made.state, made.code, made.tracking_id) == ("failed", "UNAUTHORIZED", notice.get("Tracking ID", ""))
    assert [call.method for call in emulator.calls] == ["GET", "GET", "PUT"]
    assert record_of(emulator, tree, "portfolio") == before


def test_a_portal_that_may_only_read_sends_nothing(editor, tree, emulator, settings):
    settings.ALMA_READ_ONLY = {"electronic"}
    response = save_note(editor, tree)
    assert response.status_code == 403
    assert "ALMA_READ_ONLY covers the area “electronic”." in page_of(response).text
    check_kept(response)
    assert not any(call.method == "PUT" for call in emulator.calls)
    assert not Change.objects.exclude(state="failed").exists()


def test_without_calls_left_today_nothing_is_sent(editor, tree, emulator):
    response = save_note(editor, tree, before_save=lambda: emulator.spend(100_000))
    assert response.status_code == 503
    assert "Today's API calls are used up" in page_of(response).text
    check_kept(response)
    assert puts(emulator) == []
    assert not Change.objects.exclude(state="failed").exists()


def test_the_days_last_call_was_the_read(editor, tree, emulator):
    response = save_note(editor, tree, before_save=lambda: emulator.spend(emulator.remaining() - 1))
    assert response.status_code == 503
    assert (Change.objects.get().state, Change.objects.get().text) == ("failed", "Today's API calls are used up")
    check_kept(response)
    assert record_of(emulator, tree, "portfolio")["public_note"] != "Typed"


@pytest.mark.parametrize("kind", ["500", "503", "drop", "timeout", "empty", "redirect", "403html", "429day"])
def test_when_the_record_cannot_be_read_nothing_is_written(editor, tree, emulator, kind):
    """A kept copy is good enough to look at, not to write."""

    def plan():
        emulator.faults.add(kind=kind, method="GET", count=None)

    response = save_note(editor, tree, before_save=plan)
    assert response.status_code >= 403
    check_kept(response)
    assert "Nothing was changed in Alma." in page_of(response).text
    assert not any(call.method == "PUT" for call in emulator.calls)
    assert not Change.objects.exists()
    assert not Hold.objects.exists()


SURE = {
    "403html": 403,
    "401html": 403,
    "429": 503,
    "429day": 503,
    "500": 502,
    "503": 502,
    "500text": 502,
    "503html": 502,
}


@pytest.mark.parametrize("kind", SURE)
def test_a_put_that_alma_never_did_is_no_change(editor, tree, emulator, kind):
    """A read afterwards shows that nothing happened."""
    emulator.faults.add(kind=kind, method="PUT", count=None)
    before = record_of(emulator, tree, "portfolio")
    response = save_note(editor, tree)
    assert response.status_code == SURE[kind]
    assert "Nothing was changed in Alma." in page_of(response).text
    check_kept(response)
    made = Change.objects.get()
    assert made.state == "failed"
    assert record_of(emulator, tree, "portfolio") == before
    if kind in ("500", "503", "429", "429day"):
        assert made.code == said(response)["Alma's code"]
    assert made.tracking_id == said(response).get("Tracking ID", "")
    emulator.faults.clear()
    if kind not in ("429day", "429"):
        assert send(editor, response).status_code == 302
        assert record_of(emulator, tree, "portfolio")["public_note"] == "Typed"


@pytest.mark.parametrize("kind", ["drop", "timeout"])
def test_a_put_without_an_answer_that_did_nothing_is_sent_again(editor, tree, emulator, kind):
    emulator.faults.add(kind=kind, method="PUT")
    response = save_note(editor, tree)
    assert response.status_code == 302
    assert [call.method for call in emulator.calls] == ["GET", "GET", "PUT", "GET", "PUT"]
    assert record_of(emulator, tree, "portfolio")["public_note"] == "Typed"
    assert Change.objects.get().state == "done"


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        ("collection", "drop"),
        ("service", "timeout"),
        *[("portfolio", kind) for kind in ("drop", "500", "503", "503html", "malformed", "empty", "redirect")],
    ],
)
def test_a_put_that_was_done_without_an_answer_is_not_sent_again(editor, tree, emulator, record, kind):
    emulator.faults.add(kind=kind, method="PUT", when="after")
    response = save_note(editor, tree, kind=record)
    assert response.status_code == 302
    assert [call.method for call in emulator.calls] == ["GET", "GET", "PUT", "GET"]
    assert record_of(emulator, tree, record)["public_note"] == "Typed"
    made = Change.objects.get()
    assert (made.state, made.code, made.fields[0]["after"]) == ("done", "", "Typed")


@pytest.mark.parametrize("kind", ["drop", "timeout"])
def test_a_put_that_nobody_knows_of_is_said_to_be_unknown(editor, tree, emulator, kind):
    def plan():
        emulator.faults.add(kind=kind, method="PUT", when="after")

    page = editor.get(f"{tree.portfolio}edit/")
    plan()
    reads = []
    take = emulator.faults.take

    def take_after_the_put(method, path):  # Alma falls silent with the write
        if any(call.method == "PUT" for call in emulator.calls) and method == "GET" and "conf" not in path:
            reads.append(path)
            emulator.faults.add(kind=kind, method="GET")
        return take(method, path)

    emulator.faults.take = take_after_the_put
    response = send(editor, page, **{"portfolio-public_note": "Typed", "reason": "TICKET"})
    emulator.faults.take = take
    assert reads
    text = page_of(response).text
    assert "Nobody knows yet whether Alma did it" in text
    assert "Nothing was changed in Alma." not in text
    check_kept(response)
    made = Change.objects.get()
    assert made.state == "unsure"
    assert [call.method for call in emulator.calls].count("PUT") == 1
    assert "Nobody knows whether Alma did it" in read(editor.get(f"/changes/{made.pk}/")).text
    emulator.faults.clear()
    again = send(editor, response)
    assert again.url == f"{tree.portfolio}?unchanged=1"
    assert [call.method for call in emulator.calls].count("PUT") == 1


@pytest.mark.parametrize("kind", ["drop", "timeout"])
def test_an_answer_that_never_comes_is_not_waited_for_without_end(editor, tree, emulator, clock, kind):
    emulator.faults.add(kind=kind, method="PUT", count=None)
    started = clock.now()
    response = save_note(editor, tree)
    assert clock.now() - started < 30
    assert [call.method for call in emulator.calls].count("PUT") <= 4
    assert Change.objects.get().state == "unsure"
    assert "Nobody knows yet whether Alma did it" in page_of(response).text
    check_kept(response)


def test_a_save_through_an_unplugged_network_changes_nothing_and_says_so(editor, tree, emulator, transport):
    page = editor.get(f"{tree.portfolio}edit/")
    transport.unplugged = True
    response = send(editor, page, **{"portfolio-public_note": "Typed", "reason": "TICKET"})
    assert response.status_code == 502
    check_kept(response)
    assert "Nothing was changed in Alma." in page_of(response).text
    transport.unplugged = False
    assert send(editor, response).status_code == 302
    assert dig(puts(emulator)[0], "public_note") == "Typed"


@pytest.mark.parametrize("kind", KINDS)
def test_no_error_page_of_an_edit_shows_insides(closed, tree, emulator, kind):
    emulator.faults.add(kind="500text", method="PUT", count=None)
    response = post(closed, emulator, tree, kind, **{f"{kind}-public_note": "x"})
    for word in ("Traceback", "demo-", "alma.invalid", "apikey"):
        assert word not in response.content.decode()
    assert (
        BY_NAME[kind].address(
            (tree.collection_id,)
            + ((tree.service_id,) if kind != "collection" else ())
            + ((tree.portfolio_id,) if kind == "portfolio" else ())
        )
        in response.content.decode()
    )
