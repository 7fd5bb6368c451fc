"""What all processes share about the pace of calls: one row."""

from django.db import models


class Pace(models.Model):
    """The one row (id 1) that every call to Alma goes through, for the gateway it was last used with.

    Times are epoch seconds, 0 for never.
    """

    gateway = models.CharField(max_length=200, blank=True, default="")
    next_at = models.FloatField(default=0)
    jobs_next_at = models.FloatField(default=0)
    paused_until = models.FloatField(default=0)
    slowed_at = models.FloatField(default=0)
    slowed_to = models.FloatField(default=0)
    blocked_until = models.FloatField(default=0)
    remaining = models.BigIntegerField(null=True)
    remaining_at = models.FloatField(default=0)
    most_remaining = models.BigIntegerField(default=0)
    answered_at = models.FloatField(default=0)
    failed_at = models.FloatField(default=0)
    failed_kind = models.CharField(max_length=20, blank=True, default="")

    def __str__(self) -> str:
        return f"pace: {self.remaining} calls left"
