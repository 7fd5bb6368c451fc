"""Reading the lists of services anew each night, for those where somebody switched it on."""

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
    """Each minute, from the sweep: at night one job for each person who wants services read, once a night."""
    now = timezone.localtime(clock.moment())
    if now.hour not in HOURS:
        return
    wanted = IndexedService.objects.filter(is_nightly=True).exclude(nightly_by=None).select_related("nightly_by")
    for user in {service.nightly_by for service in wanted}:
        if user and user.is_active and user.has_perm(CHANGE_ECOLLECTIONS):
            _start_for(user, f"{now:%Y-%m-%d}", [one for one in wanted if one.nightly_by == user])


def _start_for(user: User, night: str, services: list[IndexedService]) -> None:
    if Job.objects.filter(kind=INDEX, user=user, params__night=night).exists():
        return
    params = {"identifiers": any(one.has_identifiers for one in services), "night": night}
    control.submit(INDEX, [str(one) for one in services], params, user)
