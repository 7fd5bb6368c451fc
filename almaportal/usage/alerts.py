"""Warnings about the day's calls: on home for as long as they hold, and by mail once a day each."""

import logging
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from almaportal.accounts.roles import ROLES, VIEW_USAGE
from almaportal.alma import clock
from almaportal.alma.gateway import alma
from almaportal.alma.models import Spent
from almaportal.alma.quota import State, next_midnight
from almaportal.jobs.models import Job
from almaportal.templatetags.portal import number
from almaportal.usage import figures, words
from almaportal.usage.forecast import Forecast, forecast
from almaportal.usage.models import Alert
from almaportal.usage.rules_words import budget as budget_words

DAY, END = "day", "end"  # names beside those of budgets
MEASURED = timedelta(minutes=30)  # so long at least, before a forecast alarms anybody
CLAIMED = timedelta(minutes=5)  # longer than a mail takes: then who began to send it is dead, or failed
SELDOM = timedelta(minutes=30)  # so often at least a mail is tried that failed again and again
TOGETHER = 50  # addresses of one mail: servers take about a hundred
KEPT = timedelta(days=62)
TOP = 3
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Warned:
    """What there is to warn of at this moment. name: DAY, END, or a budget's (rules.budget_of); percents: those of the
    rules that are reached, () for END; facts: JSON: used, of: calls, neither where the day is used up and nobody knows
    of how many; per_hour, since, runs_out, jobs_rest, rests (they do now): of the forecast, times as ISO texts; none of
    these where there is none, or for a budget."""

    name: str
    percents: tuple[int, ...]
    facts: dict[str, Any]

    @property
    def percent(self) -> int:
        return self.percents[-1] if self.percents else 0

    @property
    def is_over(self) -> bool:
        return _is_over(self.facts)

    @property
    def title(self) -> str:
        return _title(self.name, self.percent, self.facts)

    @property
    def sentences(self) -> list[str]:
        return _sentences(self.name, self.facts)

    @property
    def query(self) -> str:
        """What the usage page is asked for, to show who spends it."""
        what, _colon, whose = self.name.partition(":")
        asked = {"role": {"role": whose}, "kind": {"feature": whose, "by": "job"}}.get(what, {})
        return f"?{urlencode(asked)}" if asked else ""


def now() -> list[Warned]:
    """All that there is to warn of, the day's calls first. Four short statements at most."""
    return _now(alma().quota.state())


def _now(quota: State) -> list[Warned]:
    found = _of_the_day(quota)
    budgets = quota.rules.budgets
    if budgets:
        spent = Spent.objects.filter(day=clock.moment().date(), name__in=budgets).order_by("name")
        counts = spent.values_list("name", "calls")
        found += [_reached(name, {"used": calls, "of": budgets[name]}, quota) for name, calls in counts]
    return [one for one in found if one.percents or one.name == END]


def _of_the_day(quota: State) -> list[Warned]:
    """Of a day that is not sure only that Alma said it is used up, for the whole of it: in the day's first minutes that
    may be about yesterday."""
    limit = quota.limit if quota.day_is_sure else None
    if quota.blocked_until and quota.blocked_until >= quota.resets_at:
        return [_reached(DAY, {"used": limit, "of": limit} if limit and quota.limit_is_sure else {}, quota)]
    if not limit or quota.remaining is None:
        return []
    moment = clock.moment()
    ahead = forecast(quota, moment)
    facts = {"used": max(0, limit - quota.remaining), "of": limit} | _ahead(ahead, moment)
    found = [_reached(DAY, facts, quota)]
    if quota.rules.warn_of_end and quota.remaining and ahead and ahead.runs_out and moment - ahead.since >= MEASURED:
        found.append(Warned(END, (), facts))
    return found


def _reached(name: str, facts: dict[str, Any], quota: State) -> Warned:
    reached = (one for one in quota.rules.warn_at if _is_over(facts) or 100 * facts["used"] >= one * facts["of"])
    return Warned(name, tuple(sorted(reached)), facts)


def _is_over(facts: dict[str, Any]) -> bool:
    return "of" not in facts or bool(facts["used"] >= facts["of"])


