"""What stands in the log: no words of exceptions, for they repeat what they stumbled over, a patron's name perhaps."""

import logging
from collections.abc import Iterator
from traceback import format_tb
from types import TracebackType

from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError

# Their words are of code and machines, never of what was read or typed.
TELLING = (NameError, AttributeError, TypeError, ImportError, OSError, OperationalError, ImproperlyConfigured)
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Formatter(logging.Formatter):
    """A fault with the lines of code that led to it and the kinds of its exceptions; their words only where those
    cannot name a person."""

    def formatException(self, ei: ExcInfo) -> str:
        return "\n".join(_told(one) for one in _chain(ei[1])) if ei[1] else ""


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and what it came from, the first one first."""
    seen: list[BaseException] = []
    found: BaseException | None = error
    while found and found not in seen:
        seen.append(found)
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)
    return reversed(seen)


def _told(error: BaseException) -> str:
    words = f": {error}" if isinstance(error, TELLING) else ""
    return f"{''.join(format_tb(error.__traceback__))}{type(error).__module__}.{type(error).__qualname__}{words}"
