"""Changes from a file, each record with its own values."""

import csv
import io
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from almaportal import codes
from almaportal.jobs import control
from almaportal.jobs.exports import harmless
from almaportal.jobs.models import Job
from ecollections import actions
from ecollections.kinds import BY_NAME, PORTFOLIO
from ecollections.loading import cells, columns, reading
from ecollections.loading.checking import check
from ecollections.record_form import tables_of
from tests.ecollections.conftest import tree as tree
from tests.jobs.places import local as local
from tests.jobs.test_edit_jobs import person, run

pytestmark = pytest.mark.thorough

__all__ = ["person"]
COVERAGE = "coverage_details.local_date_coverage_parameters"
EMBARGO = "coverage_details.local_embargo_information"
S = Job.State


def row(path, **values):
    return {"path": path, "title": "", "set": values}


def rows_of(*pairs):
    return [{"path": path, "title": "T", "set": values} for path, values in pairs]


def puts(emulator):
    return [call for call in emulator.calls if call.method == "PUT"]


def done(job):
    control.start(job)
    return run(job)


def test_each_record_gets_its_own_values(person, local, emulator):
    rows = [{"from_year": "1997", "until_year": "2004"}, {"from_year": "2010"}]
    embargo = {"embargo_operator": {"value": ">"}, "number_of_years": "1"}
    first, second = local.paths[:2]
    targets = rows_of(
        (first, {"public_note": "One", COVERAGE: rows}), (second, {"public_note": "Two", EMBARGO: embargo})
    )
    before = local.records()
    job = run(control.submit("load-portfolios", targets, {"load": 1, "file": "list.csv"}, person))
    assert (job.state, job.title) == (S.READY, "Changes of 2 records from list.csv")
    assert [set(item.after) for item in job.items.order_by("position")] == [
        {"public_note", COVERAGE},
        {"public_note", EMBARGO},
    ]
    assert puts(emulator) == []
    assert done(job).state == S.DONE
    one, two = (local.records()[pid] for pid in local.ids[:2])
    assert (one["public_note"], two["public_note"]) == ("One", "Two")
    assert [item["from_year"] for item in one["coverage_details"]["local_date_coverage_parameters"]] == ["1997", "2010"]
    assert two["coverage_details"]["local_embargo_information"]["number_of_years"] == "1"
    back = done(run(control.undo(job, person)))
    assert back.state == S.DONE
    for pid, record in local.records().items():
        for path in ("public_note", COVERAGE, EMBARGO):
            one = PORTFOLIO.fields[path]
            assert cells.text(one, actions.raw(one, record)) == cells.text(one, actions.raw(one, before[pid]))


def test_an_empty_text_clears_the_field(person, local, emulator):
    pid = local.ids[0]
    record = emulator.record("portfolio", pid) | {"public_note": "Old"}
    record["coverage_details"]["local_date_coverage_parameters"] = [{"from_year": "1997"}]
    emulator.put_record("portfolio", pid, record)
    targets = rows_of((local.paths[0], {"public_note": "", COVERAGE: ""}))
    job = done(run(control.submit("load-portfolios", targets, {}, person)))
    assert control.counts(job)["done"] == 1
    record = emulator.record("portfolio", pid)
    assert (record["public_note"], record["coverage_details"]["local_date_coverage_parameters"]) == ("", [])


def test_what_somebody_changed_since_the_review_is_left_alone(person, local, emulator):
    targets = rows_of((local.paths[0], {"public_note": "Mine", "authentication_note": "Mine"}))
    job = run(control.submit("load-portfolios", targets, {}, person))
    pid = local.ids[0]
    emulator.put_record("portfolio", pid, emulator.record("portfolio", pid) | {"public_note": "Theirs"})
    done(job)
    item = job.items.get()
    assert (item.state, item.message) == ("skipped", "Changed in Alma since: Public note")
    assert emulator.record("portfolio", pid)["authentication_note"] != "Mine"


def test_what_the_community_zone_manages_is_refused(person, tree, emulator):
    path = f"{tree.collection_id}/{tree.service_id}/{tree.portfolio_id}"
    assert emulator.record("portfolio", tree.portfolio_id)["is_local"] is False
    targets = rows_of((path, {"linking_details.static_url": "https://mine.example.org/"}))
    item = run(control.submit("load-portfolios", targets, {}, person)).items.get()
    assert item.verdict == "refused"
    assert "Community Zone" in item.message


def test_a_value_that_cannot_be_is_refused_for_its_record_alone(person, local):
    targets = rows_of(
        (local.paths[0], {"availability": "perhaps"}),
        (local.paths[1], {COVERAGE: [{"from_year": "19"}]}),
        (local.paths[2], {"availability": ""}),
        (local.paths[3], {"public_note": "New"}),
    )
    items = run(control.submit("load-portfolios", targets, {}, person)).items.order_by("position")
    assert [item.verdict for item in items] == ["refused", "refused", "refused", "changes"]
    assert "four digits" in items[1].message


