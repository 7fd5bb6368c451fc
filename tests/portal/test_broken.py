"""A fault of the portal's own."""

from almaportal import views


def test_under_htmx_it_is_a_message_within_the_page(rf):
    answer = views.broken(rf.get("/", headers={"HX-Request": "true"}))
    assert answer.status_code == 500
    assert b"<section" in answer.content
    assert b"<main" not in answer.content


def test_otherwise_it_is_a_page_that_needs_nothing_to_work(rf):
    answer = views.broken(rf.get("/"))
    assert answer.status_code == 500
    assert b"<h1>Something went wrong in the portal</h1>" in answer.content
