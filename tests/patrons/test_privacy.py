"""Nothing of a patron stays: not in the database, the cache, the queue, the sessions or the log."""

import gzip
import re
from io import StringIO

import pytest
from django.core import mail
from django.core.cache import cache
from django.template import engines
from django.test import Client
from django.urls import reverse

from almaportal.alma import gateway
from almaportal.changes.models import Change
from almaportal.jobs import control, sweep
from almaportal.jobs.models import Item, Job, JobFile
from almaportal.jobs.work import work
from almaportal.people.models import Access
from almaportal.usage.models import Failure, Series
from tests.ecollections.filling import fill, send
from tests.patrons import everything
from tests.portal.addresses import addresses
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

MARK = "qx9"  # stands in everything of a patron that nobody may find
BORN = "1911-11-11Z"
FIND = "/patrons/"
# What may hold primary IDs. "changes", "items" and "files" hold the blocks that were changed too.
WITH_IDS = {
    *("people_access", "changes_change", "changes_hold", "jobs_item", "jobs_job"),
    "files, unpacked",
}


def marked(record):
    """The record with the mark in its names, contacts, identifiers and notes."""
    contact = {
        "email": [{"email_address": f"{MARK}@example.edu", "preferred": True, "email_type": [{"value": "personal"}]}],
        "phone": [{"phone_number": f"{MARK} 123", "phone_type": [{"value": "home"}]}],
        "address": [{"line1": f"{MARK} Street", "city": f"{MARK} City", "address_type": [{"value": "home"}]}],
    }
    barcode = f"{MARK}-{record['primary_id']}"
    return record | {
        **{name: f"Q{MARK[1:]} {name}" for name in ("last_name", "first_name", "middle_name", "full_name")},
        **{name: f"{MARK} {name}" for name in ("pref_first_name", "pref_last_name", "job_description")},
        "birth_date": BORN,
        "contact_info": contact,
        "user_identifier": [record["user_identifier"][0] | {"value": barcode}],
        "user_note": [{"note_text": f"{MARK} note", "note_type": {"value": "GENERAL"}, "popup_note": True}],
        "user_statistic": [{"statistic_category": {"value": "LOCAL"}, "statistic_note": f"{MARK} statistic"}],
    }


@pytest.fixture
def people(emulator):
    """Primary IDs of some people with everything marked, but for their blocks."""
    ids = [*emulator.people("student", 2), *emulator.people("blocked", 2), *emulator.people("external", 1)]
    for one in ids:
        emulator.set_person(marked(emulator.person(one)))
    emulator.calls.clear()
    return ids


@pytest.fixture
def desk(sign_in):
    client = sign_in("circulation")
    client.raise_request_exception = False
    return client


@pytest.fixture
def cache_folder(settings, tmp_path):
    """The cache as it is in production: a folder."""
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": tmp_path,
            "TIMEOUT": None,
        }
    }
    return tmp_path


def one(name, *ids):
    return reverse(f"patrons:{name}", args=ids)


def look_up(desk, people):
    """By ID, by scan, by e-mail and by name; what is there, and what is not."""
    wanted = [*people, *(f"{MARK}-{person}" for person in people), f"{MARK}@example.edu", f"{MARK} nobody"]
    for headers in ({}, {"HX-Request": "true"}):
        for text in wanted:
            desk.post(FIND, {"q": text}, headers=headers)
    for field in ("last_name", "ALL", "email", "identifiers"):
        desk.post(FIND, {"field": field, "text": f"{MARK} last_name"})
    for person in people:
        for page in ("person", "loans", "fees", "print"):
            assert desk.get(one(page, person)).status_code == 200, page


def renew(desk, people):
    for person in people:
        page = read(desk.get(one("loans", person)))
        marks = [button.attrs["value"] for button in page.all("button") if button.attrs.get("name") == "loan"]
        desk.post(one("renew", person), {"loan": marks})


