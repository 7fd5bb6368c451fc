"""One writer a record: a PUT of a whole record must not meet another one between its read and its write."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from almaportal.alma import clock
from almaportal.alma.errors import AlmaHeld
from almaportal.changes.models import Hold

SECONDS = 180  # longer than a page, or an item of a job, may last: then its process has died
PATIENCE_SECONDS = 10
PAUSE_SECONDS = 0.05


@contextmanager
def hold(key: str) -> Iterator[None]:
    """Nobody else writes the record of this key inside the block. Raises AlmaHeld when somebody does for too long."""
    give_up_at = clock.monotonic() + PATIENCE_SECONDS
    while not (until := _take(key)):
        if clock.monotonic() > give_up_at:
            raise AlmaHeld
        clock.sleep(PAUSE_SECONDS)
    try:
        yield
    finally:
        Hold.objects.filter(key=key, until=until).delete()


def clear_old() -> None:
    """For the sweep: what processes that died left behind names a record, maybe a person's, for no purpose."""
    Hold.objects.filter(until__lt=clock.now()).delete()


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
