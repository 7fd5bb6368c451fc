"""What the calls to Alma were spent on."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from almaportal.alma import clock

# Upper bounds in seconds of the classes that answer times are counted in; the last class is what took longer.
TOOK_AT_MOST = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
TOOK = tuple(f"took_{n}" for n in range(len(TOOK_AT_MOST) + 1))
COUNTED = ("calls", "counted", "saved", "refused", "seconds", "waited", *TOOK)
OTHERS = "others"  # the lane of what other programs of the institution spent


class Series(models.Model):
    """Calls that are alike in everything but their time. pk: made of all the rest (meter.py), so that nobody has to
    look it up.

    operation: the path template; outcome: "ok" or an AlmaError's kind; code: Alma's, "" for none; lane: of Caller, or
    OTHERS; role: the person's; user_id and job_id: 0 for none; feature: the part of the portal or the kind of job, ""
    for the portal by itself; key: the name of the variable that the API key stands in.
    """

    id = models.BigIntegerField(primary_key=True)
    area = models.CharField(max_length=20)
    operation = models.CharField(max_length=200)
    method = models.CharField(max_length=6)
    outcome = models.CharField(max_length=20)
    code = models.CharField(max_length=60)
    lane = models.CharField(max_length=10)
    role = models.CharField(max_length=20)
    user_id = models.BigIntegerField()
    job_id = models.BigIntegerField()
    feature = models.CharField(max_length=40)
    key = models.CharField(max_length=40)

    class Meta:
        indexes = [models.Index(fields=["job_id"])]

    def __str__(self) -> str:
        return f"{self.method} {self.operation} {self.outcome}"


class Bucket(models.Model):
    """The calls of a series in one span of time: each call stands in a row of ten minutes, and, once its day is over,
    in those of its hour, day and month (fold.py).

    span: of Span; start: its beginning, GMT; calls: requests that left for Alma; counted: those that Alma counted for
    the day; saved: reads that the cache answered; refused: calls not made because the day's calls, a budget or the hour
    forbade them; seconds: Alma's answer times added up; waited: seconds spent waiting for slots; took_0 …: calls by how
    long Alma took (TOOK_AT_MOST).
    """

    class Span(models.IntegerChoices):
        TEN_MINUTES = 0
        HOUR = 1
        DAY = 2
        MONTH = 3

    span = models.PositiveSmallIntegerField()
    start = models.DateTimeField()
    series = models.ForeignKey(Series, models.DO_NOTHING, db_constraint=False)
    calls = models.BigIntegerField(default=0)
    counted = models.BigIntegerField(default=0)
    saved = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    seconds = models.FloatField(default=0)
    waited = models.FloatField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_bucket_a_series", fields=["span", "start", "series"])]

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M} {self.series_id}: {self.calls}"


for _name in TOOK:
    Bucket.add_to_class(_name, models.IntegerField(default=0))


class Left(models.Model):
    """What Alma said was left of the day's calls, by ten minutes. low: at the end of them; given: calls that Alma added
    meanwhile."""

    start = models.DateTimeField(primary_key=True)
    low = models.BigIntegerField()
    given = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M}: {self.low} left"


class Failure(models.Model):
    """One of the last 500 calls that failed. No IDs and, in areas whose texts may name a person
    (errors.PERSONAL), no text."""

    at = models.DateTimeField(default=clock.moment)
    series = models.ForeignKey(Series, models.DO_NOTHING, db_constraint=False, related_name="failures")
    status = models.IntegerField(null=True)
    text = models.CharField(max_length=300, blank=True)
    tracking_id = models.CharField(max_length=100, blank=True)
    seconds = models.FloatField(default=0)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.status} {self.tracking_id}"


class KeyTest(models.Model):
    """What the last test of an area's API key found. Neither the key nor a part of it is kept.

    variable: the one that it stood in; digest: tells whether the key is the same (key_tests.digest); at, who: when and
    by whom it was tested; code, text, tracking_id: what Alma said where it refused; institution: the code that Alma
    told, "" for none; trouble: why the latest test came to no end, "" when it did.
    """

    class Right(models.TextChoices):
        YES = "yes", _("yes")
        NO = "no", _("no")
        UNKNOWN = "unknown", _("not tested")

    area = models.CharField(max_length=20, unique=True)
    variable = models.CharField(max_length=40)
    digest = models.CharField(max_length=16)
    at = models.DateTimeField(default=clock.moment)
    who = models.CharField(max_length=150, blank=True)
    reads = models.CharField(max_length=10, choices=Right.choices, default=Right.UNKNOWN)
    writes = models.CharField(max_length=10, choices=Right.choices, default=Right.UNKNOWN)
    code = models.CharField(max_length=60, blank=True)
    text = models.CharField(max_length=300, blank=True)
    tracking_id = models.CharField(max_length=100, blank=True)
    institution = models.CharField(max_length=60, blank=True)
    trouble = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"{self.area}: reading {self.reads}, writing {self.writes}"


class RuleChange(models.Model):
    """What an administrator changed about the calls to Alma. before, after: name → value as stored (alma/rules.py), of
    what differs; a name that is missing was not set, and the settings held."""

    at = models.DateTimeField(default=clock.moment)
    user_id = models.BigIntegerField(default=0)
    who = models.CharField(max_length=150)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.who}"


class Alert(models.Model):
    """A warning that was given, once on its day (GMT).

    name: alerts.END, or alerts.DAY or a budget's (rules.budget_of) with a percent behind it: "day:80",
    "role:viewer:90"; facts: those of alerts.Warned, for the words of the mail; is_told: False where a higher percent
    was reached at the same time; tried_at: when somebody last began to mail it; mailed_at: when that was done, None
    until then.
    """

    day = models.DateField()
    name = models.CharField(max_length=80)
    at = models.DateTimeField(default=clock.moment)
    facts = models.JSONField(default=dict)
    is_told = models.BooleanField(default=True)
    tried_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_alert_a_day", fields=["day", "name"])]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"