def change_blocks(desk, people):
    """Added, edited, lifted; and a form with something wrong."""
    for person in people:
        page = desk.get(one("new_block", person))
        choices = {select.attrs["name"]: select.all("option")[-1].attrs["value"] for select in selects(page)}
        assert send(desk, page, **choices, note="").status_code == 422
        saved = send(desk, page, **choices, note="Lost card", reason="Ticket 7")
        assert saved.status_code == 200, read(saved).text
        links = [link.attrs["href"] for link in read(desk.get(one("person", person))).all("a")]
        edits = [link for link in links if re.search(r"/blocks/[0-9a-f]{16}/$", link)]
        fill(desk, edits[0], {"note": "Another note"})
        links = [link.attrs["href"] for link in read(desk.get(one("person", person))).all("a")]
        lifts = [link for link in links if link.endswith("/lift/")]
        fill(desk, lifts[0], {})


def selects(page):
    return [one for one in read(page).all("select") if one.attrs["name"] in ("type", "description")]


def block_many(desk, people):
    """A job from the form to its end; one of the IDs is nobody's."""
    page = desk.get("/patrons/-/blocks/")
    choices = {select.attrs["name"]: select.all("option")[-1].attrs["value"] for select in selects(page)}
    typed = {"ids": "\n".join([*people, "nobody-at-all"]), "note": "Please see us"}
    response = send(desk, page, **choices, **typed)
    assert response.status_code == 302, read(response).text
    job = Job.objects.get()
    while job.state not in (Job.State.READY, Job.State.FAILED):
        work(job.pk)
        job.refresh_from_db()
        if job.asks and job.state == Job.State.DRAFT:
            control.review(job, None, "circulation")
    control.start(job)
    while job.state not in control.OVER:
        work(job.pk)
        job.refresh_from_db()
    assert job.items.filter(state=Item.State.DONE).exists()
    for address in ("", "items/", "items.csv", "files/review.csv", "files/result.csv"):
        desk.get(f"/jobs/{job.pk}/{address}")


def create(desk):
    typed = {"primary_id": "s-new", "user_group": "STUDENT", "birth_date": BORN[:10], "email": f"{MARK}@example.org"}
    typed |= {name: f"{MARK} {name}" for name in ("last_name", "first_name", "barcode", "line1", "city", "phone")}
    page = desk.get(one("new"))
    response = send(desk, page, **typed)
    if response.status_code == 200:
        response = send(desk, response)
    assert response.status_code == 302, read(response).text


def follow(desk, people, emulator):
    """Requests in lists and alone, watched, cancelled one by one and by a job; also while Alma fails."""
    ids = [one for one in emulator.requests() if emulator.request(one).get("user_primary_id") in people]
    assert len(ids) >= len(people)
    for one in ids:
        told = {"title": f"{MARK} title", "author": f"{MARK} author", "comment": f"{MARK} comment"}
        emulator.set_request(one, emulator.request(one) | told)
    for person in people:
        desk.get(reverse("circulation:person_requests", args=[person]))
    for one in ids[:3]:
        assert desk.get(reverse("circulation:request", args=[one])).status_code == 200
        desk.get(reverse("circulation:title_requests", args=[emulator.request(one)["mms_id"]]))
    watch = reverse("circulation:watch")
    desk.post(watch, {"do": "add", "pick": ids})
    desk.post(watch, {"do": "read"})
    work_off(desk, Job.objects.latest("pk"))
    typed = {"reason": "CannotBeFulfilled", "note": "Storage is flooded", "ticket": "Ticket 7"}
    for kind in ("drop", "malformed", None):
        if kind:
            emulator.faults.add(kind=kind, method="DELETE")
        send(desk, desk.get(reverse("circulation:cancel", args=[ids[0]])), **typed)
    form = desk.post(reverse("circulation:cancel_many"), {"source": f"patron/{people[-1]}", "do": "all"})
    send(desk, form, **typed)
    desk.post(reverse("circulation:cancel_many"), {"ids": f"{MARK} Name"})
    assert work_off(desk, Job.objects.get(kind="cancel-requests")).items.filter(state=Item.State.DONE).exists()
    assert MARK not in desk.get(watch).content.decode().lower(), "its title is the bib's"


