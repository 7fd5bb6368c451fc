"""One writer a record: a PUT of a whole record must not meet another one between its read and its write."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from almaportal.alma import clock
from almaportal.alma.errors import AlmaSlow
from almaportal.changes.models import Hold

SECONDS = 180  # longer than any write lasts: only a process that died leaves its hold this long
PATIENCE_SECONDS = 10
PAUSE_SECONDS = 0.05


@contextmanager
def hold(key: str) -> Iterator[None]:
    """Nobody else writes the record of this key inside the block. Raises AlmaSlow when somebody does for too long."""
    give_up_at = clock.monotonic() + PATIENCE_SECONDS
    while not (until := _take(key)):
        if clock.monotonic() > give_up_at:
            raise AlmaSlow(_("This record is being saved by somebody else at this moment."))
        clock.sleep(PAUSE_SECONDS)
    try:
        yield
    finally:
        Hold.objects.filter(key=key, until=until).delete()


def _take(key: str) -> float:
    """Until when it is ours; 0 when somebody else has it."""
    now = clock.now()
    try:
        with transaction.atomic():
            Hold.objects.create(key=key, until=now + SECONDS)
    except IntegrityError:
        taken = Hold.objects.filter(key=key, until__lt=now).update(until=now + SECONDS)
        return now + SECONDS if taken else 0.0
    return now + SECONDS
