"""Reading the lists of services anew each night, for those where somebody switched it on."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from almaportal.accounts.models import User
from almaportal.accounts.roles import CHANGE_ECOLLECTIONS
from almaportal.alma import clock
from almaportal.jobs import control
from almaportal.jobs.models import Job
from ecollections.models import IndexedService
from ecollections.titles.jobs import INDEX

HOURS = range(2, 6)  # of the library's night: a worker that was away tries again, but not at noon


def start() -> None:
    """Each minute, from the sweep: at night one job for each person who wants services read, once a night; one more
    for those that are read with identifiers."""
    now = timezone.localtime(clock.moment())
    if now.hour not in HOURS:
        return
    wanted: dict[tuple[User, bool], list[str]] = {}
    services = IndexedService.objects.filter(is_nightly=True).exclude(nightly_by=None).select_related("nightly_by")
    for service in services:
        if service.nightly_by:
            wanted.setdefault((service.nightly_by, service.has_identifiers), []).append(str(service))
    for (user, identifiers), paths in wanted.items():
        if user.is_active and user.has_perm(CHANGE_ECOLLECTIONS):
            _start_for(user, paths, {"identifiers": identifiers, "night": f"{now:%Y-%m-%d}"})


def _start_for(user: User, paths: list[str], params: dict[str, Any]) -> None:
    """Not beside one that is still waiting for calls since the night before."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # two workers may sweep at once
        nightly = Job.objects.filter(kind=INDEX, user=user, params__identifiers=params["identifiers"])
        tonight = nightly.filter(params__night=params["night"])
        going_on = nightly.filter(params__has_key="night", state__in=(*control.UNDER_WAY, Job.State.WAITING))
        if not tonight.exists() and not going_on.exists():
            control.submit(INDEX, paths, params, user)
