"""What the page of a direct borrowing says when something was refused, is left half done, or was taken back."""

import pytest

from tests.circulation.lending import begin, page_of, press, roll_back, run, sent
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read


def step_of(page, name):
    return page.by_id(f"step-{name}").text


def test_one_that_was_rolled_back_says_so_and_what_it_had_reached(desk, emulator):
    one = begin(patron=emulator.people("student", 1)[0])
    run(desk, one, "sent")
    roll_back(desk, one)
    page = read(desk.get(page_of(one)))
    assert "Rolled back What this transaction made is gone. This stays: The patron" in page.text
    assert "removed again" in step_of(page, "item")
    assert "removed again" in step_of(page, "hold")
    assert "○ not done" in step_of(page, "close")
    assert page.facts["Request status"] == "over"
    reached = [row.text.split()[0] for row in page.one("ol", cls="timeline").all("li")]
    assert reached == ["●"] * 7 + ["○"] * 5 + ["■"]


@pytest.mark.thorough
def test_a_removal_that_alma_surely_did_not_do_is_said_so_and_asks_nothing_that_is_gone(desk, emulator):
    one = begin()
    run(desk, one, "hold")
    emulator.faults.add(kind="503", method="DELETE", path="/bibs/*/items/*")
    page = read(roll_back(desk, one))
    notice = page.by_id("asks").text
    assert "Nobody knows" not in notice
    assert "What is listed below is still there" in notice
    assert "Reason for the hold" not in page.text
    assert "The item" in page.text


@pytest.mark.thorough
def test_a_step_that_is_half_done_says_what_is_left_and_that_its_button_may_write(desk, emulator, clock):
    one = begin()
    run(desk, one, "patron")
    emulator.faults.add(kind="drop", method="POST", path="/bibs/*/holdings")
    page = read(press(desk, one, "item"))
    assert "Look; if Alma did not do it: Make the item a look, then 2 calls" in step_of(page, "item")
    clock.sleep(61)
    assert press(desk, one, "item").status_code == 302
    assert sent(emulator)[1:] == ["POST bibs", "POST holdings", "POST holdings", "POST items"]


@pytest.mark.thorough
def test_who_has_the_id_with_another_user_group_may_be_somebody_else(desk, emulator):
    student = emulator.people("student", 1)[0]
    one = begin(patron=student, group="FACULTY")
    text = read(press(desk, one, "patron")).text
    assert "Alma has this ID with the user group" in text
    assert "the transaction says FACULTY: is it the same person?" in text
    assert one.primary_id == student


@pytest.mark.thorough
def test_what_was_done_is_told_once_the_chain_has_gone_on_no_more(desk, emulator):
    one = begin()
    run(desk, one, "item")
    assert "Done: Item" in read(desk.get(f"{page_of(one)}?done=item")).text
    run(desk, one, "hold")
    assert "Done: Item" not in read(desk.get(f"{page_of(one)}?done=item")).text


@pytest.mark.parametrize("last", ["hold", pytest.param("sent", marks=pytest.mark.thorough)])
def test_a_hold_that_is_over_before_the_loan_is_for_somebody_to_look_at(desk, emulator, last):
    one = begin()
    run(desk, one, last)
    emulator.faults.add(kind="401694", method="GET", path="/users/ALL/requests/*")
    page = read(desk.get(f"{page_of(one)}?read=1"))
    assert "waits for somebody to look: Alma's hold is over" in page.text
