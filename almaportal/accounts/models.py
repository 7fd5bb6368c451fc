"""Who may sign in."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A member of staff. Django's own user for now; a class of ours, so that it can grow without moving tables."""
