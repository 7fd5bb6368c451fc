"""What all processes share about the pace of calls: one row."""

from django.db import models


class Pace(models.Model):
    """The one row (id 1) that every call to Alma goes through, for the gateway it was last used with.

    Times are epoch seconds, 0 for never. rules: what administrators set (rules.py); it holds for any gateway.
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
    rules = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"pace: {self.remaining} calls left"


class Spent(models.Model):
    """Calls of a day that a budget is for. name: of rules.budget_of; day: GMT."""

    name = models.CharField(max_length=60)
    day = models.DateField()
    calls = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_count_a_budget", fields=["day", "name"])]

    def __str__(self) -> str:
        return f"{self.name} {self.day}: {self.calls}"