def _ahead(ahead: Forecast | None, moment: datetime) -> dict[str, Any]:
    if ahead is None:
        return {}
    times = {"since": ahead.since, "runs_out": ahead.runs_out, "jobs_rest": ahead.jobs_rest}
    rests = ahead.jobs_rest is not None and ahead.jobs_rest <= moment
    said = {"per_hour": round(ahead.per_hour), "rests": rests}
    return said | {name: at and at.isoformat() for name, at in times.items()}


def on_home() -> list[Warned]:
    """Without what is said there already: that the day is used up, and in the warning of the day when it will be."""
    quota = alma().quota.state()
    found = _now(quota)
    dropped = {DAY} if quota.blocked_until else {END} if any(one.name == DAY for one in found) else set()
    return [one for one in found if one.name not in dropped]


# In words: nothing about patrons, no titles of records


def _title(name: str, percent: int, facts: dict[str, Any]) -> str:
    if name == END:
        return _("At this pace today's API calls run out at %(at)s") % {"at": _at(facts["runs_out"])}
    percent = 100 if _is_over(facts) else percent
    if name == DAY:
        return _("%(percent)d %% of today's API calls are used") % {"percent": percent}
    whose = {"percent": percent, "whose": budget_words(name)}
    return _("%(percent)d %% of today's API calls for %(whose)s are used") % whose


def _sentences(name: str, facts: dict[str, Any]) -> list[str]:
    nothing = _("Nothing is asked of Alma before 00:00 GMT.")
    if "of" not in facts:
        return [_("The institution has no call left today, in none of its programs."), nothing]
    counts = {"used": number(facts["used"]), "of": number(facts["of"])}
    if name not in (DAY, END):
        again = {"at": _at(next_midnight(clock.now()).isoformat())}
        return [_("%(used)s of %(of)s calls.") % counts, _("The next ones come at %(at)s.") % again]
    found = [_("%(used)s of %(of)s calls, of all programs of the institution.") % counts]
    if _is_over(facts):
        return [*found, nothing]
    if "per_hour" not in facts:
        return found
    pace = {"n": number(facts["per_hour"]), "since": _at(facts["since"]), "at": _at(facts["runs_out"])}
    if not facts["runs_out"]:
        return [*found, _("At this pace, %(n)s an hour since %(since)s, they last until 00:00 GMT.") % pace]
    found.append(_("At this pace, %(n)s an hour since %(since)s, they run out at %(at)s.") % pace)
    if facts["rests"]:
        found.append(_("Jobs rest: what is left is the reserve for people."))
    elif facts["jobs_rest"] and facts["jobs_rest"] != facts["runs_out"]:
        found.append(_("Jobs rest from %(at)s on: what is left then is for people.") % {"at": _at(facts["jobs_rest"])})
    return found


def _at(moment: str | None) -> str:
    """16:40 (15:40 GMT)."""
    if not moment:
        return ""
    found = datetime.fromisoformat(moment)
    here, gmt = words.clock_time(found, clock.moment()), words.gmt(found)
    return f"{here} ({gmt})" if timezone.localtime(found).utcoffset() else gmt


# Each minute, by a worker


def look() -> None:
    """For the sweep: what is new today is written down, and mailed; what could not be mailed is tried again."""
    moment = clock.moment()
    today = moment.date()
    known = set(Alert.objects.filter(day=today).values_list("name", flat=True))
    for one in now():
        for name, is_told in _names(one):
            if name not in known:
                fields = {"at": moment, "facts": one.facts, "is_told": is_told}
                Alert.objects.get_or_create(day=today, name=name, defaults=fields)
    _mail_what_is_new(today, moment)
    Alert.objects.filter(day__lt=today - KEPT).delete()


def _names(one: Warned) -> list[tuple[str, bool]]:
    """Of several percents the highest is told alone."""
    if one.name == END:
        return [(END, True)]
    return [(f"{one.name}:{percent}", percent == one.percent) for percent in one.percents]


def administrators() -> list[Any]:
    """People who see the usage, by name: the warnings are for them."""
    roles = [role for role, may in ROLES.items() if VIEW_USAGE in may]
    people = get_user_model().objects.filter(Q(groups__name__in=roles) | Q(is_superuser=True), is_active=True)
    return list(people.distinct().order_by("username"))


