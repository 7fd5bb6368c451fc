"""Comparing a service with a provider's KBART file, from the index to the jobs; and the service as such a file."""

import csv as csv_module
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from almaportal.changes.models import Change
from almaportal.jobs.models import Job
from ecollections.kbart import known, reading
from ecollections.models import IndexedService, Load, Title
from ecollections.titles import index
from tests.ecollections.bringing import FILES, bring, groups, press, sort, sorted_now, worked_off
from tests.jobs.making import NOON
from tests.jobs.places import done
from tests.jobs.places import local as local
from tests.portal.reading import read

pytestmark = pytest.mark.thorough

TITLE, PRINT, ONLINE, FROM, URL, TITLE_ID, TYPE = (
    reading.FIELDS.index(name)
    for name in (
        "publication_title",
        "print_identifier",
        "online_identifier",
        "date_first_issue_online",
        "title_url",
        "title_id",
        "publication_type",
    )
)


@pytest.fixture
def editor(sign_in):
    return sign_in("e-resources")


@pytest.fixture
def address(local):
    return f"/ecollections/{local.collection_id}/services/{local.service_id}/kbart/"


@dataclass
class Service:
    """A service of seven titles in the index, and its KBART file."""

    client: Any
    address: str
    emulator: Any
    local: Any
    rows: list[list[str]] = field(default_factory=list)

    def compare(self, rows=None) -> Load:
        text = "\n".join("\t".join(row) for row in [list(reading.FIELDS), *(self.rows if rows is None else rows)])
        file = SimpleUploadedFile("provider.txt", f"{text}\n".encode())
        response = self.client.post(self.address, {"file": file})
        assert response.status_code == 302, read(response).text
        return sorted_now(Load.objects.latest("pk"))

    def rows_without(self, number: int) -> list[list[str]]:
        """The rows without those of so many titles."""
        gone = list(dict.fromkeys(row[TITLE_ID] for row in self.rows))[-number:]
        return [list(row) for row in self.rows if row[TITLE_ID] not in gone]

    def page(self, load: Load, query: str = "") -> Any:
        return read(self.client.get(f"{FILES}{load.pk}/{query}"))


@pytest.fixture
def whole(emulator, local):
    """whole(): the index knows all of its records, and their identifiers."""

    def see():
        home = (local.collection_id, local.service_id)
        records = [emulator.record("portfolio", pid) for pid in local.ids]
        index.see([(record, home) for record in records])
        bibs = emulator_bibs(emulator, records)
        index.identify(bibs, [bib["mms_id"] for bib in bibs])
        fields = {"built": "2027-01-15T12:00:00Z", "has_identifiers": True, "total": 7}
        IndexedService.objects.filter(service_id=local.service_id).update(**fields)

    return see


def emulator_bibs(emulator, records):
    ids = [record["resource_metadata"]["mms_id"]["value"] for record in records]
    return [{"mms_id": mms_id, "issn": f"2000-{n:03d}0", "isbn": ""} for n, mms_id in enumerate(ids)]


@pytest.fixture
def service(editor, address, emulator, local, whole):
    whole()
    lines = list(reading_out(editor, address))
    return Service(editor, address, emulator, local, [line.split("\t") for line in lines[1:]])


def reading_out(client, address):
    text = b"".join(client.get(f"{address}out/").streaming_content).decode()
    return text.splitlines()


def serial(title, online="", url="https://new.example.org/", first="2001"):
    row = [""] * len(reading.FIELDS)
    row[TITLE], row[ONLINE], row[URL], row[FROM] = title, online, url, first
    return row


# what must be known first


def test_the_service_leads_to_it(editor, address):
    page = read(editor.get(address.removesuffix("kbart/")))
    assert page.links["KBART"] == "kbart/"
    assert read(editor.get(address)).one("h1").text == "Compare with a KBART title list"