def work_off(desk, job):
    """To its end, started once it is ready, and looked at."""
    while job.state not in control.OVER:
        if job.state == Job.State.READY:
            control.start(job)
        work(job.pk)
        job.refresh_from_db()
    desk.get(f"/jobs/{job.pk}/")
    return job


def fail(desk, people, emulator):
    """Every way in which Alma can fail while it is asked about a patron."""
    for kind in ("403html", "drop", "500", "malformed", "429day", "brokenxml"):
        for address in ("person", "loans", "fees"):
            emulator.faults.add(kind=kind, path="/users/*")
            desk.get(one(address, people[0]))
        emulator.faults.add(kind=kind, path="/users*")
        desk.post(FIND, {"q": f"{MARK} nobody"})
        emulator.faults.clear()
        emulator.faults.add(kind=kind, method="PUT", when="after")
        page = desk.get(one("new_block", people[0]))
        if page.status_code == 200:
            choices = {select.attrs["name"]: select.all("option")[-1].attrs["value"] for select in selects(page)}
            send(desk, page, **choices, note="Lost card")
        emulator.faults.clear()
        gateway.alma().quota.answered("90000", emulator.now())
    desk.post(one("new"), {"last_name": f"{MARK} Name", "birth_date": f"{MARK} day"})


def found_in(texts):
    """Where the mark stands, or a birth date."""
    return {name for name, text in texts.items() if MARK in text.lower() or BORN[:10] in text}


@pytest.mark.thorough
def test_after_a_day_s_use_nothing_of_a_patron_is_kept(desk, people, emulator, cache_folder):
    with everything.log() as log:
        look_up(desk, people)
        renew(desk, people)
        change_blocks(desk, people)
        block_many(desk, people)
        create(desk)
        fail(desk, people, emulator)
        sweep.sweep()
        for address in ("/", "/changes/", "/jobs/", "/patrons/-/access/"):
            desk.get(address)
    tables, files = everything.tables(), everything.files(cache_folder)
    assert Access.objects.count() > 50, "it was used"
    assert Change.objects.filter(kind="patron").count() > 10
    assert JobFile.objects.exists()
    is_clean(people, tables, files, log)


@pytest.mark.thorough
def test_after_requests_were_followed_and_cancelled_nothing_of_a_patron_is_kept(desk, people, emulator, cache_folder):
    with everything.log() as log:
        follow(desk, people, emulator)
        sweep.sweep()
        desk.get("/changes/")
    tables = everything.tables()
    assert Change.objects.filter(kind="request", state="done").count() > 1
    assert tables["circulation_watched"]
    is_clean(people, tables, everything.files(cache_folder), log)
    everywhere = {name for name, text in tables.items() if any(one in text for one in people)}
    assert everywhere == {"people_access"}, "not even the primary ID stands anywhere else"


def is_clean(people, tables, files, log):
    assert found_in(tables) == set()
    assert found_in(files) == set()
    assert found_in({"log": log.getvalue()}) == set()
    assert mail.outbox == []
    everywhere = {name for name, text in tables.items() if people[0] in text or people[2] in text}
    assert everywhere <= WITH_IDS, "primary IDs stand only where they must"
    assert not [name for name, text in files.items() if people[0] in text]


@pytest.mark.django_db
def test_the_mark_would_be_found_wherever_it_was(cache_folder):
    """The proof above can fail."""
    cache.set("x", {"name": f"{MARK} Name"})
    JobFile.objects.create(
        job=Job.objects.create(kind="x", created="2027-01-15T12:00Z"),
        name="x",
        made="2027-01-15T12:00Z",
        rows=1,
        content=gzip.compress(MARK.encode()),
    )
    Failure.objects.create(series_id=1, text=MARK)
    client = Client()
    session = client.session
    session["last"] = MARK
    session.save()
    assert found_in(everything.tables()) == {"files, unpacked", "sessions, unpacked", "usage_failure"}
    assert found_in(everything.files(cache_folder))


