"""The four roles, as groups, and what each may do: this table is the only truth about it. A person may have several."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

VIEW_ECOLLECTIONS = "ecollections.view"
CHANGE_ECOLLECTIONS = "ecollections.change"
VIEW_PATRONS = "patrons.view"
CHANGE_BLOCK = "patrons.change_block"
ADD_PATRON = "patrons.add"
RENEW_LOANS = "patrons.renew"
VIEW_ACCESS = "patrons.view_access"  # who looked at whom
VIEW_REQUESTS = "circulation.view"
CHANGE_REQUESTS = "circulation.change"  # place, cancel, watch
RUN_DIRECT = "circulation.direct"  # direct borrowing
VIEW_CHANGES = "changes.view"
VIEW_JOBS = "jobs.view"  # one's own
VIEW_ALL_JOBS = "jobs.view_all"
VIEW_USAGE = "usage.view"
CHANGE_RULES = "usage.rules"  # pace, reserve, budgets, quiet hours, warnings
TRY_CALLS = "usage.try"  # test keys, try a call

ROLES: dict[str, set[str]] = {
    "viewer": {VIEW_ECOLLECTIONS},
    "e-resources": {VIEW_ECOLLECTIONS, CHANGE_ECOLLECTIONS, VIEW_CHANGES, VIEW_JOBS},
    "circulation": {
        *(VIEW_ECOLLECTIONS, VIEW_CHANGES, VIEW_JOBS),
        *(VIEW_PATRONS, CHANGE_BLOCK, ADD_PATRON, RENEW_LOANS),
        *(VIEW_REQUESTS, CHANGE_REQUESTS, RUN_DIRECT),
    },
    "administrator": {
        *(VIEW_ECOLLECTIONS, CHANGE_ECOLLECTIONS, VIEW_CHANGES),
        *(VIEW_USAGE, CHANGE_RULES, TRY_CALLS),
        *(VIEW_JOBS, VIEW_ALL_JOBS),
        *(VIEW_PATRONS, CHANGE_BLOCK, ADD_PATRON, RENEW_LOANS, VIEW_ACCESS),
        *(VIEW_REQUESTS, CHANGE_REQUESTS, RUN_DIRECT),
    },
}
ROLE_NAMES: dict[str, str | Promise] = {
    "viewer": _("viewer"),
    "e-resources": _("e-resources"),
    "circulation": _("circulation"),
    "administrator": _("administrator"),
}


def roles_of(user: Any) -> list[str]:
    """The names of a person's roles, in the order of the table; asked of the database once a request."""
    if not hasattr(user, "_roles"):
        names = set(user.groups.values_list("name", flat=True))
        user._roles = [role for role in ROLES if role in names]
    found: list[str] = user._roles
    return found


def strongest_role(user: Any) -> str:
    """The role that a person's calls are counted by: the last of theirs in the table; "" for none."""
    return (roles_of(user) or [""])[-1]


class RolesBackend(ModelBackend):
    """Signs in by name and password; what somebody may do comes from the table of roles alone."""

    def get_all_permissions(self, user_obj: AbstractBaseUser | AnonymousUser, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        user: Any = user_obj
        if not hasattr(user, "_allowed"):  # kept for the request: every page asks for dozens
            user._allowed = set().union(*(ROLES[role] for role in roles_of(user)))
        allowed: set[str] = user._allowed
        return allowed


def make_groups(**_kwargs: Any) -> None:
    """After migrations: each role has its group."""
    from django.contrib.auth.models import Group

    for role in ROLES:
        Group.objects.get_or_create(name=role)
