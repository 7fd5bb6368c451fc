"""What the portal itself remembers about patrons: only who looked at whom. Records are read and never kept."""

from django.conf import settings
from django.db import models


class Access(models.Model):
    """Somebody saw or changed a patron's record. who: their user name; patron: the primary ID; action: of Action."""

    class Action(models.TextChoices):
        VIEW = "view"
        LIST = "list"
        LOANS = "loans"
        FEES = "fees"
        PRINT = "print"
        RENEW = "renew"
        BLOCK = "block"
        CREATE = "create"
        REQUESTS = "requests"
        PLACE = "place"
        CANCEL = "cancel"
        DIRECT = "direct"

    at = models.DateTimeField(db_index=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    who = models.CharField(max_length=150, blank=True)
    patron = models.CharField(max_length=255, db_index=True)
    action = models.CharField(max_length=10, choices=Action.choices)
    job_id = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.who} {self.action} {self.at:%Y-%m-%d %H:%M}"