def test_what_is_counted_of_a_call_names_nobody(desk, people):
    desk.post(FIND, {"q": f"{MARK}-{people[0]}"})
    desk.post(FIND, {"field": "last_name", "text": MARK})
    operations = set(Series.objects.filter(area="users").values_list("operation", flat=True))
    assert operations == {"/users", "/users/{user_id}"}


# faults of our own


@pytest.fixture
def broken(monkeypatch):
    """A fault in the middle of a patron's page, whose exception says all that it stumbled over."""

    def fault(record):
        try:
            return int(record["last_name"])
        except ValueError as error:
            raise KeyError(f"{record}") from error

    monkeypatch.setattr("almaportal.people.verdict.of", fault)


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("htmx", [{}, {"HX-Request": "true"}])
def test_a_fault_in_a_patron_s_page_logs_where_and_not_who(desk, people, htmx):
    with everything.log() as log:
        answers = [
            desk.get(one("person", people[0]), headers=htmx),
            desk.post(FIND, {"q": f"{MARK}-{people[0]}"}, headers=htmx),
            desk.post(FIND, {"field": "last_name", "text": MARK}, headers=htmx),
        ]
    assert [answer.status_code for answer in answers] == [500, 500, 500]
    text = log.getvalue()
    assert "Internal Server Error: /patrons/" in text
    assert "builtins.KeyError" in text
    assert ", in fault" in text
    assert found_in({"log": text, **{str(n): answer.content.decode() for n, answer in enumerate(answers)}}) == set()


@pytest.mark.usefixtures("broken")
def test_a_fault_is_mailed_to_nobody(desk, people, settings):
    settings.ADMINS = [("Admin", "admin@example.edu")]
    with everything.log():
        desk.get(one("person", people[0]))
    assert mail.outbox == []


def test_a_variable_that_a_template_misses_logs_no_record(emulator, people):
    """At its most talkative Django logs whatever the variable was looked for in."""
    with everything.log() as log:
        engines["django"].from_string("{{ person.nothing }}").render({"person": emulator.person(people[0])})
    assert "Exception while resolving variable 'nothing'" in log.getvalue()
    assert found_in({"log": log.getvalue()}) == set()


def test_a_fault_in_a_job_leaves_no_words_in_the_queue_or_the_log(desk, people, monkeypatch, django_user_model):
    user = django_user_model.objects.get(username="circulation")
    params = {"set": {"type": "GENERAL", "description": "UNPAID", "note": "x"}}
    job = control.submit("add-blocks", [people[0]], params, user, "")
    monkeypatch.setattr("patrons.jobs.person.primary_id", lambda record: int(record["last_name"]))
    with everything.log() as log:
        while job.state not in (Job.State.READY, Job.State.FAILED):
            work(job.pk)
            job.refresh_from_db()
    assert "builtins.ValueError" in log.getvalue()
    assert found_in({"log": log.getvalue(), **everything.tables()}) == set()


def test_a_fault_that_leaves_a_slice_tells_the_queue_its_kind_alone(desk, people, monkeypatch, django_user_model):
    """The queue keeps the words of what its tasks raise."""
    user = django_user_model.objects.get(username="circulation")
    params = {"set": {"type": "GENERAL", "description": "UNPAID", "note": "x"}}
    job = control.submit("add-blocks", [people[0]], params, user, "")

    def plan(self, job):
        raise ValueError(MARK)

    monkeypatch.setattr("patrons.jobs.BlockJob.plan", plan)
    with everything.log() as log, pytest.raises(Exception, match=r"^ValueError$") as raised:
        work(job.pk)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    assert found_in({"log": log.getvalue()}) == set()


# what logs of their own


def test_libraries_that_log_addresses_of_calls_are_silenced():
    from almaportal import settings as real

    levels = {name: one.get("level") for name, one in real.LOGGING["loggers"].items()}
    assert levels["urllib3"] == levels["requests"] == "ERROR"


