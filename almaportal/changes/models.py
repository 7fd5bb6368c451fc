"""Who changed what in Alma through the portal, and which record is being written at this moment."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Change(models.Model):
    """One write: made before it leaves, so that none goes unseen.

    kind: of record, as registered in `kinds.py`; ids: the IDs of the path down to the record, [] while a new one has
    none; title: as it was called; fields: [{"path", "before", "after", "asked"?, "by_alma"?}, …], raw values as Alma
    had and has them, `asked` where Alma did not do it, `by_alma` where nobody asked; record: of a delete, the whole
    record as it was; looked: of a create, by what it is found again: {"key": its name or MMS ID, "known": IDs
    of records like it that were there before, null when nobody could look}.
    """

    class Action(models.TextChoices):
        EDIT = "edit", _("edited")
        CREATE = "create", _("created")
        DELETE = "delete", _("deleted")

    class State(models.TextChoices):
        SENT = "sent", _("sent, outcome not known yet")
        DONE = "done", _("done")
        GOING = "going", _("accepted, Alma is still deleting")
        FAILED = "failed", _("refused, nothing was changed")
        UNSURE = "unsure", _("nobody knows whether Alma did it")

    at = models.DateTimeField(db_index=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    who = models.CharField(max_length=150, blank=True)
    job_id = models.BigIntegerField(default=0)
    action = models.CharField(max_length=10, choices=Action.choices)
    kind = models.CharField(max_length=30)
    record_id = models.CharField(max_length=255, blank=True, db_index=True)
    ids = models.JSONField(default=list)
    title = models.CharField(max_length=300, blank=True)
    fields = models.JSONField(default=list)
    record = models.JSONField(null=True)
    looked = models.JSONField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.SENT)
    code = models.CharField(max_length=60, blank=True)
    text = models.CharField(max_length=500, blank=True)
    tracking_id = models.CharField(max_length=100, blank=True)
    undoes = models.ForeignKey("self", models.SET_NULL, null=True, related_name="undone_by")
    token = models.CharField(max_length=40, null=True, unique=True)  # noqa: DJ001 - null: none, and those are many
    looks = models.PositiveSmallIntegerField(default=0)
    look_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "look_at"]), models.Index(fields=["job_id", "record_id"])]

    def __str__(self) -> str:
        return f"{self.action} {self.kind} {self.record_id}"


class Hold(models.Model):
    """A record that is being written: whoever else wants to write it waits. until: epoch seconds, against crashes."""

    key = models.CharField(primary_key=True, max_length=300)
    until = models.FloatField()

    def __str__(self) -> str:
        return self.key
