"""What stands in the log when something goes wrong: where, and never with what."""

import logging
from io import StringIO

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, OperationalError

from almaportal.logs import Formatter

NAME = "Ammann, Regula"


def logged(raises):
    out = StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(Formatter("%(levelname)s %(message)s"))
    logger = logging.Logger("test")
    logger.addHandler(handler)
    try:
        raises()
    except Exception:
        logger.exception("Job %s", 7)
    return out.getvalue()


def lookup():
    return {}[NAME]


def number():
    return int(NAME)


def chained():
    try:
        lookup()
    except KeyError as error:
        raise ValueError(NAME) from error


def while_handling():
    try:
        lookup()
    except KeyError:
        raise IntegrityError(f"Key (name)=({NAME}) already exists.")  # noqa: B904 - that is what is tested


def with_a_note():
    error = ValueError("x")
    error.add_note(NAME)
    raise error


@pytest.mark.parametrize("fault", [lookup, number, chained, while_handling, with_a_note])
def test_no_words_of_an_exception_are_logged(fault):
    text = logged(fault)
    assert "Ammann" not in text
    assert text.startswith("ERROR Job 7\n")
    assert f", in {fault.__name__}\n" in text
    assert text.rstrip().endswith("Error")


def test_what_an_exception_came_from_is_told_first():
    text = logged(chained)
    assert text.index("builtins.KeyError") < text.index("builtins.ValueError")


def test_what_was_hidden_on_purpose_stays_hidden():
    def hides():
        try:
            lookup()
        except KeyError:
            raise ValueError from None

    assert "KeyError" not in logged(hides)


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("no such table: x"),
        ImproperlyConfigured("SECRET_KEY is not set"),
        AttributeError("'NoneType' object has no attribute 'get'"),
        TypeError("'NoneType' object is not subscriptable"),
        OSError(28, "No space left on device"),
    ],
)
def test_words_about_code_and_machines_are_logged(error):
    def raises():
        raise error

    assert logged(raises).rstrip().endswith(f"{type(error).__qualname__}: {error}")
