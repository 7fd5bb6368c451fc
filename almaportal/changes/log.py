"""Writing down what is changed in Alma: before it leaves, and what became of it."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import DatabaseError, IntegrityError, transaction

from almaportal.alma import clock
from almaportal.alma.caller import current
from almaportal.alma.errors import AlmaError
from almaportal.changes.models import Change

FIRST_LOOK = timedelta(seconds=2)
TEXT_KEPT = 500  # characters of Alma's text
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Why:
    """reason: what the person gave as the reason, or a ticket; undoes: the change that this one takes back, or None."""

    reason: str = ""
    undoes: Change | None = None


class AlreadySent(Exception):
    """The same form was sent before: `change` is what became of it."""

    def __init__(self, change: Change) -> None:
        self.change = change
        super().__init__(change.pk)


def begin(
    action: str, kind: str, ids: Sequence[str], title: str, why: Why, token: str | None = None, **more: Any
) -> Change:
    """The row of a write that is about to leave. Raises AlreadySent when one with this token is there already."""
    caller = current()
    who = get_user_model().objects.filter(pk=caller.user_id).first()
    try:
        with transaction.atomic():
            return Change.objects.create(
                at=clock.moment(),
                user=who,
                who=who.get_username() if who else "",
                job_id=caller.job_id,
                action=action,
                kind=kind,
                record_id=ids[-1] if ids and action != Change.Action.CREATE else "",
                ids=list(ids),
                title=title[:300],
                reason=why.reason[:300],
                undoes=why.undoes,
                token=token,
                **more,
            )
    except IntegrityError:
        if token is None:
            raise
        raise AlreadySent(Change.objects.get(token=token)) from None


@contextmanager
def sending(change: Change) -> Iterator[None]:
    """Around the call itself: an AlmaError is written down, and goes on."""
    try:
        yield
    except AlmaError as error:
        change.state = Change.State.UNSURE if error.unknown_outcome else Change.State.FAILED
        change.code, change.tracking_id = error.said.code[:60], error.said.tracking_id[:100]
        change.text = (error.text_to_keep or error.detail or str(error.title))[:TEXT_KEPT]
        if change.state == Change.State.FAILED:
            change.fields = [entry | {"after": _shortened(entry["after"])} for entry in change.fields]
        elif change.action == Change.Action.DELETE:  # it may be under way: that can be seen
            change.look_at = clock.moment() + FIRST_LOOK
        _save(change)
        raise


def _shortened(value: Any) -> Any:
    """What was refused needs no keeping in full."""
    return f"{value[:TEXT_KEPT]}…" if isinstance(value, str) and len(value) > TEXT_KEPT else value


def _save(change: Change) -> None:
    """What Alma did is done, whether it can be written down or not."""
    try:
        change.save()
    except DatabaseError:
        logger.exception("What became of change %s could not be written down: %s", change.pk, change.state)


def done(change: Change, **fields: Any) -> None:
    """Alma did it. fields: of Change, to be set with that."""
    for name, value in {"state": Change.State.DONE, **fields}.items():
        setattr(change, name, value)
    _save(change)


def going(change: Change) -> None:
    """Alma accepted a delete: it is followed until the record is gone."""
    done(change, state=Change.State.GOING, look_at=clock.moment() + FIRST_LOOK)
