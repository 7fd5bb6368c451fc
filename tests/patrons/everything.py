"""All that is on disk after some use: the database with what its rows hold packed, the cache's files, the log."""

import gzip
import logging
import logging.config
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from io import StringIO
from pathlib import Path
from typing import Any

from django.contrib.sessions.models import Session
from django.db import connection
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from almaportal import settings as real
from almaportal.jobs.models import JobFile

LOGGERS = ("", "django", "django.request", "django.template", "django.security", "django-q")
LOGGERS += ("almaportal", "circulation", "patrons")


def tables() -> dict[str, str]:
    """Table → all its rows as text; sessions, queue and files unpacked."""
    found = {}
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{name}"')
            found[name] = "\n".join(str(row) for row in cursor.fetchall())
    found["sessions, unpacked"] = str([one.get_decoded() for one in Session.objects.all()])
    found["queue, unpacked"] = str([SignedPackage.loads(one.payload) for one in OrmQ.objects.all()])
    found["files, unpacked"] = "\n".join(gzip.decompress(one.content).decode() for one in JobFile.objects.all())
    return found


def files(folder: Path) -> dict[str, str]:
    """File → its content; what is compressed is unpacked."""
    return {str(file): _unpacked(file.read_bytes()) for file in folder.rglob("*") if file.is_file()}


def _unpacked(content: bytes) -> str:
    """Django's files of a cache: when they expire, pickled, then the value, pickled and compressed."""
    at = content.find(b"\x78\x9c")
    inner = zlib.decompress(content[at:]) if at >= 0 else b""
    return (content + inner).decode("utf-8", "replace")


@contextmanager
def log(level: int = logging.DEBUG) -> Iterator[StringIO]:
    """What the portal would write to stderr, with its own settings but for the level."""
    loggers = [logging.getLogger(name or None) for name in LOGGERS]
    before = [(one, one.level, one.handlers[:], one.propagate) for one in loggers]
    out = StringIO()
    config: dict[str, Any] = deepcopy(real.LOGGING)
    config["handlers"]["stderr"]["stream"] = out
    try:
        logging.config.dictConfig(config)
        for one in loggers:
            one.setLevel(level)
        yield out
    finally:
        for one, its_level, handlers, propagate in before:
            one.setLevel(its_level)
            one.handlers[:] = handlers
            one.propagate = propagate
