"""What the portal counts, for Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/ (0.0.4).

Nothing here names a person, and nothing calls Alma. Sums of the day begin anew at 00:00 GMT: for Prometheus as if the
program had begun anew.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from hmac import compare_digest
from itertools import accumulate

from django.conf import settings
from django.db.models import Count, Min
from django.db.models.functions import Coalesce, Greatest
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from almaportal.alma import clock
from almaportal.alma.quota import Quota
from almaportal.jobs.models import Job
from almaportal.jobs.sweep import WORKER_IS_LATE, last_sweep
from almaportal.usage import figures
from almaportal.usage.models import TOOK_AT_MOST
from almaportal.usage.others import by_others

TEXT = "text/plain; version=0.0.4; charset=utf-8"
TODAY = "today; begins anew at 00:00 GMT"
Samples = Iterable[tuple[str, Mapping[str, str], float]]  # what stands behind the name, labels, value


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """404 without METRICS_TOKEN; 401 without that token.

    By plain HTTP it is refused, not redirected: a scraper would follow, and go on sending the token readable by all.
    """
    if not settings.METRICS_TOKEN:
        return HttpResponse("Not found.\n", TEXT, status=404)
    if settings.SECURE_SSL_REDIRECT and not request.is_secure():
        return HttpResponse("Ask by https: the token is readable by all on its way.\n", TEXT, status=403)
    scheme, _blank, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode()):
        headers = {"WWW-Authenticate": 'Bearer realm="metrics"'}
        return HttpResponse("The token is missing or wrong.\n", TEXT, status=401, headers=headers)
    return HttpResponse("".join((*_calls(), *_day(), *_work())), TEXT)


def _calls() -> Iterable[str]:
    """What was counted today."""
    over = figures.period("today", clock.moment())
    parts = figures.read(over, {})
    made: dict[tuple[str, ...], int] = {}
    refused: dict[tuple[str, ...], int] = {}
    for part in parts:
        of = (part.of["area"], part.of["method"], part.of["outcome"], part.of["lane"])
        made[of] = made.get(of, 0) + part.sums.calls
        refused[of[2:]] = refused.get(of[2:], 0) + part.sums.refused
    sums = figures.total(parts)
    names = ("area", "method", "outcome", "lane")
    samples = [("", dict(zip(names, of, strict=True)), calls) for of, calls in sorted(made.items()) if calls]
    yield _family("calls_total", "counter", f"Calls that left for Alma, {TODAY}.", samples)
    samples = [("", dict(zip(names[2:], of, strict=True)), calls) for of, calls in sorted(refused.items()) if calls]
    why = "no calls left, a budget used up, quiet hours"
    yield _family("calls_not_made_total", "counter", f"Calls that were not made ({why}), {TODAY}.", samples)
    yield _one("calls_saved_total", "counter", f"Reads that a kept answer spared, {TODAY}.", sums.saved)
    yield _one("calls_too_fast_total", "counter", f"Calls that Alma refused for speed (429), {TODAY}.", sums.throttled)
    yield _one("wait_seconds_total", "counter", f"Seconds spent waiting for slots, {TODAY}.", sums.waited)
    text = "Calls of the institution's other programs today, as far as Alma's last word tells."
    yield _one("other_programs_calls", "gauge", text, sum(by_others(over.begin, over.end).values()))
    counts = list(accumulate(sums.took))
    classes: Samples = [
        *(("_bucket", {"le": str(most)}, count) for most, count in zip(TOOK_AT_MOST, counts, strict=False)),
        *(("_bucket", {"le": "+Inf"}, counts[-1]), ("_sum", {}, sums.seconds), ("_count", {}, counts[-1])),
    ]
    yield _family("answer_seconds", "histogram", f"How long Alma took to answer, {TODAY}.", classes)


def _day() -> Iterable[str]:
    """What is left of the day; what is not known is left out."""
    quota = Quota().state()
    if quota.remaining is not None:
        text = "Calls left today, for all programs of the institution, as Alma last said."
        yield _one("calls_left", "gauge", text, quota.remaining)
    if quota.limit is not None:
        yield _one("calls_limit", "gauge", "Calls a day, set or learned from Alma.", quota.limit)
    text = "When the day's calls begin anew: the next 00:00 GMT."
    yield _one("calls_reset_timestamp_seconds", "gauge", text, quota.resets_at.timestamp())
    yield _one("pace_calls_per_second", "gauge", "Calls a second that the portal allows itself now.", quota.pace)


def _work() -> Iterable[str]:
    """What becomes of jobs."""
    counts = dict.fromkeys(map(str, Job.State.values), 0)
    touched = Greatest("created", Coalesce("started", "created"), Coalesce("heartbeat", "created"))
    since = None
    by_state = Job.objects.order_by().values_list("state").annotate(n=Count("pk"), longest=Min(touched))
    for state, number, longest in by_state:
        counts[state] = number
        since = longest if state == Job.State.QUEUED else since
    yield _family("jobs", "gauge", "Jobs by state.", [("", {"state": state}, n) for state, n in counts.items()])
    text = "How long the job has waited for a worker that waits longest, 0 when none does."
    yield _one("oldest_queued_job_seconds", "gauge", text, _age(since, clock.moment()) if since else 0)
    swept, now = last_sweep(), timezone.now()
    text = "1 when a worker swept in the last five minutes."
    yield _one("worker_up", "gauge", text, int(swept is not None and abs(now - swept) <= WORKER_IS_LATE))
    if swept:
        yield _one("worker_sweep_age_seconds", "gauge", "Seconds since a worker last swept.", _age(swept, now))


def _age(since: datetime, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds())


def _one(name: str, kind: str, text: str, value: float) -> str:
    return _family(name, kind, text, [("", {}, value)])


def _family(name: str, kind: str, text: str, samples: Samples) -> str:
    """All lines of a metric."""
    full = f"almaportal_{name}"
    lines = [f"# HELP {full} {_escaped(text)}", f"# TYPE {full} {kind}"]
    lines += [f"{full}{behind}{_labels(labels)} {value}" for behind, labels, value in samples]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    pairs = [f'{name}="{_escaped(value, quotes=True)}"' for name, value in labels.items()]
    return f"{{{','.join(pairs)}}}" if pairs else ""


def _escaped(text: str, quotes: bool = False) -> str:
    text = text.replace("\\", r"\\").replace("\n", r"\n")
    return text.replace('"', r"\"") if quotes else text
