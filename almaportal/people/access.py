"""Who looked at which patron, and when: the one thing about patrons that the portal writes down."""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings

from almaportal.alma import clock
from almaportal.alma.caller import current
from almaportal.people.models import Access
from almaportal.request import Request

MOST_OF_A_SWEEP = 5000  # rows cleared a minute: the database is not held for long


def seen(request: Request, primary_id: str, action: Access.Action) -> None:
    """This person was shown a patron's record, or changed it. primary_id: as Alma writes it, not as it was typed."""
    note(request.user.pk or 0, request.user.get_username(), primary_id, action)


def note(user_id: int, who: str, primary_id: str, action: Access.Action) -> None:
    """The same where there is no request: in a job, of whose owner user_id and who are."""
    Access.objects.create(
        at=clock.moment(),
        user_id=user_id or None,
        who=who,
        patron=primary_id[:255],
        action=action,
        job_id=current().job_id,
    )


def listed(request: Request, primary_ids: Iterable[str]) -> None:
    """These people stood in a list of results."""
    who, now = request.user.get_username(), clock.moment()
    Access.objects.bulk_create(
        Access(at=now, user_id=request.user.pk, who=who, patron=one[:255], action=Access.Action.LIST)
        for one in primary_ids
        if one
    )


def clear_old() -> None:
    """For the sweep: what is older than ACCESS_RECORD_DAYS goes."""
    before = clock.moment() - timedelta(days=settings.ACCESS_RECORD_DAYS)
    old = Access.objects.filter(at__lt=before).order_by("at").values("pk")[:MOST_OF_A_SWEEP]
    Access.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