def test_a_service_that_is_not_indexed_is_indexed_first(editor, address, local):
    page = read(editor.get(address))
    assert "First the titles of this service must be indexed" in page.text
    assert page.all("input", type="file") == []
    assert "Index this service (2 calls at most)" in [one.text for one in page.all("button")]
    response = editor.post(address, {"file": SimpleUploadedFile("x.txt", b"publication_title\ttitle_id\nx\t1\n")})
    assert response.status_code == 422
    assert "Index the service first" in read(response).one("section", "bad").text
    response = editor.post(address, {"do": "index"})
    job = Job.objects.get()
    assert (response.url, job.kind, job.targets) == (f"/jobs/{job.pk}/", "index-titles", [local.service])
    assert job.params["identifiers"] is True
    assert worked_off(job).state == "done"
    assert read(editor.get(address)).by_id("file").attrs["type"] == "file"


def test_an_index_without_identifiers_is_said(editor, address, whole, local):
    whole()
    IndexedService.objects.update(has_identifiers=False)
    assert "ISSN and ISBN of its titles are not known" in read(editor.get(address)).text


def test_what_was_not_read_can_be_read_before(editor, address, whole, local):
    whole()
    first, second = Title.objects.order_by("sort")[:2]
    Title.objects.filter(pk__in=[first.pk, second.pk]).update(facts=None)
    page = read(editor.get(address))
    assert "Of 2 of its 7 titles the coverage and the URL are not known yet" in page.text
    response = editor.post(address, {"do": "read"})
    job = Job.objects.get()
    assert (response.url, job.kind) == (f"/jobs/{job.pk}/", "read-portfolios")
    assert job.targets == [f"{local.service}/{one.alma_id}" for one in (first, second)]


def test_with_a_service_that_is_gone_nothing_is_compared(editor):
    address = "/ecollections/61999999990004711/services/62999999990004711/kbart/"
    assert editor.get(address).status_code == 404


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"Path,Public note\nx,y\n", "No column is publication_title"), (b"%PDF-1.7", "no table, but a PDF")],
)
def test_what_is_no_kbart_file_is_refused(service, content, sentence):
    response = service.client.post(service.address, {"file": SimpleUploadedFile("x.txt", content)})
    assert response.status_code == 422
    page = read(response)
    assert sentence in page.one("section", "bad").text
    assert Load.objects.count() == 0


# the comparison


def test_the_service_as_a_file_compared_with_itself_is_the_same(service):
    load = service.compare()
    assert load.counts == {"same": 7}
    assert groups(service.page(load)) == {"The same": 7}


def test_each_difference_is_in_its_group(service):
    rows = service.rows_without(1)
    book = next(row for row in rows if row[TYPE] == "monograph")
    book[URL] = "https://new.example.org/0"
    next(row for row in rows if row[TYPE] == "serial")[FROM] = "1801-02"
    load = service.compare([*rows, serial("A new journal", "2999-0001"), serial("")])
    assert groups(service.page(load)) == {
        "Wrong": 1,
        "New, without MMS ID": 1,
        "Missing": 1,
        "Changed coverage": 1,
        "Changed URL": 1,
        "The same": 4,
    }
    [row] = service.page(load, "?group=missing").by_id("rows").rows
    assert service.rows[-1][TITLE] in row[2]
    [row] = service.page(load, "?group=coverage").by_id("rows").rows
    assert "→ Feb 1801" in row[-1]


def test_where_an_override_is_in_force_a_changed_url_is_the_override(service, emulator):
    path = service.local.ids[0]
    row = next(row for row in service.rows if row[TITLE_ID] == path)
    record = emulator.record("portfolio", path)
    override = {"static_url_override": "https://own.example.org/"}
    record |= {"is_local": True, "linking_details": record["linking_details"] | override}
    index.see([(record, (service.local.collection_id, service.local.service_id))])
    row[URL] = "https://new.example.org/"
    load = service.compare()
    wanted = load.rows.get(group="url", path__endswith=path).data["set"]
    assert wanted["linking_details.static_url_override"] == "https://new.example.org/"


def test_what_nobody_read_is_a_group_that_is_read_and_compared_again(service):
    Title.objects.filter(pk=Title.objects.first().pk).update(facts=None)
    load = service.compare()
    assert load.counts == {"same": 6, "unread": 1}
    press(service.client, load, "unread", "read all")
    job = Job.objects.latest("pk")
    assert (job.kind, job.params["load"]) == ("read-portfolios", load.pk)
    assert worked_off(job).state == "done"
    service.client.post(f"{FILES}{load.pk}/again/")
    assert sorted_now(load).counts == {"same": 7}


