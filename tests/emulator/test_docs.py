"""docs/emulator.md names what there is."""

import re
from pathlib import Path

from almaportal.emulator.errors import MESSAGES
from almaportal.emulator.faults import KINDS
from almaportal.emulator.options import DEFAULT_KEYS, Options
from almaportal.emulator.routes import ROUTES

DOCS = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text()


def test_every_error_code_is_in_the_docs() -> None:
    assert [code for code in MESSAGES if not re.search(rf"\b{code}\b", DOCS)] == []


def test_every_fault_option_and_key_is_in_the_docs() -> None:
    options = [f"--{name.replace('_', '-')}" for name in Options.__dataclass_fields__ if name != "keys"]
    keys = [key.name for key in DEFAULT_KEYS]
    assert [name for name in (*KINDS, *options, *keys) if f"`{name}`" not in DOCS] == []


def test_every_last_word_of_a_path_is_in_the_docs() -> None:
    words = {re.sub(r"/\{\}|/\?", "", path).rpartition("/")[2] for _, path, _ in ROUTES}
    assert [word for word in words if word not in DOCS] == []
