"""What the calls to Alma were spent on."""

from django.db import models

from almaportal.alma import clock


class Bucket(models.Model):
    """Ten minutes of calls that are alike in everything named here.

    operation: the path template; outcome: "ok" or an AlmaError's kind; user_id and job_id: 0 for none; calls:
    requests that left for Alma; saved: reads that the cache answered; refused: calls not made because the day's calls
    were used up; seconds: Alma's answer times added up; waited: seconds spent waiting for slots.
    """

    start = models.DateTimeField()
    area = models.CharField(max_length=20)
    operation = models.CharField(max_length=200)
    method = models.CharField(max_length=6)
    outcome = models.CharField(max_length=20)
    lane = models.CharField(max_length=10)
    user_id = models.BigIntegerField(default=0)
    job_id = models.BigIntegerField(default=0)
    calls = models.BigIntegerField(default=0)
    saved = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    seconds = models.FloatField(default=0)
    waited = models.FloatField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_bucket",
                fields=["start", "area", "operation", "method", "outcome", "lane", "user_id", "job_id"],
            )
        ]
        indexes = [models.Index(fields=["job_id"])]

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M} {self.method} {self.operation}: {self.calls}"


class Failure(models.Model):
    """One of the last 500 calls that failed. No ids and, in the users and bibs areas, no text: both may name a
    person."""

    at = models.DateTimeField(default=clock.moment)
    area = models.CharField(max_length=20)
    operation = models.CharField(max_length=200)
    method = models.CharField(max_length=6)
    kind = models.CharField(max_length=20)
    status = models.IntegerField(null=True)
    code = models.CharField(max_length=60, blank=True)
    text = models.CharField(max_length=300, blank=True)
    tracking_id = models.CharField(max_length=100, blank=True)
    lane = models.CharField(max_length=10)
    user_id = models.BigIntegerField(default=0)
    job_id = models.BigIntegerField(default=0)
    seconds = models.FloatField(default=0)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.method} {self.operation}: {self.code or self.kind}"
