"""The answer to a monitor."""

import time
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from almaportal.alma.quota import Quota
from almaportal.jobs.sweep import WORKER_IS_LATE, last_sweep, worker_is_late

STARTED = time.monotonic()


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 when the portal works: the database answers, and a worker has swept in the last minutes. Else 503, and
    `reasons` says why.

    Right after the start a worker has had no time to sweep yet; that counts as well. `alma` tells how Alma answered
    last; it is not asked, and being down it does not make the portal ill: kept copies are shown, and a load balancer
    would take all web servers away.
    """
    report: dict[str, Any] = {"web": "ok"}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        report["database"] = "ok"
        late, swept = worker_is_late(), last_sweep()
        report["worker"] = "late" if late and has_run_long() else "starting" if late else "ok"
        report |= {"last_sweep": _text(swept), "alma": _alma()}
    except DatabaseError as error:
        report["database"] = type(error).__name__
    reasons = list(_reasons(report))
    report = {"status": "not well" if reasons else "ok", **report, "reasons": reasons}
    return JsonResponse(report, status=503 if reasons else 200)


def has_run_long() -> bool:
    return timedelta(seconds=time.monotonic() - STARTED) > WORKER_IS_LATE


def _reasons(report: dict[str, Any]) -> list[str]:
    """Sentences about what is not well."""
    if report["database"] != "ok":
        return [f"The database does not answer ({report['database']})."]
    if report["worker"] != "late":
        return []
    swept = report["last_sweep"]
    return [f"No worker has swept since {swept}." if swept else "No worker has ever swept."]


def _alma() -> str:
    """Alma by its last answer."""
    quota = Quota().state()
    if quota.blocked_until:
        return f"no calls left until {_text(quota.blocked_until)}"
    if quota.failed_at:
        last = f"last answer {_text(quota.answered_at)}" if quota.answered_at else "never answered"
        return f"failing ({quota.failed_kind}) at {_text(quota.failed_at)}, {last}"
    return "ok" if quota.answered_at else "not asked yet"


def _text(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%d %H:%M:%S} GMT" if moment else None
