"""The answer to a monitor."""

import time
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from almaportal.jobs.sweep import WORKER_IS_LATE, worker_is_late

STARTED = time.monotonic()


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 when the portal works: the database answers, and a worker has swept in the last minutes. Else 503 with why.

    Right after the start a worker has had no time to sweep yet; that counts as well. Alma being down does not make the
    portal ill, so it is not asked.
    """
    report: dict[str, Any] = {"web": "ok"}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        report["database"] = "ok"
        late = worker_is_late()
        report["worker"] = "late" if late and has_run_long() else "starting" if late else "ok"
    except DatabaseError as error:
        report["database"] = type(error).__name__
    is_well = report["database"] == "ok" and report["worker"] != "late"
    return JsonResponse({"status": "ok" if is_well else "not well", **report}, status=200 if is_well else 503)


def has_run_long() -> bool:
    return timedelta(seconds=time.monotonic() - STARTED) > WORKER_IS_LATE
