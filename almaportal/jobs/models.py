"""Work in the background: jobs and their items are the truth; the queue carries only a job's number."""

from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

PATH_LENGTH = 800  # of an item: an ID of 255 letters, percent-encoded


class Sweep(models.Model):
    """The one row (id 1) that says when a worker last swept: the proof, end to end, that the queue works."""

    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"swept {self.at:%Y-%m-%d %H:%M}"


class Jobs(models.Manager["Job"]):
    """A hundred thousand targets are only read by who plans the job or shows them."""

    def get_queryset(self) -> models.QuerySet["Job"]:
        return super().get_queryset().defer("targets")


class Job(models.Model):
    """One piece of work on many records, in phases: its items are found (plan), looked at (review), done (run).

    kind: a name of `kinds.KINDS`; targets: paths of Alma IDs, or what else the kind takes as such, as they were given;
    params: what else the kind needs, JSON; sample: how many items the review looks at, None for all; asks: the extent
    of the review is asked for once it is known how many items there are; tree: what the plan found, as the kind sums
    it up; review_key: new with each completed review, so that nobody starts what they did not see; calls, speed: spent
    so far, and a second right now; wait_until: when a waiting or scheduled job goes on; claimed_by, heartbeat: the
    worker that has it, and its last sign of life; attempts: slices that died since anything was done; mails,
    is_told: whether its owner wants a mail at the end, and knows of the end; undoes: the job it takes back.
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
    targets = models.JSONField(default=list)
    params = models.JSONField(default=dict)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    who = models.CharField(max_length=150, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=20, choices=State.choices, default=State.DRAFT)
    phase = models.CharField(max_length=10, choices=Phase.choices, default=Phase.PLAN)
    sample = models.PositiveIntegerField(null=True)
    asks = models.BooleanField(default=False)
    tree = models.JSONField(null=True)
    review_key = models.CharField(max_length=20, blank=True)
    message = models.CharField(max_length=500, blank=True)
    created = models.DateTimeField()
    started = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)
    calls = models.PositiveBigIntegerField(default=0)
    speed = models.FloatField(default=0)
    wait_until = models.DateTimeField(null=True)
    claimed_by = models.CharField(max_length=40, blank=True)
    heartbeat = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    mails = models.BooleanField(default=False)
    is_told = models.BooleanField(default=False)
    undoes = models.ForeignKey("self", models.SET_NULL, null=True, related_name="undone_by")

    objects = Jobs()

    class Meta:
        indexes = [
            models.Index(fields=["state", "wait_until"]),
            models.Index(fields=["user", "is_told", "state"]),
        ]

    def __str__(self) -> str:
        return f"job {self.pk} {self.kind} {self.state}"

    @cached_property
    def memo(self) -> dict[str, Any]:
        """What a kind found out and uses again for each item of a slice; kept nowhere else."""
        return {}


class Item(models.Model):
    """One record of a job.

    path: its Alma IDs joined by "/", percent-encoded where one may hold anything; stage: all items of a lower one are
    over before the first of a higher begins; input: what a row of a file says about it, or what was given while its
    record is not known (given.py); kept: the record as the review read it, where the kind keeps it;
    verdict: what the review found: "" for not looked at; before: {field path: raw value} of the fields it is about, as
    the review saw them; after: the same as they would become; code, message, tracking_id: why it failed or was skipped,
    Alma's where it was Alma's word; is_final: trying again makes no sense; tries: how often it was sent.
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
        LEFT = "left", _("left alone")
        REFUSED = "refused", _("refused")
        MISSING = "missing", _("not found")
        UNREAD = "unread", _("could not be read")

    job = models.ForeignKey(Job, models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    stage = models.PositiveSmallIntegerField(default=0)
    path = models.CharField(max_length=PATH_LENGTH)
    title = models.CharField(max_length=300, blank=True)
    input = models.JSONField(null=True)
    kept = models.JSONField(null=True)
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
            models.Index(fields=["job", "state", "stage", "position"]),
            models.Index(fields=["job", "verdict", "state"]),
            models.Index(fields=["job", "position"]),
        ]

    def __str__(self) -> str:
        return f"{self.job_id}: {self.path} {self.state}"

    @property
    def ids(self) -> list[str]:
        return [unquote(one) for one in self.path.split("/")]


class Event(models.Model):
    """A line of a job's log. who: the person's user name, "" for the portal itself."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="events")
    at = models.DateTimeField()
    who = models.CharField(max_length=150, blank=True)
    text = models.CharField(max_length=500)

    def __str__(self) -> str:
        return f"{self.job_id} {self.at:%Y-%m-%d %H:%M} {self.text}"


class JobFile(models.Model):
    """What somebody may want to have of a job later: its review, its results, the records it deleted. Kept in the
    database, so that every web server has it. content: gzip."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="files")
    name = models.CharField(max_length=60)
    made = models.DateTimeField()
    rows = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "name"], name="one_file_a_name")]

    def __str__(self) -> str:
        return f"{self.job_id}: {self.name}"


class Recipe(models.Model):
    """A named set of what a bulk edit does. params: as in Job.params; is_shared: others see and use it; is_locked: only
    its owner may change or delete it."""

    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    is_shared = models.BooleanField(default=False)
    is_locked = models.BooleanField(default=True)
    changed = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "kind", "name"], name="one_recipe_a_name")]

    def __str__(self) -> str:
        return self.name
