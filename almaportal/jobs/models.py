"""Work in the background. For now only its heartbeat."""

from django.db import models


class Sweep(models.Model):
    """The one row (id 1) that says when a worker last swept: the proof, end to end, that the queue works."""

    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"swept {self.at:%Y-%m-%d %H:%M}"