PATH = "61/62/5312345678"


@pytest.mark.parametrize(
    "target",
    [
        "61/62/5312345678",
        {"path": PATH},
        {"path": PATH, "set": {}},
        {"path": "61/6212345678", "set": {"public_note": "x"}},
        {"path": "5312345678", "set": {"public_note": "x"}},
        {"path": "a b", "set": {"public_note": "x"}},
        {"path": PATH, "set": {"nothing": "x"}},
        {"path": PATH, "set": {"resource_metadata.mms_id": "99"}},
        {"path": PATH, "set": {"public_note": ["x"]}},
        {"path": PATH, "set": {"notes": [{"content": "x"}]}},
        {"path": PATH, "set": {COVERAGE: "1997 –"}},
    ],
)
def test_rows_that_are_none_are_refused_at_once(person, target):
    with pytest.raises(control.Refused):
        control.submit("load-portfolios", [row("61/62/5399999999", public_note="x"), target], {}, person)
    assert Job.objects.count() == 0


def test_a_record_twice_is_refused_at_once(person):
    with pytest.raises(control.Refused, match="named twice"):
        control.submit("load-portfolios", [row(PATH, public_note="x"), row(PATH, public_note="y")], {}, person)


def test_the_library_of_an_e_collection_is_told_to_reach_its_portfolios(person, tree):
    job = control.submit("load-collections", rows_of((tree.collection_id, {"library": "MAIN"})), {}, person)
    assert any("library of all its portfolios" in text for text in control.KINDS[job.kind].warnings(job))
    other = control.submit("load-collections", rows_of((tree.collection_id, {"internal_description": "x"})), {}, person)
    assert control.KINDS[other.kind].warnings(other) == []


# rows of coverage in an action


def set_rows(one, value, record):
    action = {"path": one.path, "do": "set", "value": value}
    return actions.raw(one, actions.apply(PORTFOLIO, [action], record, {}))


def portfolio(coverage=None, embargo=None):
    details = {"local_date_coverage_parameters": coverage, "local_embargo_information": embargo}
    return {"is_local": True, "coverage_details": details}


def test_rows_that_stay_keep_their_spelling_and_what_nobody_here_knows():
    old = [
        {"from_year": "1997", "from_month": {"value": "1", "desc": "January"}, "until_year": "2004", "odd": "kept"},
        {"from_year": "2010", "until_year": "", "odd": "kept too"},
    ]
    one, record = PORTFOLIO.fields[COVERAGE], portfolio(old)
    stays = {"from_year": "1997", "from_month": "1", "until_year": "2004"}
    assert set_rows(one, [stays, {"from_year": "2010"}], record) == old
    changed = set_rows(one, [stays, {"from_year": "2010", "until_year": "2020"}, {"from_year": "2022"}], record)
    assert changed == [old[0], {**old[1], "until_year": "2020"}, {"from_year": "2022"}]
    assert set_rows(one, [{"from_year": "2010"}], record) == [old[1]], "not the first with other years"
    assert set_rows(one, [{"from_year": "1990"}, stays], record)[0] == {"from_year": "1990"}, "the first has moved down"
    odd = [{}, {"from_year": "19?7"}]
    assert set_rows(one, [{"from_year": "19?7"}], portfolio(odd)) == odd, "as it is in Alma already"
    emptied = set_rows(
        one, [stays, {"from_year": "2011", "from_volume": "3"}], portfolio([old[0], {**stays, "odd": "x"}])
    )
    assert emptied[1] == {"from_year": "2011", "from_month": "", "until_year": "", "odd": "x", "from_volume": "3"}


def test_an_embargo_keeps_what_nobody_here_knows():
    old = {"embargo_operator": {"value": ">", "desc": "older"}, "number_of_years": "1", "odd": "kept"}
    one = PORTFOLIO.fields[EMBARGO]
    assert set_rows(one, {"embargo_operator": ">", "number_of_years": "1"}, portfolio(embargo=old)) == old
    changed = set_rows(one, {"embargo_operator": {"value": "<"}, "number_of_months": "6"}, portfolio(embargo=old))
    assert changed["embargo_operator"]["value"] == "<"
    assert (changed["number_of_years"], changed["number_of_months"], changed["odd"]) == ("", "6", "kept")


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (COVERAGE, "1997 –", "only be cleared"),
        (COVERAGE, {"from_year": "1997"}, "takes rows"),
        (COVERAGE, ["1997"], "takes rows"),
        (COVERAGE, [{"from_year": "19"}], "four digits"),
        (EMBARGO, [{"number_of_years": "1"}], "takes rows"),
        (EMBARGO, {"number_of_years": "1"}, "older or newer"),
        ("notes", [{"content": "x"}], "only be cleared"),
    ],
)
def test_what_are_no_rows_is_refused(path, value, said):
    [sentence] = actions.problems(PORTFOLIO, [{"path": path, "do": "set", "value": value}], {})
    assert said in sentence