def test_changes_become_jobs(service):
    rows = [list(row) for row in service.rows]
    rows[0][URL] = "https://new.example.org/0"
    load = service.compare(rows)
    press(service.client, load, "url", "edit all")
    job = Job.objects.latest("pk")
    assert job.kind == "load-portfolios"
    assert done(job).state == "done"
    record = service.emulator.record("portfolio", job.targets[0]["path"].rpartition("/")[2])
    links = [record["linking_details"][name] for name in ("static_url", "static_url_override")]
    assert "https://new.example.org/0" in " ".join(filter(None, links))


def test_what_is_missing_is_deleted_or_made_unavailable(service):
    load = service.compare(service.rows_without(2))
    page = service.page(load)
    texts = [one.text for one in page.all("button") + page.all("a")]
    assert {"Review 2 deletions…", "Make 2 unavailable…"} <= set(texts)
    press(service.client, load, "missing", "hide all")
    job = Job.objects.latest("pk")
    assert (job.kind, len(job.targets)) == ("edit-portfolios", 2)
    assert job.params["actions"] == [{"path": "availability", "do": "set", "value": "10"}]
    press(service.client, load, "missing", "delete all", bib="retain")
    assert Job.objects.latest("pk").kind == "delete-portfolios"


def test_new_titles_get_the_mms_id_of_a_title_in_the_index(service, emulator):
    other = emulator.services(emulator.collections()[0])[0]
    record = emulator.record("portfolio", emulator.portfolios(other)[0])
    index.see([(record, (emulator.collections()[0], other))])
    mms_id = record["resource_metadata"]["mms_id"]["value"]
    index.identify([{"mms_id": mms_id, "isbn": "3-16-148410-X (pbk.)", "issn": ""}], [mms_id])
    title = record["resource_metadata"]["title"]
    book = serial(title.upper(), "978-3-16-148410-0", first="")
    load = service.compare([*service.rows, book, serial("Nobody's", "2999-0001")])
    assert load.counts == {"same": 7, "new": 1, "without": 1}
    press(service.client, load, "new", "create all")
    job = Job.objects.latest("pk")
    assert job.kind == "create-portfolios"
    assert [(row["mms_id"], row["to"]) for row in job.targets] == [(mms_id, service.local.service)]
    assert job.targets[0]["set"]["linking_details.static_url"] == "https://new.example.org/"


def test_an_mms_id_is_not_guessed_between_two(service):
    mms_ids = ["99100000000004711", "99100000010004711"]
    records = [
        {"id": f"5399999{n}0004711", "resource_metadata": {"title": "x", "mms_id": {"value": one}}}
        for n, one in enumerate(mms_ids)
    ]
    index.see([(record, ("6", "7")) for record in records])
    index.identify([{"mms_id": one, "issn": "2999-0001"} for one in mms_ids], mms_ids)
    found = known._mms_ids(["2999-0001"])
    assert found["2999-0001"] == {int(one): "x" for one in mms_ids}
    load = service.compare([serial("New", "2999-0001")])
    assert "Several titles in the index" in load.rows.get(group="without").why


def test_an_mms_id_of_quite_another_title_is_for_a_person(service):
    mms_id = "99100000000004711"
    record = {"id": "53999990004711", "resource_metadata": {"title": "Zymurgy", "mms_id": {"value": mms_id}}}
    index.see([(record, ("6", "7"))])
    index.identify([{"mms_id": mms_id, "issn": "2999-0001"}], [mms_id])
    load = service.compare([serial("Annals of botany", "2999-0001")])
    assert f"another title in the index: “Zymurgy”, MMS ID {mms_id}." in load.rows.get(group="without").why


