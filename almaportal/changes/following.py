"""Following what is not finished: an accepted delete until the record is gone, and what a crash left behind."""

import logging
from datetime import timedelta

from django.utils.translation import gettext as _

from almaportal.alma import clock
from almaportal.alma.caller import Caller, calling, current
from almaportal.alma.errors import AlmaDenied, AlmaError, AlmaQuotaSpent, AlmaUnreachable
from almaportal.changes import holds, log
from almaportal.changes.kinds import KINDS
from almaportal.changes.models import Change

LONGEST_PAUSE = timedelta(minutes=10)
GIVE_UP_AFTER = timedelta(days=1)
AT_A_TIME = 20  # calls a minute at most
SECONDS = 60  # so long at most
logger = logging.getLogger(__name__)


def look(change: Change) -> None:
    """See whether the record is gone: one call, when it is time for one. The pauses double, up to ten minutes."""
    now = clock.moment()
    if not change.look_at or now < change.look_at:
        return
    pause = min(LONGEST_PAUSE, log.FIRST_LOOK * 2 ** min(change.looks + 1, 12))
    # Claimed in one statement: two pages that follow the same delete make one call.
    mine = Change.objects.filter(pk=change.pk, looks=change.looks).update(looks=change.looks + 1, look_at=now + pause)
    change.refresh_from_db()
    if not mine:
        return
    if KINDS[change.kind].is_gone(change.ids):
        log.done(change, look_at=None)
    elif now - change.at > GIVE_UP_AFTER:
        text = _("The delete was sent a day ago, and the record is still there.")
        log.done(change, state=Change.State.UNSURE, look_at=None, text=text)


def look_again() -> None:
    """What nobody has a page open about: a worker looks, in the jobs' lane."""
    _left_behind()
    due = Change.objects.filter(look_at__lte=clock.moment()).order_by("look_at")[:AT_A_TIME]
    with calling(Caller(lane="jobs", give_up_at=clock.monotonic() + SECONDS)):
        for change in due:
            if current().seconds_left() <= 0:
                return
            try:
                look(change)
            except AlmaError as error:
                logger.warning("Change %s could not be followed: %s", change.pk, error)
                if isinstance(error, AlmaUnreachable | AlmaDenied | AlmaQuotaSpent):
                    return  # the others would fare no better


def _left_behind() -> None:
    """A write whose process died before it knew the outcome. A delete can be seen to be done; the others a person
    must look at."""
    text = _("The portal stopped while this was being sent.")
    left = Change.objects.filter(
        state=Change.State.SENT, job_id=0, at__lt=clock.moment() - timedelta(seconds=holds.SECONDS)
    )
    left.filter(action=Change.Action.DELETE).update(state=Change.State.UNSURE, text=text, look_at=clock.moment())
    left.update(state=Change.State.UNSURE, text=text)
