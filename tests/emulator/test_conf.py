"""The configuration operations."""

import pytest

from tests.emulator.client import Client


def test_libraries_and_one_library(client: Client) -> None:
    answer = client.get("/conf/libraries").json
    assert answer["total_record_count"] == len(answer["library"]) == 7
    one = client.get("/conf/libraries/MED").json
    assert one["campus"] == {"value": "HOSPITAL", "desc": "Hospital"}
    assert one["number_of_circ_desks"]["value"] == 1


@pytest.mark.parametrize("below", ["", "/circ-desks", "/circ-desks/X", "/locations"])
def test_an_unknown_library_is_402119(client: Client, below: str) -> None:
    assert client.get(f"/conf/libraries/NOPE{below}").code == "402119"


@pytest.mark.parametrize("slash", ["", "/"])
def test_circulation_desks_are_paged(client: Client, slash: str) -> None:
    answer = client.get(f"/conf/libraries/MAIN/circ-desks{slash}?limit=2&offset=1").json
    assert [desk["code"] for desk in answer["circ_desk"]] == ["RESERVES", "ILL"]
    assert answer["total_record_count"] == 3
    assert client.get(f"/conf/libraries/STORE/circ-desks{slash}").json == {"total_record_count": 0}


def test_one_circulation_desk(client: Client) -> None:
    desk = client.get("/conf/libraries/MAIN/circ-desks/ILL").json
    assert (desk["name"], desk["has_hold_shelf"]) == ("Interlibrary Desk", True)
    assert client.get("/conf/libraries/MAIN/circ-desks/NOPE").code == "401664"


def test_locations(client: Client) -> None:
    rows = client.get("/conf/libraries/SCI/locations").json["location"]
    assert [row["type"]["value"] for row in rows] == ["OPEN", "OPEN", "CLOSED"]


def test_every_listed_code_table_can_be_read(client: Client) -> None:
    names = [row["name"] for row in client.get("/conf/code-tables").json["code_table"]]
    needed = {
        "IsFree", "BooleanYesNo", "BooleanYesNoNumericCode", "CollectionAccessType", "CounterPlatform",
        "ElectronicBaseStatus", "PublicAccessModel", "ElectronicMaterialType", "UserGroups",
        "RequestCancellationReasons", "ItemPolicy", "PhysicalMaterialType", "PROCESSTYPE",
    }  # fmt: skip
    assert needed <= set(names)
    for name in names:
        table = client.get(f"/conf/code-tables/{name}").json
        assert table["name"] == name
        assert all(row["code"] and row["description"] for row in table["row"])


def test_a_code_table_in_another_language_and_scope(client: Client) -> None:
    table = client.get("/conf/code-tables/ElectronicBaseStatus?lang=de&scope=MAIN").json
    assert table["language"] == {"value": "de", "desc": "German"}
    assert table["scope"]["library_id"] == {"value": "MAIN"}
    assert [row["description"] for row in table["row"]] == ["Verfügbar", "Nicht verfügbar"]
    assert ["enabled" in row for row in table["row"]] == [True, False]


def test_an_unknown_code_table_or_scope_is_refused(client: Client) -> None:
    assert client.get("/conf/code-tables/Nope").code == "40166411"
    assert client.get("/conf/code-tables/IsFree?scope=NOPE").message == "Failed to find scope."


def test_general_names_the_institution(client: Client) -> None:
    answer = client.get("/conf/general").json
    assert answer["institution"]["value"] == "01DEMO_INST"
    assert answer["environment_type"] == "SANDBOX"


def test_proxies_are_integration_profiles(client: Client) -> None:
    path = "/conf/integration-profiles"
    answer = client.get(f"{path}?type=PROXY_DEFINITION&limit=3").json
    assert (len(answer["integration_profile"]), answer["total_record_count"]) == (3, 4)
    profile = answer["integration_profile"][0]
    assert (profile["code"], profile["type"]["value"]) == ("PROXY_MAIN", "PROXY_DEFINITION")
    assert profile["parameter"]
    assert client.get(f"{path}/{profile['id']}").json == profile
    assert client.get(f"{path}?type=USERS").json == {"total_record_count": 0}
    assert client.get(f"{path}?q=name~hospital").json["total_record_count"] == 1


def test_bad_questions_for_profiles_are_refused(client: Client) -> None:
    assert client.get("/conf/integration-profiles?type=NOPE").code == "40166404"
    assert client.get("/conf/integration-profiles?q=nope").code == "40166410"
    assert client.get("/conf/integration-profiles/1").code == "60304"


def test_departments(client: Client) -> None:
    assert client.get("/conf/departments").json["total_record_count"] == 2