def test_no_handler_of_django_s_own_is_left():
    with everything.log() as log:
        import logging

        handlers = {
            handler
            for name in ("", *logging.root.manager.loggerDict)
            if name == "" or name.split(".")[0] == "django"
            for handler in logging.getLogger(name).handlers
        }
    assert {getattr(one, "stream", None) for one in handlers} <= {log}
    assert isinstance(log, StringIO)


# who sees what on the pages of changes and jobs


@pytest.fixture
def done(desk, people):
    """A change of a patron's block, and a job of blocks that is over."""
    change_blocks(desk, people[:1])
    block_many(desk, people[:1])
    return Change.objects.filter(kind="patron").latest("pk"), Job.objects.get()


@pytest.mark.thorough
def test_the_desk_sees_its_changes_of_patrons(desk, done, people):
    page = read(desk.get("/changes/?kind=patron"))
    assert people[0] in page.text
    assert desk.get(f"/changes/{done[0].pk}/").status_code == 200
    assert desk.get(f"/jobs/{done[1].pk}/").status_code == 200


@pytest.mark.thorough
def test_e_resources_staff_see_nothing_of_patrons(done, people, sign_in):
    client = sign_in("e-resources")
    change, job = done
    for address in ("/", "/changes/", "/changes/?kind=patron", f"/changes/?record={people[0]}", "/jobs/", "/usage/"):
        text = client.get(address).content.decode().replace(f'value="{people[0]}"', "")
        assert people[0] not in text, address
        assert "Patron" not in text, address
    for address in (f"/changes/{change.pk}/", f"/changes/{change.pk}/undo/", f"/jobs/{job.pk}/"):
        assert client.get(address).status_code == 404, address
    assert client.post(f"/changes/{change.pk}/look/").status_code == 404
    names = [option.text for option in read(client.get("/changes/")).by_id("id_person").all("option")]
    assert names == ["everybody"], "not even who changes patrons"


@pytest.mark.thorough
def test_an_e_collection_with_the_id_of_a_patron_shows_none_of_their_changes(done, sign_in, emulator):
    change, _job = done
    collection = emulator.collections()[0]
    Change.objects.filter(pk=change.pk).update(record_id=collection, ids=[collection])
    page = read(sign_in("e-resources").get(f"/ecollections/{collection}/"))
    assert f"/changes/{change.pk}/" not in page.links.values()


@pytest.mark.thorough
def test_an_unsure_change_of_a_patron_is_no_news_for_who_may_not_see_patrons(done, sign_in):
    Change.objects.filter(pk=done[0].pk).update(state=Change.State.UNSURE)
    assert "Nobody knows" in read(sign_in("circulation", "viewer").get("/")).text
    assert "Nobody knows" not in read(sign_in("e-resources").get("/")).text


@pytest.mark.thorough
def test_who_lost_the_role_sees_their_old_jobs_about_patrons_no_more(done, desk, django_user_model):
    from django.contrib.auth.models import Group

    person = django_user_model.objects.get(username="circulation")
    person.groups.set(Group.objects.filter(name="e-resources"))
    _change, job = done
    for address in ("", "items/", "items.csv", "items.xlsx", "files/targets.txt", "files/review.csv"):
        assert desk.get(f"/jobs/{job.pk}/{address}").status_code == 404, address
    page = read(desk.get("/jobs/"))
    assert page.rows[0][0].startswith("You have no jobs")
    assert "Add block" not in page.text, "nor a notice about one"


@pytest.mark.thorough
def test_the_desk_sees_changes_of_e_collections_and_cannot_take_them_back(sign_in, emulator):
    fill(sign_in("e-resources"), f"{addresses()['ecollections:portfolio']}edit/", {"portfolio-public_note": "New"})
    change = Change.objects.get()
    client = sign_in("circulation")
    page = read(client.get(f"/changes/{change.pk}/"))
    assert "Undo…" not in page.links
    assert client.get(f"/changes/{change.pk}/undo/").status_code == 403
