"""What is written beside the code agrees with it, and nothing lies about unused."""

import re
from functools import cache
from pathlib import Path

import pytest
from django.template.loader import get_template

from tests.portal.addresses import NAMES

ROOT = Path(__file__).resolve().parents[2]
CODE = ("almaportal", "circulation", "ecollections", "patrons")
TEMPLATES = sorted(str(file.relative_to(ROOT / "templates")) for file in (ROOT / "templates").rglob("*.html"))
BY_DJANGO = {"400.html", "403_csrf.html", "403.html", "404.html", "500.html"}  # by these very names
NOT_FOR_PEOPLE = {"ALMAPORTAL_DEMO"}  # set by `manage.py demo` alone
NOT_IN_THE_FILE = {"ALMAPORTAL_ENV_FILE"}  # it says where the file is
ASKED_BY_MACHINES = {"healthz", "metrics"}


@cache
def source(*suffixes):
    files = [file for folder in (*CODE, "templates") for file in (ROOT / folder).rglob("*") if file.suffix in suffixes]
    return "\n".join(file.read_text() for file in files if "emulator" not in file.parts)


def variables():
    settings = (ROOT / "almaportal" / "settings.py").read_text()
    found = set(re.findall(r"env\.\w+\(\s*\"(\w+)\"", settings))
    assert "ALMA_API_KEY_{area.upper()" in settings
    areas = ("ELECTRONIC", "USERS", "BIBS", "CONF", "TASK_LISTS")
    return found | {"ALMA_API_KEY", *(f"ALMA_API_KEY_{area}" for area in areas)}


def test_the_settings_variables_are_found():
    assert {"SECRET_KEY", "ALMA_API_KEY", "ALMA_BASE_URL", "TIME_ZONE", "DATABASE_URL"} <= variables()
    assert len(variables()) > 20


@pytest.mark.parametrize("name", sorted(variables() - NOT_FOR_PEOPLE))
def test_every_setting_is_in_the_readme(name):
    assert re.search(rf"\b{name}\b", (ROOT / "README.md").read_text())


@pytest.mark.parametrize("name", sorted(variables() - NOT_FOR_PEOPLE - NOT_IN_THE_FILE))
def test_every_setting_is_in_the_example_file(name):
    assert re.search(rf"(?m)^#?\s*{name}=", (ROOT / ".env.example").read_text())


def test_the_example_file_knows_no_other_settings():
    named = set(re.findall(r"(?m)^#?\s*([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text()))
    assert {name.removesuffix("_FILE") for name in named} <= variables()


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_can_be_read_and_is_used(name):
    assert get_template(name)
    if name not in BY_DJANGO:
        assert re.search(rf"[\"']{re.escape(name)}(#\w+)?[\"']", source(".py", ".html"))


def test_every_template_that_is_named_exists():
    named = set(re.findall(r"(?:extends|include) [\"']([^\"'#]+)(?:#\w+)?[\"']", source(".html")))
    named |= set(re.findall(r"[\"']([\w/]+\.html)[\"'#]", source(".py")))
    assert {name for name in named if not name.startswith("django/")} - set(TEMPLATES) == set()


def test_every_name_of_an_address_that_is_used_exists():
    used = set(re.findall(r"{% url ['\"]([\w:]+)['\"]", source(".html")))
    used |= set(re.findall(r"(?:reverse|redirect)\(\s*['\"]([\w:]+)['\"]", source(".py")))
    assert used <= set(NAMES)


def test_every_static_file_is_used():
    for file in (ROOT / "static").iterdir():
        assert f"static '{file.name}'" in source(".html")


def test_every_class_of_the_pages_has_its_look():
    """A class without a rule is a misspelling, or left over."""
    look = (ROOT / "static" / "portal.css").read_text()
    words = {word for said in re.findall(r"class=\"([^\"{]*)\"", source(".html")) for word in said.split()}
    assert {word for word in words if not re.search(rf"\.{re.escape(word)}\b", look)} == set()


def test_every_word_of_the_pages_is_marked_for_translation():
    """What stands between two tags is a variable, a mark, or marked; 500.html must work when nothing else does."""
    for name in set(TEMPLATES) - {"500.html"}:
        text = (ROOT / "templates" / name).read_text()
        text = re.sub(r"(?s){% blocktranslate.*?{% endblocktranslate %}", "", text)
        text = re.sub(r"(?s)<!doctype[^>]*>|{%.*?%}|{{.*?}}|{#.*?#}", "", text)
        text = re.sub(r"(?s)<[^>]*>", "|", text)
        left = set(re.findall(r"[A-Za-z]{2,}", text)) - {"almaportal", "MMS", "HTTP"}
        assert left == set(), name
