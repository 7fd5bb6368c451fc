"""Editing a record by its form."""

import json

import pytest

from tests.ecollections.filling import fill
from tests.portal.reading import read

KINDS = ("collection", "service", "portfolio")


@pytest.fixture
def editor(sign_in):
    return sign_in("e-resources")


def puts(emulator):
    return [json.loads(call.body) for call in emulator.calls if call.method == "PUT"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_form_that_nobody_touched_changes_nothing(editor, tree, emulator, kind):
    response = fill(editor, f"{tree[kind]}edit/", {})
    assert response.status_code == 302
    assert response.url == f"{tree[kind]}?unchanged=1"
    assert puts(emulator) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_note_is_saved(editor, tree, emulator, kind):
    response = fill(editor, f"{tree[kind]}edit/", {f"{kind}-public_note": "New note"})
    assert response.status_code == 302, read(response).text
    assert emulator.record(kind, tree.id_of(kind))["public_note"] == "New note"
    page = read(editor.get(response.url))
    assert "Saved" in page.text
    assert "New note" in page.text
