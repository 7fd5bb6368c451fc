"""Portfolios that jobs deleted, after Alma accepted it: seen to be gone by the list of their service, not one by one.

Of each service one delete is followed (changes.following). Once it is gone, the list tells which of the others
are: one call a hundred that are left, at most PAGES_A_LOOK a minute, and none is called gone while it is listed.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from django.core.cache import cache
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from almaportal.alma import clock
from almaportal.alma.errors import AlmaError, AlmaNotFound
from almaportal.alma.records import code, rows, whole_number
from almaportal.changes import following
from almaportal.changes.models import Change
from ecollections import alma
from ecollections.kinds import PORTFOLIO
from ecollections.titles import index

PAGE = 100
PAGES_A_LOOK = 20
KEPT_SECONDS = 3600
EVER = datetime(2000, 1, 1, tzinfo=UTC)
BATCH = 500  # less than a database takes values in one query


def accepted(service: Sequence[str]) -> QuerySet[Change]:
    """The deletes of portfolios of this service (its path) that nobody saw done yet."""
    own = {"ids__0": service[0], "ids__1": service[1], "kind": PORTFOLIO.name, "action": Change.Action.DELETE}
    return Change.objects.filter(state=Change.State.GOING, **own)


def followed(service: Sequence[str]) -> QuerySet[Change]:
    """Those of the accepted ones that are looked for one by one: usually one, which stands for the others."""
    return accepted(service).filter(look_at__gt=EVER)  # so that an index finds it: "is not null" would read them all


def is_followed(ids: Sequence[str]) -> bool:
    """Whether another delete stands for the one of this portfolio, which Alma has just accepted."""
    return followed(ids[:2]).exists()


def nothing_left(service: Sequence[str]) -> None:
    """The service was seen to have no portfolios any more."""
    if accepted(service).update(state=Change.State.DONE, look_at=None):
        index.forget_all_of(service[1])
        alma.seen_gone()


def look_at_others(ids: Sequence[str]) -> None:
    """After this portfolio was seen gone, or is given up: which of the others that nobody follows are gone too. One of
    those that are not is followed from now on."""
    service = ids[:2]
    others = accepted(service).filter(look_at=None)
    if not others.exists():
        return
    try:
        seen = _listed(service, set(others.values_list("record_id", flat=True)))
    except AlmaError:
        seen = None
    if seen is not None:
        began, left = seen
        _gone(others.filter(at__lt=began), left)
        _give_up(others.filter(at__lt=began))
    if not followed(service).exclude(record_id=ids[-1]).exists() and (another := others.order_by("pk").first()):
        Change.objects.filter(pk=another.pk, look_at=None).update(look_at=clock.moment())


def _gone(changes: QuerySet[Change], left: Collection[str]) -> None:
    gone = [(pk, alma_id) for pk, alma_id in changes.values_list("pk", "record_id") if alma_id not in left]
    for start in range(0, len(gone), BATCH):
        batch = gone[start : start + BATCH]
        Change.objects.filter(pk__in=[pk for pk, _id in batch]).update(state=Change.State.DONE)
        index.forget(alma_id for _pk, alma_id in batch)
    if gone:
        alma.seen_gone()


def _give_up(still_there: QuerySet[Change]) -> None:
    """What Alma lists a day after it accepted the delete is for a person, as with the one that is followed."""
    text = _("The delete was sent a day ago, and the record is still there.")
    old = still_there.filter(at__lt=clock.moment() - following.GIVE_UP_AFTER)
    old.update(state=Change.State.UNSURE, text=text)


def is_given_up(ids: Sequence[str]) -> bool:
    """Whether the delete of this portfolio, which is still there, is followed no more after this look."""
    own = followed(ids[:2]).filter(record_id=ids[-1])
    return own.filter(at__lt=clock.moment() - following.GIVE_UP_AFTER).exists()


def _listed(service: Sequence[str], wanted: Collection[str]) -> tuple[datetime, Collection[str]] | None:
    """Those of the wanted portfolios that Alma lists, and when the list was begun. None while it is not read to its
    end: that may take several looks; a list that changed meanwhile is begun anew, since its pages have moved."""
    key = f"ecollections:listed:{service[1]}"
    began, offset, total, found = cache.get(key) or (clock.moment(), 0, None, set())
    cache.delete(key)
    for _look in range(PAGES_A_LOOK):
        try:
            with alma.reading_anew():
                answer = alma.proven(alma.portfolios(service[0], service[1], PAGE, offset)).data
        except AlmaNotFound as error:
            if not error.is_gone:
                raise
            return began, set()
        listed, count = rows(answer, "portfolio"), whole_number(answer.get("total_record_count"))
        if offset and count != total:
            return None
        total = count
        found |= {code(row.get("id")) for row in listed} & set(wanted)
        if len(listed) < PAGE:
            return began, found
        offset += PAGE
    cache.set(key, (began, offset, total, found), KEPT_SECONDS)
    return None
