"""What the frame around every page shows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from almaportal.accounts.roles import (
    ROLE_NAMES,
    VIEW_CHANGES,
    VIEW_ECOLLECTIONS,
    VIEW_JOBS,
    VIEW_PATRONS,
    VIEW_REQUESTS,
    VIEW_USAGE,
    roles_of,
)
from almaportal.alma.gateway import alma
from almaportal.jobs import notices


def shell(request: HttpRequest) -> dict[str, Any]:
    """The navigation a person may use, the environment and the calls left today."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"environment": settings.ALMA_ENVIRONMENT}
    return {
        "environment": settings.ALMA_ENVIRONMENT,
        "quota": alma().quota.state(),
        "may_view_ecollections": user.has_perm(VIEW_ECOLLECTIONS),
        "may_view_patrons": user.has_perm(VIEW_PATRONS),
        "may_view_requests": user.has_perm(VIEW_REQUESTS),
        "may_view_jobs": user.has_perm(VIEW_JOBS),
        "own_jobs": SimpleLazyObject(lambda: notices.of(user)),  # fragments do not ask
        "may_view_changes": user.has_perm(VIEW_CHANGES),
        "may_view_usage": user.has_perm(VIEW_USAGE),
        "roles": [ROLE_NAMES[role] for role in roles_of(user)],
    }