def test_those_without_are_a_file_to_fill_in_and_load(service, emulator):
    load = service.compare([*service.rows, serial("Nobody's", "2999-0001")])
    page = service.page(load, "?group=without")
    text = b"".join(service.client.get(page.by_id("rows").links["CSV to fill in and load"]).streaming_content).decode()
    head, row = csv_module.reader(text.removeprefix("\ufeff").splitlines())
    cells = dict(zip(head, row, strict=True))
    assert (cells["MMS ID"], cells["Title in the file"]) == ("", "Nobody's")
    collection = emulator.collections()[0]
    record = emulator.record("portfolio", emulator.portfolios(emulator.services(collection)[0])[0])
    row[head.index("MMS ID")] = record["resource_metadata"]["mms_id"]["value"]
    lines = [",".join(f'"{cell}"' for cell in one) for one in (head, row)]
    filled = sort(service.client, bring(service.client, SimpleUploadedFile("x.csv", "\n".join(lines).encode())))
    assert filled.counts == {"create": 1}, filled.rows.first().why
    wanted = filled.rows.get().data
    assert wanted["to"] == service.local.service
    assert wanted["set"]["coverage_details.local_date_coverage_parameters"] == [{"from_year": "2001"}]


# what a person decides


@pytest.fixture
def unclear(service):
    """A file whose one title is only alike."""
    rows = [list(row) for row in service.rows]
    rows[0] = serial(f"{rows[0][TITLE]} x", url="", first="")
    load = service.compare(rows)
    assert load.counts == {"same": 6, "unclear": 1}
    return load


def decide(service, load, choice, **more):
    row = load.rows.get(group="unclear")
    data = {f"choice-{row.pk}": choice, "sorted": str(load.job_id), **more}
    return service.client.post(f"{FILES}{load.pk}/decisions/", data)


def test_a_decision_is_kept_and_counts_once_it_is_compared_again(service, unclear):
    page = service.page(unclear, "?group=unclear")
    [first, none, later] = page.all("input", type="radio")
    assert ("checked" in later.attrs, none.attrs["value"]) == (True, "none")
    assert decide(service, unclear, first.attrs["value"]).status_code == 302
    page = service.page(unclear, "?group=unclear")
    assert "checked" in page.all("input", type="radio")[0].attrs
    assert "1 decision is kept and not applied yet" in page.text
    service.client.post(f"{FILES}{unclear.pk}/again/")
    load = sorted_now(unclear)
    assert "unclear" not in load.counts
    assert load.rows.filter(path=first.attrs["value"]).exists()


def test_none_of_these_makes_it_new(service, unclear):
    response = decide(service, unclear, "none", again="1")
    assert response.url == f"{FILES}{unclear.pk}/"
    assert sorted_now(unclear).counts == {"same": 6, "without": 1, "missing": 1}


def test_decisions_count_next_month_too_until_they_are_forgotten(service, unclear):
    decide(service, unclear, "none", again="1")
    sorted_now(unclear)
    rows = [list(row) for row in service.rows]
    rows[0] = serial(f"{rows[0][TITLE]} x", url="", first="")
    load = service.compare(rows)
    assert "unclear" not in load.counts
    service.client.post(f"{FILES}{load.pk}/decisions/", {"forget": "1"})
    service.client.post(f"{FILES}{load.pk}/again/")
    assert sorted_now(load).counts["unclear"] == 1


def test_what_was_decided_before_its_rows_were_sorted_anew_is_not_lost_silently(service, unclear):
    response = decide(service, unclear, "none", sorted="0")
    assert response.status_code == 422
    assert "sorted anew" in read(response).one("section", "bad").text
    assert Load.objects.get(pk=unclear.pk).options["decisions"] == {}


def test_a_decision_can_be_taken_back(service, unclear):
    decide(service, unclear, "none")
    decide(service, unclear, "")
    assert Load.objects.get(pk=unclear.pk).options["decisions"] == {}


def test_what_was_not_offered_cannot_be_chosen(service, unclear):
    decide(service, unclear, "61/62/53")
    assert Load.objects.get(pk=unclear.pk).options["decisions"] == {}


# next month


def a_month_ago(load):
    Load.objects.filter(pk=load.pk).update(made=load.made - timedelta(days=30))
    return load


def test_what_nobody_has_looked_at_yet_is_no_last_time_but_a_job_makes_it_one(service):
    rows = service.rows_without(1)
    service.compare(rows)
    load = service.compare(rows)
    assert (load.previous, groups(service.page(load))["Missing"]) == (None, 1)
    press(service.client, load, "missing", "delete all", bib="retain")
    again = service.compare(rows)
    assert again.previous_id == load.pk
    assert "1 as last time" in service.page(again).text


