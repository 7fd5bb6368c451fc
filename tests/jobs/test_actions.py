"""What an action does to a record, and which records are meant."""

import pytest

from almaportal.codes import Table
from ecollections import actions, conditions
from ecollections.kinds import PORTFOLIO, SERVICE

URL = "linking_details.static_url"
YES_NO = {"BooleanYesNo": Table({"true": "Yes", "false": "No"})}
LOCAL = {"is_local": True, "public_note": "", "linking_details": {"static_url": "jkey=https://old.example.org/a?x=1"}}


def replace(find, value="", how="exact", path=URL):
    return {"path": path, "do": "replace", "find": find, "value": value, "how": how}


def applied(action, record=LOCAL, kind=PORTFOLIO):
    assert actions.problems(kind, [action], {}) == []
    return actions.apply(kind, [action], record, {})


@pytest.mark.parametrize(
    ("action", "after"),
    [
        (replace("old.example.org", "new.example.org"), "jkey=https://new.example.org/a?x=1"),
        (replace("jkey=https://old", "https://new"), "jkey=https://new.example.org/a?x=1"),
        (replace("OLD.Example", "new.example", "ignore case"), "jkey=https://new.example.org/a?x=1"),
        (replace("OLD.Example", "new.example"), "jkey=https://old.example.org/a?x=1"),
        (
            replace(r"//(\w+)\.example\.org/(\w)", r"//\2.example.org/\1", "pattern"),
            "jkey=https://a.example.org/old?x=1",
        ),
        (replace(r"\?.*$", "", "pattern"), "jkey=https://old.example.org/a"),
        ({"path": URL, "do": "append", "value": "&y=2"}, "jkey=https://old.example.org/a?x=1&y=2"),
    ],
)
def test_text_is_replaced_within_the_address_and_almas_prefix_stays(action, after):
    assert applied(action)["linking_details"]["static_url"] == after


@pytest.mark.parametrize(
    ("find", "value", "said"),
    [
        ("(old", "", "missing ), at character 5"),
        ("a{2,1}", "", "at character 3"),
        ("old", r"\1", "group"),
        ("(?P<x>old)", r"\g<y>", "group"),
        ("x" * 501, "", "at most 500"),
        ("", "", "what to look for"),
    ],
)
def test_a_bad_pattern_is_refused_at_once_with_its_reason(find, value, said):
    [sentence] = actions.problems(PORTFOLIO, [replace(find, value, "pattern")], {})
    assert said in sentence


def outcome(action, record):
    """The record as it would become, or why it is refused."""
    try:
        return applied(action, record)
    except actions.Refused as refused:
        return str(refused)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(?:a+a+)+b", "^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_a_pattern_that_would_never_end_refuses_the_record_or_finds_nothing(pattern):
    record = {"is_local": True, "public_note": "a" * 5000 + "!"}
    refused = "Public note: looking for the pattern takes too long in this text."
    assert outcome(replace(pattern, "x", "pattern", "public_note"), record) in (refused, record)


def test_one_of_them_does_run_into_the_limit():
    with pytest.raises(actions.Refused, match="takes too long"):
        applied(replace("(?:a+a+)+b", "x", "pattern", "public_note"), {"is_local": True, "public_note": "a" * 5000})


def test_a_result_that_no_reader_could_use_is_refused():
    with pytest.raises(actions.Refused, match="web address"):
        applied(replace("https", "ftp"))


def test_what_the_community_zone_manages_is_refused_there():
    with pytest.raises(actions.Refused, match="Community Zone"):
        applied(replace("old", "new"), LOCAL | {"is_local": False})


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (replace("old", "new"), "Replace in Static URL: old → new"),
        ({"path": "linking_details.proxy_enabled.value", "do": "set", "value": "true"}, "Set Proxy enabled: Yes"),
        ({"path": "public_note", "do": "clear"}, "Clear Public note"),
        ({"path": "public_note", "do": "append", "value": "!"}, "Add to Public note: !"),
    ],
)
def test_an_action_is_told_in_words(action, words):
    assert actions.words(PORTFOLIO, action, YES_NO) == words


SERVICE_RECORD = {"is_local": True, "proxy": "OWN", "proxy_enabled": {"value": "true", "desc": "Yes"}, "notes": []}


@pytest.mark.parametrize(
    ("path", "test", "value", "left"),
    [
        ("proxy", "is empty", "", "Left alone: Proxy is “OWN”."),
        ("proxy", "is not empty", "", ""),
        ("proxy", "is", "own", ""),
        ("proxy", "is not", "OWN", "Left alone: Proxy is “OWN”."),
        ("proxy", "contains", "w", ""),
        ("proxy", "does not contain", "w", "Left alone: Proxy is “OWN”."),
        ("proxy_enabled", "is", "true", ""),
        ("proxy_enabled.value", "is", "yes", ""),
        ("proxy_enabled", "is not", "Yes", "Left alone: Proxy enabled is “Yes”."),
        ("notes", "is not empty", "", "Left alone: Notes is empty."),
        ("public_note", "contains", "x", "Left alone: Public note is empty."),
        ("public_note", "does not contain", "x", ""),
    ],
)
def test_a_record_is_meant_or_left_alone_with_the_reason(path, test, value, left):
    assert conditions.why_left(SERVICE, [{"path": path, "is": test, "value": value}], SERVICE_RECORD) == left


def test_all_conditions_must_hold():
    only = [{"path": "proxy", "is": "is", "value": "OWN"}, {"path": "public_note", "is": "is not empty"}]
    assert conditions.why_left(SERVICE, only, SERVICE_RECORD) == "Left alone: Public note is empty."


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ({"path": "nothing", "is": "is", "value": "x"}, "no field"),
        ({"path": "proxy", "is": "burns", "value": "x"}, "One of"),
        ({"path": "proxy", "is": "is", "value": ""}, "say what to compare"),
        ({"path": "proxy_enabled", "is": "is", "value": "perhaps"}, "none of Yes, No"),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused(condition, said):
    assert said in conditions.problem(SERVICE, condition, YES_NO)


@pytest.mark.parametrize(
    "pattern",
    [
        "(?:(?:(?:a?){500}){500}){500}",
        "(((((a{1,200}){1,200}){1,200}){1,200}){1,200})",
        "(?x)(?:(?:(?:a?){5 0 0}) { 500}) {,500}",
        r"(?:(?:\\{500}){500}){500}",
        "(?:" + "a?" * 220 + "){10000}",
    ],
)
def test_a_pattern_that_would_take_for_ever_to_prepare_is_refused_before_that(pattern):
    [sentence] = actions.problems(PORTFOLIO, [replace(pattern, "x", "pattern")], {})
    assert "use smaller or fewer ones" in sentence


@pytest.mark.parametrize(
    "pattern", [r"\d{4}-\d{3}[\dX]", r".{0,200}\d{4}", r"\{500}\{500}\{500}\{500}", "(?:a{20}){20}"]
)
def test_counts_as_people_write_them_are_no_fault(pattern):
    assert actions.problems(PORTFOLIO, [replace(pattern, "x", "pattern")], {}) == []


def test_a_pattern_may_end_with_a_comment():
    action = replace("(?x)old  # the host that was", "new", "pattern")
    assert applied(action)["linking_details"]["static_url"] == "jkey=https://new.example.org/a?x=1"
    [sentence] = actions.problems(PORTFOLIO, [action | {"value": r"\1"}], {})
    assert "group" in sentence