def test_an_action_with_rows_is_told_in_words():
    action = {"path": COVERAGE, "do": "set", "value": [{"from_year": "1997"}, {"until_year": "2004"}]}
    assert actions.words(PORTFOLIO, action, {}) == "Set Local coverage: 1997 –; until 2004"


# there and back


def exported(kind, records):
    """The header and a row for each (path, record), as the lines of an exported file."""
    named = columns.headers(kind)
    specials = {"@do": lambda path: "", "@id": lambda path: path.rpartition("/")[2]}
    specials["@collection"] = lambda path: path.split("/")[0]
    specials["@service"] = lambda path: path.split("/")[1]
    table = [[header for _target, header in named]]
    for path, record in records:
        table.append(
            [
                specials[target](path) if target in specials else cells.text(one, actions.raw(one, record))
                for target, _header in named
                for one in [kind.fields.get(target)]
            ]
        )
    out = io.StringIO()
    csv.writer(out).writerows([harmless(cell) for cell in line] for line in table)
    return out.getvalue()


def loaded(kind, text):
    file = io.BytesIO(text.encode())
    head, *lines = reading.lines(file, reading.layout_of(file))
    found = list(check(kind, lines, columns.guess(kind, head.cells), {}, codes.tables(tables_of(kind))))
    assert {one.group for one in found} <= {"edit", "same"}, [one.why for one in found]
    return [{"path": one.path, "title": "", "set": one.data["set"]} for one in found if one.group == "edit"]


def everything(kind, emulator):
    found = []
    for collection in emulator.collections()[:24]:
        services = emulator.services(collection)
        if kind == "collection":
            found.append((collection, collection))
        elif kind == "service":
            found += [(f"{collection}/{one}", one) for one in services]
        else:
            found += [(f"{collection}/{one}/{pid}", pid) for one in services for pid in emulator.portfolios(one, 4)]
    return [(path, emulator.record(kind, alma_id)) for path, alma_id in found]


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["collection", "service", "portfolio"])
def test_what_is_exported_and_loaded_again_needs_no_change(person, emulator, name):
    kind, records = BY_NAME[name], everything(name, emulator)
    targets = loaded(kind, exported(kind, records))
    assert len(targets) == len(records)
    job = run(control.submit(f"load-{name}s", targets, {"load": 1, "file": "x.csv"}, person))
    assert {item.verdict for item in job.items.all()} == {"same"}, list(job.items.values_list("message", flat=True))
    assert done(job).state == S.DONE
    assert control.counts(job)["unchanged"] == len(records)
    assert puts(emulator) == []


# the command line


def submit(file, *words):
    out = StringIO()
    call_command("job", "submit", "load-portfolios", "--file", str(file), *words, "--user", "e-resources", stdout=out)
    return out.getvalue()


def file_of(tmp_path, table):
    out = io.StringIO()
    csv.writer(out).writerows(table)
    file = tmp_path / "rows.csv"
    file.write_text(out.getvalue(), encoding="utf-8-sig")
    return file


def test_a_file_is_loaded_from_the_command_line(person, local, emulator, tmp_path):
    table = [["Path", "Public note", "Local coverage", "Library"]]
    table += [[local.paths[0], 'One, "quoted"', "1997 – 2004", ""], [local.paths[1], "", "", ""]]
    text = submit(file_of(tmp_path, table), "--yes", "--json")
    assert json.loads(text)["total"] == 1, "a row that says nothing is none"
    job = run(Job.objects.get())
    assert job.title == "Changes of 1 record"
    assert emulator.record("portfolio", local.ids[0])["public_note"] == 'One, "quoted"'


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ([["Public note", "Library"], ["x", "MAIN"]], "No column says which record"),
        ([["ID", "Availability"], [PATH, "x"], ["5.3E+16", "11"]], "Row 2: column B.*\nRow 3: column A"),
        ([["ID", "Public note"], [PATH, "x"], [PATH, "x"]], "Row 3: Row 2 is about the same record"),
        ([["ID", "Action", "Library"], [PATH, "delete", ""]], "Row 2 is no change"),
        ([["ID", "Public note"], [PATH, "a\n\nb"]], "several lines"),
    ],
)
def test_a_file_with_anything_wrong_starts_nothing(person, tmp_path, table, said):
    with pytest.raises(CommandError, match=f"(?s){said}"):
        submit(file_of(tmp_path, table))
    assert Job.objects.count() == 0


def test_records_beside_a_file_are_refused(person, tmp_path):
    with pytest.raises(CommandError, match="named in the file"):
        submit(file_of(tmp_path, [["ID", "Library"], [PATH, "MAIN"]]), "--target", PATH)
