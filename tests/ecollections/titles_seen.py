"""Titles in the index without a job: the first of the largest service, some of their records read whole."""

import pytest

from ecollections.models import IndexedService
from ecollections.titles import index

IN_A_LIST = ("id", "is_local", "availability", "library", "resource_metadata")
WHOLE, TITLES = 6, 60


def remember(emulator, tree, whole=WHOLE, n=TITLES):
    home = (tree.collection_id, tree.service_id)
    found = [emulator.record("portfolio", one) for one in emulator.portfolios(tree.service_id, n)]
    records = [one | {"is_local": k % 3 == 1} for k, one in enumerate(found)]
    rows = [one if k < whole else {name: one.get(name) for name in IN_A_LIST} for k, one in enumerate(records)]
    index.see((row, home) for row in rows)
    IndexedService.objects.filter(service_id=tree.service_id).update(total=130)
    return records


@pytest.fixture
def titles(db, emulator, tree):
    """Their records, every third one local; those of the first were read whole."""
    return remember(emulator, tree)
