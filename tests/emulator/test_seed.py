"""The seeded institution: sizes, shapes, and that it is the same every time."""

import json
import sqlite3
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from almaportal.emulator.app import Emulator
from almaportal.emulator.options import Options
from tests.emulator.client import Client

MISSING = object()


@pytest.fixture(scope="module")
def whole() -> Emulator:
    """The default institution, with all 55,900 titles in its largest collection."""
    return Emulator(Options(calls_per_second=0))


def portfolios(emulator: Emulator, limit: int) -> Iterator[dict[str, Any]]:
    for collection in emulator.collections():
        for service in emulator.services(collection):
            for portfolio in emulator.portfolios(service, limit):
                yield emulator.record("portfolio", portfolio)


def test_the_same_seed_gives_the_same_institution() -> None:
    options = Options(collections=8, portfolios=20, users=40)
    one, two = Emulator(options), Emulator(options)
    assert list(one.store._connection.iterdump()) == list(two.store._connection.iterdump())
    assert list(portfolios(one, 20)) == list(portfolios(two, 20))


def test_another_seed_gives_other_titles() -> None:
    titles = [
        next(portfolios(Emulator(Options(collections=1, portfolios=1, users=0, seed=seed)), 1))["resource_metadata"][
            "title"
        ]
        for seed in (1, 2)
    ]
    assert titles[0] != titles[1]


def test_the_sizes_are_those_asked_for(whole: Emulator) -> None:
    records = [whole.record("collection", collection) for collection in whole.collections()]
    sizes = [record["portfolios"]["value"] for record in records]
    assert len(records) == 60
    assert sizes[:3] == [55_900, 1_200, 0]
    assert {record["type"]["value"] for record in records} == {"0", "1", "6"}
    assert {record["is_local"] for record in records} == {True, False}


@pytest.mark.thorough
def test_exactly_3900_of_55900_portfolios_point_at_the_old_host(whole: Emulator) -> None:
    (service,) = whole.services(whole.collections()[0])
    rows = whole.store.portfolio_rows("p.service = ?", int(service))
    details = [whole.store.portfolio(row)["linking_details"] for row in rows]
    old = [one for one in details if one["static_url_override"].startswith("jkey=https://old.example.org/")]
    assert (len(details), len(old)) == (55_900, 3_900)
    assert all(one["url"].startswith("https://old.example.org/") for one in old)
    assert all(one["static_url"].startswith("jkey=https://") for one in details)


def test_forty_services_of_38_collections_have_no_proxy_and_6_have_one(whole: Emulator) -> None:
    without, own = [], []
    for collection in whole.collections():
        for service in whole.services(collection):
            record = whole.record("service", service)
            (own if record["proxy"] else without).append(collection)
    assert (len(without), len(set(without)), len(own)) == (40, 38, 6)


def test_a_page_of_records_has_the_shapes_of_emptiness(whole: Emulator) -> None:
    found = list(portfolios(whole, 60))
    for name in ("library", "po_line"):
        shapes = {json.dumps(record.get(name, MISSING), default=str) for record in found}
        assert '{"value": ""}' in shapes
        assert '{"value": "", "link": null}' in shapes
    assert {} in [record["library"] for record in found]
    assert None in [record["library"] for record in found]
    assert {} in [record["material_type"] for record in found]
    assert any("access_type" not in record for record in found)
    assert any(record.get("access_type") == {} for record in found)
    assert any(record["coverage_details"]["coverage_in_use"]["desc"] is None for record in found)
    assert any(record.get("activation_date", "").endswith("z") for record in found)


def test_coverage_comes_in_all_its_shapes(whole: Emulator) -> None:
    details = [record["coverage_details"] for record in portfolios(whole, 60)]
    rows = [row for one in details for row in one["local_date_coverage_parameters"]]
    assert {type(row["from_month"]) for row in rows if "from_month" in row} == {dict, str}
    assert all(isinstance(row["from_year"], str) for row in rows)
    assert {len(one["local_date_coverage_parameters"]) for one in details} == {0, 1, 2}
    assert any(one["local_date_coverage_parameters"] and one["global_date_coverage_parameters"] for one in details)
    assert {json.dumps(one["local_embargo_information"])[:1] for one in details
            if "local_embargo_information" in one} == {"n", "{"}  # fmt: skip
    assert {one["coverage_in_use"]["value"] for one in details} == {"0", "1", "2", "3"}