def _addresses() -> list[str]:
    return list(dict.fromkeys(one.email for one in administrators() if _is_address(one.email)))


def _is_address(text: str) -> bool:
    """One that is none would keep the mail from all."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def _mail_what_is_new(today: date, moment: datetime) -> None:
    """Whoever claims a warning sends its mail. What fails is tried again, less and less often, until the day ends."""
    waiting = Alert.objects.filter(day=today, is_told=True, mailed_at=None).order_by("pk")
    free = [one for one in waiting if _is_free(one, moment)] if settings.EMAIL_HOST else []
    to = _addresses() if free else []
    for alert in free if to else ():
        own = Alert.objects.filter(pk=alert.pk, mailed_at=None)
        if not own.filter(tried_at=alert.tried_at).update(tried_at=moment):
            continue
        if sent := _send(alert, to):
            own.update(mailed_at=clock.moment())
        if sent < len(to):
            return


def _is_free(alert: Alert, moment: datetime) -> bool:
    """Nobody tried to mail it, or that is as long ago as it had been waiting then."""
    tried = alert.tried_at
    return tried is None or moment - tried >= max(CLAIMED, min(SELDOM, tried - alert.at))


def _send(alert: Alert, to: list[str]) -> int:
    """To so many addresses it was sent: of several mails some may fail, and none goes out twice. No error goes on: it
    would keep the sweep from its other work."""
    sent = 0
    try:
        subject, text = _mail(alert)
        while sent < len(to):
            some = to[sent : sent + TOGETHER]
            send_mail(subject, text, None, some)
            sent += len(some)
    except Exception as error:
        lost, why = len(to) - sent, type(error).__name__  # an error's own words may name addresses
        logger.warning("The mail about %s could not be sent to %d of %d addresses: %s", alert.name, lost, len(to), why)
    return sent


def _mail(alert: Alert) -> tuple[str, str]:
    """Subject and text."""
    name, _colon, percent = alert.name.rpartition(":") if alert.name != END else (END, "", "0")
    title = _title(name, int(percent), alert.facts)
    lines = [
        f"{title}.",
        *_sentences(name, alert.facts),
        _("Seen at %(at)s.") % {"at": _at(alert.at.isoformat())},
        "",
        *_who_spends(),
    ]
    if settings.PORTAL_URL:
        lines += ["", f"{settings.PORTAL_URL}{reverse('usage:usage')}"]
    lines += ["", _("You get this as an administrator of the portal; its page “Rules” says when warnings are sent.")]
    return f"[almaportal, {settings.ALMA_ENVIRONMENT}] {title}", "\n".join(lines)


def _who_spends() -> list[str]:
    """Of today's calls of the portal, in lines."""
    parts = figures.read(figures.period("today", clock.moment()), {})
    people, jobs, features = (_most(figures.table(parts, by)) for by in ("person", "job", "feature"))
    names = dict(get_user_model().objects.filter(pk__in=[one for one, _n in people]).values_list("pk", "username"))
    kinds = dict(Job.objects.filter(pk__in=[one for one, _n in jobs]).values_list("pk", "kind"))
    found = [(names.get(one, _("deleted person %d") % one), n) for one, n in people]
    found += [(_job(one, kinds.get(one)), n) for one, n in jobs]
    found += [(words.feature(one), n) for one, n in features]
    if not found:
        return []
    return [
        _("Who and what spends most today, in calls of this portal:"),
        *(f"  {who}: {number(n)}" for who, n in found),
    ]


def _job(id: int, kind: str | None) -> str:
    """kind: None when the job is known no more."""
    if kind is None:
        return _("job %d") % id
    return _("job %(id)d (%(kind)s)") % {"id": id, "kind": words.feature(kind)}


def _most(table: dict[Any, figures.Sums]) -> list[tuple[Any, int]]:
    """The values with the most calls; nobody and nothing is none of them."""
    counts = [(value, sums.calls) for value, sums in table.items() if value and sums.calls]
    return sorted(counts, key=lambda one: -one[1])[:TOP]
