"""After direct borrowing nothing of a patron stays but primary IDs: not on disk, not in the log."""

import pytest

from circulation.models import Transaction
from tests.circulation.lending import CHAIN, NAMES, begin, page_of, press, roll_back
from tests.patrons import everything
from tests.patrons.test_privacy import MARK, WITH_IDS, found_in, marked
from tests.patrons.test_privacy import cache_folder as cache_folder
from tests.portal.quick import _quick_pages as _quick_pages

HERE = {"circulation_transaction", "circulation_step"}


@pytest.mark.thorough
def test_after_direct_borrowing_nothing_of_a_patron_is_kept_but_the_primary_id(desk, emulator, cache_folder):
    people = [*emulator.people("student", 2), *emulator.people("blocked", 1)]
    for one in people:
        emulator.set_person(marked(emulator.person(one)) | {"expiry_date": "2020-01-31Z"})
    names = {name: f"{MARK} {text}" for name, text in NAMES.items()}
    with everything.log() as log:
        for n, patron in enumerate([*(f"{MARK}-{one}" for one in people), "s-new"]):
            one = begin(number=f"n{n}", barcode=f"b{n}", patron=patron)
            for name in CHAIN:
                if name in ("patron", "hold", "loan"):
                    emulator.faults.add(kind="drop", method="PUT", path="/users*", when="after")
                    emulator.faults.add(kind="drop", method="POST", path="/users*", when="after")
                press(desk, one, name, **names)
                emulator.faults.clear()
            if not one.closed:
                roll_back(desk, one)
            for address in (page_of(one), "/circulation/direct/", "/changes/"):
                desk.get(address)
    tables, files = everything.tables(), everything.files(cache_folder)
    assert Transaction.objects.filter(status="COMPLETED").count() == 3
    assert found_in(tables) == found_in(files) == found_in({"log": log.getvalue()}) == set()
    assert {name for name, text in tables.items() if people[0] in text} <= WITH_IDS | HERE
    assert not [name for name, text in files.items() if people[0] in text]
