"""Work in the background: jobs and their items are the truth; the queue carries only a job's number."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Sweep(models.Model):
    """The one row (id 1) that says when a worker last swept: the proof, end to end, that the queue works."""

    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"swept {self.at:%Y-%m-%d %H:%M}"


class Job(models.Model):
    """One piece of work on many records, in phases: its items are found (plan), looked at (review), done (run).

    kind: a name of `kinds.KINDS`; params: what the kind needs, JSON; reviewed: how many items the review covers, None
    for all; wait_until: when a waiting or scheduled job goes on; claimed_by, heartbeat: the worker that has it, and
    its last sign of life; attempts: slices that died since the last one that ended well; undoes: the job it takes back.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        READY = "ready", _("ready to start")
        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        WAITING = "waiting", _("waiting")
        STOPPING = "stopping", _("stopping")
        DONE = "done", _("done")
        DONE_WITH_ERRORS = "done with errors", _("done with errors")
        STOPPED = "stopped", _("stopped")
        FAILED = "failed", _("failed")

    class Phase(models.TextChoices):
        PLAN = "plan", _("finding the records")
        REVIEW = "review", _("looking at the records")
        RUN = "run", _("doing it")

    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=200, blank=True)
    params = models.JSONField(default=dict)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    who = models.CharField(max_length=150, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=20, choices=State.choices, default=State.DRAFT)
    phase = models.CharField(max_length=10, choices=Phase.choices, default=Phase.PLAN)
    sample = models.PositiveIntegerField(null=True)
    message = models.CharField(max_length=500, blank=True)
    created = models.DateTimeField()
    started = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)
    wait_until = models.DateTimeField(null=True)
    claimed_by = models.CharField(max_length=40, blank=True)
    heartbeat = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    undoes = models.ForeignKey("self", models.SET_NULL, null=True, related_name="undone_by")

    class Meta:
        indexes = [models.Index(fields=["state", "wait_until"])]

    def __str__(self) -> str:
        return f"job {self.pk} {self.kind} {self.state}"


class Item(models.Model):
    """One record of a job.

    path: its Alma IDs joined by "/"; verdict: what the review found: "" for not looked at; before: {field path: raw
    value} of the fields it is about, as the review saw them; after: the same as they would become; code, message,
    tracking_id: why it failed or was skipped, Alma's where it was Alma's word; tries: how often it was sent.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("pending")
        SENT = "sent", _("sent")
        DONE = "done", _("done")
        UNCHANGED = "unchanged", _("unchanged")
        SKIPPED = "skipped", _("skipped")
        FAILED = "failed", _("failed")
        UNSURE = "unsure", _("unsure")

    class Verdict(models.TextChoices):
        CHANGES = "changes", _("will change")
        SAME = "same", _("needs no change")
        REFUSED = "refused", _("refused")

    job = models.ForeignKey(Job, models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    path = models.CharField(max_length=130)
    title = models.CharField(max_length=300, blank=True)
    input = models.JSONField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    verdict = models.CharField(max_length=10, choices=Verdict.choices, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    message = models.CharField(max_length=500, blank=True)
    code = models.CharField(max_length=60, blank=True)
    tracking_id = models.CharField(max_length=100, blank=True)
    is_final = models.BooleanField(default=True)
    tries = models.PositiveSmallIntegerField(default=0)
    change = models.ForeignKey("changes.Change", models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "path"], name="one_item_a_record")]
        indexes = [
            models.Index(fields=["job", "state", "position"]),
            models.Index(fields=["job", "verdict", "position"]),
        ]

    def __str__(self) -> str:
        return f"{self.job_id}: {self.path} {self.state}"

    @property
    def ids(self) -> list[str]:
        return self.path.split("/")
