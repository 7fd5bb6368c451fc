"""Making people who may sign in, and giving them roles."""

from collections.abc import Sequence

from django.contrib.auth.models import Group

from almaportal.accounts.models import User


def give_roles(name: str, roles: Sequence[str], password: str | None = None) -> User:
    """The person of this user name, made when missing, with exactly these roles of `roles.ROLES`.

    password: set when given; without one a new person cannot sign in yet.
    """
    user, made = User.objects.get_or_create(username=name)
    if password is not None or made:
        user.set_password(password)  # None makes it unusable
        user.save()
    user.groups.set(Group.objects.filter(name__in=roles))
    return user