def test_titles_come_in_many_scripts_lengths_and_marks(whole: Emulator) -> None:
    titles = [record["resource_metadata"]["title"] for record in portfolios(whole, 1200)]
    letters = {unicodedata.name(letter, "?").split()[0] for title in titles for letter in title}
    assert letters >= {"GREEK", "CYRILLIC", "ARABIC", "HEBREW", "CJK", "HIRAGANA", "HANGUL", "DEVANAGARI"}
    assert max(map(len, titles)) > 300
    for mark in ('"', "'", "&", "<script>"):
        assert any(mark in title for title in titles)


def test_names_and_notes_of_collections_are_awkward_too(whole: Emulator) -> None:
    records = [whole.record("collection", collection) for collection in whole.collections()]
    names = "".join(record["public_name"] for record in records)
    assert all(mark in names for mark in '"&<>')
    assert max(len(record["public_name"]) for record in records) > 300
    assert any("<script>" in record["public_note"] for record in records)
    assert any("<script>" in note["content"] for record in records for note in record.get("notes", []))


def test_ids_are_17_digits_with_the_institutions_suffix(whole: Emulator) -> None:
    collection = whole.collections()[0]
    service = whole.services(collection)[0]
    portfolio = whole.portfolios(service, 1)[0]
    mms = whole.record("portfolio", portfolio)["resource_metadata"]["mms_id"]["value"]
    for number, prefix in ((collection, "61"), (service, "62"), (portfolio, "53"), (mms, "99")):
        assert len(number) == 17
        assert (number[:2], number[-7:]) == (prefix, "0004711")


def test_an_institution_may_be_tiny() -> None:
    assert Emulator(Options(collections=0, portfolios=0, users=0)).collections() == []
    one = Emulator(Options(collections=1, portfolios=0, users=0))
    assert one.record("collection", one.collections()[0])["portfolios"]["value"] == 0


# database files


def options(file: Path, **changes: Any) -> Options:
    return Options(**({"collections": 3, "portfolios": 10, "users": 3, "database": str(file)} | changes))


def test_edits_and_the_days_count_survive_in_a_file(tmp_path: Path) -> None:
    first = Emulator(options(tmp_path / "alma.db"))
    assert first.store.notice.startswith("New database")
    path = f"/electronic/e-collections/{first.collections()[2]}"
    assert Client(first).put(path, {"public_note": "kept"}).status == 200
    first.spend(100)
    second = Emulator(options(tmp_path / "alma.db", calls_per_second=1))
    assert second.store.notice.endswith("is used as it stands.")
    assert second.remaining() == 100_000 - 101
    assert Client(second).get(path).json["public_note"] == "kept"
    assert Client(second.copy()).get(path).headers["x-exl-api-remaining"] == "99999"


@pytest.mark.parametrize("changes", [{"collections": 4}, {"portfolios": 11}, {"seed": 2}])
def test_a_file_made_otherwise_is_made_anew_and_said(tmp_path: Path, changes: dict[str, int]) -> None:
    Emulator(options(tmp_path / "alma.db")).put_record("collection", "61100000000004711", {})
    again = Emulator(options(tmp_path / "alma.db", **changes))
    assert "was made anew" in again.store.notice
    assert again.record("collection", "61100000000004711")["id"]


def test_a_file_whose_making_was_interrupted_is_made_again(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "alma.db")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    assert (tmp_path / "alma.db").stat().st_size
    assert len(Emulator(options(tmp_path / "alma.db")).collections()) == 3


def test_a_foreign_file_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "thesis.txt"
    file.write_text("not a database " * 1000)
    with pytest.raises(ValueError, match="no database of the emulator"):
        Emulator(options(file))
    assert file.read_text().startswith("not a database")
    with pytest.raises(ValueError, match="no folder"):
        Emulator(options(tmp_path / "missing" / "alma.db"))
