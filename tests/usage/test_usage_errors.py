"""Errors by their code, and the failures on record."""

import re

from almaportal.usage.models import Failure
from tests.usage.counting import series, spent
from tests.usage.reading import region, rows, tile


def test_errors_are_told_by_code_with_what_support_asks_for(usage, viewer, emulator, clock, settings):
    settings.TIME_ZONE = "Europe/Zurich"
    for n in range(5):
        viewer.get(f"/ecollections/6199{n}/")
        clock.time += 60
    emulator.faults.add(kind="timeout", count=1)
    viewer.get("/ecollections/")
    page = usage()
    by_code, without = rows(page, "Errors")
    assert by_code[:3] == ["60121", "There is no e-collection with this ID: mistyped, or deleted in Alma.", "5"]
    found = [one.tracking_id for one in Failure.objects.exclude(tracking_id="").order_by("-pk") if one.status == 400]
    shown = re.findall(r"E01-\S+", by_code[3])
    assert shown == found[:3]
    assert "15 Jan 2027, 13:04" in by_code[3]
    assert (without[0], without[2]) == ("Alma not reached", "1")
    failures = rows(page, "Latest failures")
    assert region(page, "Latest failures").head == ["When", "Operation", "What", "Tracking ID", "Person"]
    assert failures[1] == [
        "15 Jan 2027, 13:04", "GET /electronic/e-collections/{collection_id}",
        "not found · HTTP 400 · 60121 The collection ID is not valid.", shown[0], "viewer",
    ]  # fmt: skip
    assert "61994" not in page.text
    only = usage(region(page, "Errors").links["60121"])
    assert (tile(only, "calls that match"), len(rows(only, "Latest failures"))) == ("5", 5)
    folded = [len(one.all("details", cls="card", open="")) for one in (page, only, usage(by="code"))]
    assert folded == [0, 1, 1], "who looks for errors sees the failures at once"


def test_calls_that_were_not_made_are_no_errors_of_theirs(usage):
    spent(outcome="budget", refused=12)
    spent(calls=1, outcome="rejected", code="1")
    assert [row[0] for row in rows(usage(), "Errors")] == ["1"]


def test_fifty_failures_are_shown_and_their_words_are_only_text(usage):
    kind = series(outcome="rejected", code="1")
    Failure.objects.bulk_create(Failure(series_id=kind, text=f"no {n}") for n in range(60))
    Failure.objects.create(series_id=kind, text="<script>alert(1)</script>", tracking_id='"><i>')
    found = rows(usage(), "Latest failures")
    assert found[0][2:4] == ["refused by Alma · 1 <script>alert(1)</script>", '"><i>']
    assert (len(found), found[-1][2]) == (50, "refused by Alma · 1 no 11")