def test_what_alma_is_deleting_is_not_missing(service):
    load = service.compare(service.rows_without(2))
    path = load.rows.filter(group="missing").first().path
    ids = path.split("/")
    going = {"state": Change.State.GOING, "at": NOON, "record_id": ids[-1], "ids": ids}
    Change.objects.create(kind="portfolio", action=Change.Action.DELETE, who="x", **going)
    service.client.post(f"{FILES}{load.pk}/again/")
    left = sorted_now(load).rows.filter(group="missing").values_list("path", flat=True)
    assert (len(left), path in left) == (1, False)


def test_a_file_that_lacks_most_of_the_service_is_asked_about(service, monkeypatch):
    monkeypatch.setattr("ecollections.loading.file_page.FEW", 2)
    page = service.page(service.compare(service.rows_without(6)))
    assert "Most of the service is not in the file" in page.text
    assert "Most of the service" not in service.page(service.compare(service.rows_without(1))).text


def test_next_month_shows_only_what_changed_since(service):
    rows = service.rows_without(1)
    first, second = [row for row in rows if row[TYPE] == "monograph"][:2]
    first[URL] = "https://new.example.org/0"
    a_month_ago(service.compare([*rows, service.rows[-1]]))
    second[URL] = "https://new.example.org/1"
    load = service.compare(rows)
    page = service.page(load)
    assert groups(page)["Changed URL"] == 1
    assert groups(page)["Missing"] == 1
    assert groups(page)["The same"] == 4
    row = next(one.text for one in page.all("tr") if "Changed URL" in one.text)
    assert "and 1 as last time" in row
    press(service.client, load, "url", "edit all")
    assert len(Job.objects.latest("pk").targets) == 1
    old = service.page(load, "?old=1&group=url")
    assert groups(old)["Changed URL"] == 2
    press(service.client, load, "url", "edit all", old="1")
    assert len(Job.objects.latest("pk").targets) == 2


def test_a_title_id_of_several_titles_tells_nothing_next_month(service):
    load = service.compare()
    first, second, third = load.rows.filter(group="same")[:3]
    for row, title_id in ((first, "N/A"), (second, "N/A"), (third, "t3")):
        row.data["title_id"] = title_id
        row.save()
    found = known.earlier(load)
    assert (found["N/A"], found["t3"], found[first.data["match_key"]]) == ("", third.path, first.path)


def test_what_others_compared_counts_as_the_last_time_but_is_theirs(service, sign_in):
    load = a_month_ago(service.compare())
    other = sign_in("e-resources", "viewer")
    theirs = Service(other, service.address, service.emulator, service.local, service.rows).compare()
    assert theirs.previous_id == load.pk
    page = read(other.get(service.address))
    assert [row[2] for row in page.rows] == ["e-resources-viewer", "e-resources"]
    assert f"{FILES}{load.pk}/" not in page.links.values()
    assert other.get(f"{FILES}{load.pk}/").status_code == 404


def test_removing_a_comparison_leads_back_to_the_service(service):
    load = service.compare()
    assert service.client.post(f"{FILES}{load.pk}/remove/").url == service.address


# out


def test_the_file_has_a_row_for_each_title_and_the_name_that_is_recommended(service):
    response = service.client.get(f"{service.address}out/")
    assert response["Content-Disposition"].startswith('attachment; filename="')
    assert "_2027-01-15.txt" in response["Content-Disposition"]
    text = b"".join(response.streaming_content).decode()
    assert text.splitlines()[0].split("\t") == list(reading.FIELDS)
    assert {row[TITLE_ID] for row in service.rows} == set(service.local.ids)


def test_what_is_in_force_of_an_embargo():
    local, other = {"number_of_years": "1"}, {"number_of_years": "2"}
    facts = {known.EMBARGO["local"]: local, known.EMBARGO["global"]: other}
    in_force = [known.embargo_in_force(facts | {known.IN_USE: code}) for code in ("0", "1", "2", "")]
    assert in_force == [local, other, local, local]
    assert known.embargo_in_force({known.IN_USE: "2", known.EMBARGO["global"]: other}) == other
