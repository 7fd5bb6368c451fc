"""The seeded people: of all kinds, the same every time, dates around today, and only changed ones are stored."""

import pytest

from almaportal.emulator.app import Emulator
from almaportal.emulator.options import Options
from almaportal.emulator.user_kinds import KINDS
from almaportal.emulator.user_seed import kind_of
from tests.emulator.client import Client, Clock
from tests.emulator.test_users import one


def test_every_kind_has_somebody(emulator: Emulator) -> None:
    assert [kind for kind in KINDS if not emulator.people(kind)] == ["purged"]


def test_the_handles_take_a_kind_and_a_count(emulator: Emulator) -> None:
    assert len(emulator.people()) == 39
    assert len(emulator.people(count=5)) == 5
    assert emulator.people("script") == emulator.people("script", count=1)
    with pytest.raises(KeyError):
        emulator.person("nobody")


def test_dates_lie_around_the_day_of_the_first_look(emulator: Emulator, clock: Clock) -> None:
    assert emulator.person(one(emulator, "expiring"))["expiry_date"] == "2025-06-27Z"
    assert emulator.person(one(emulator, "expired"))["expiry_date"] == "2025-06-07Z"
    clock.time += 86_400
    assert emulator.person(one(emulator, "expiring"))["expiry_date"] == "2025-06-27Z"


def test_only_people_whom_somebody_changed_are_stored(client: Client, emulator: Emulator) -> None:
    path = f"/users/{one(emulator, 'student')}"
    client.put(path, client.get(path).json)
    assert emulator.store.rows("SELECT count(*) AS n FROM people WHERE record IS NOT NULL")[0]["n"] == 1


def test_a_copy_does_not_see_the_changes_of_its_twin(client: Client, emulator: Emulator) -> None:
    twin, primary_id = emulator.copy(), one(emulator, "student")
    record = emulator.person(primary_id) | {"last_name": "Neu"}
    emulator.set_person(record)
    assert emulator.person(primary_id)["last_name"] == "Neu"
    assert twin.person(primary_id)["last_name"] != "Neu"


def test_blocks_come_active_inactive_in_other_case_expired_and_without_expiry(emulator: Emulator) -> None:
    rows = emulator.person(one(emulator, "blocks"))["user_block"]
    assert {row["block_status"] for row in rows} == {"ACTIVE", "Active", "INACTIVE"}
    assert {row["block_type"]["value"] for row in rows} == {"GENERAL", "LOAN", "CASH", "USER"}
    assert {"expiry_date" in row for row in rows} == {True, False}


@pytest.mark.thorough
def test_each_of_five_thousand_people_has_an_id_of_their_own_and_is_found() -> None:
    emulator = Emulator(Options(collections=1, portfolios=1, users=5_000, calls_per_second=0, calls_per_day=0))
    client, people = Client(emulator), emulator.people()
    assert len(people) == 5_000 - sum(kind_of(n) == "purged" for n in range(5_000))
    assert len(set(people)) == len(people)
    for primary_id in people:
        if "/" not in primary_id and not primary_id.startswith("no primary id"):
            path = f"/users/{primary_id}".replace("%", "%25").replace("?", "%3F").replace("#", "%23")
            assert client("GET", "/", REQUEST_URI=f"/almaws/v1{path}").status == 200


def test_another_seed_gives_other_names() -> None:
    names = [
        Emulator(Options(collections=0, portfolios=0, users=1, seed=seed)).person("s100000")["full_name"]
        for seed in (1, 2)
    ]
    assert names[0] != names[1]
