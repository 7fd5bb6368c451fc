"""Asking Alma what the key of an area may do, by calls that change nothing and show nobody."""

import re
from typing import Literal

from django.conf import settings
from django.utils.crypto import salted_hmac

from almaportal.alma.call import TESTS, Params
from almaportal.alma.errors import AlmaDenied, AlmaError, AlmaUnreadable
from almaportal.alma.gateway import alma
from almaportal.usage.models import KeyTest

Right = KeyTest.Right
# The electronic area has no test operation (facts 1), so its writing cannot be tested. For task lists none is
# documented, and their one list tells who requested what: no test reads that.
READS: dict[str, tuple[str, Params]] = {"electronic": ("/electronic/e-collections", {"limit": 1})}
READS |= {area: (operation, {}) for area, operation in TESTS.items()}
WRITES = TESTS.keys()


def price(area: str) -> int:
    """Calls that a test costs at most; 0 where none can be made."""
    if area not in READS or not settings.ALMA_KEYS.get(area):
        return 0
    return 1 + _tests_writing(area)


def digest(key: str) -> str:
    """Tells whether a key is the one that was tested, and nothing about the key."""
    return salted_hmac("almaportal.usage.keys", key, algorithm="sha256").hexdigest()[:16]


def run(area: str, who: str) -> None:
    """Test the area's key and write down what was found. Where Alma cannot tell now, what was known stays."""
    if not price(area):
        return
    key = settings.ALMA_KEYS[area]
    old = KeyTest.objects.filter(area=area, digest=digest(key)).first()
    new = KeyTest(area=area, variable=settings.ALMA_KEY_NAMES.get(area, ""), digest=digest(key), who=who)
    try:
        new.reads = _right(new, "GET")
        if new.reads == Right.YES and _tests_writing(area):
            new.writes = _right(new, "POST")
    except AlmaError as error:
        if old and new.reads == Right.UNKNOWN:
            new = old
        elif old:
            new.writes, new.code, new.text, new.tracking_id = old.writes, old.code, old.text, old.tracking_id
        new.trouble = f"{error.title}. {error.fallback_hint}"[:300]
    columns = [field.name for field in KeyTest._meta.concrete_fields if field.name != "id"]
    KeyTest.objects.update_or_create(area=area, defaults={name: getattr(new, name) for name in columns})


def _tests_writing(area: str) -> bool:
    return area in WRITES and area not in settings.ALMA_READ_ONLY


def _right(test: KeyTest, method: Literal["GET", "POST"]) -> KeyTest.Right:
    """Whether Alma lets the key in, noting what it says. Raises AlmaError when that is no word about the key."""
    operation, params = READS[test.area]
    try:
        reply = alma().ask(method, operation, params=params)
    except AlmaDenied as error:
        said = error.said
        if not said.code:  # the page of a firewall
            raise
        test.code, test.text, test.tracking_id = said.code[:60], said.text[:300], said.tracking_id[:100]
        return Right.NO
    body = reply.body.decode(errors="replace").lstrip()
    if not body or re.match(r"(?i)<!doctype html|<html", body):  # somebody else's page
        raise AlmaUnreadable(area=test.area)
    if told := re.search(r"institutionCode:\s*(\w{1,60})", body, re.ASCII):
        test.institution = told[1]
    return Right.YES
