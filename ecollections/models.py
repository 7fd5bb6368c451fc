"""What the portal remembers of the electronic area. No mirror of Alma: only where things are."""

from django.db import models


class Place(models.Model):
    """Where a record was last seen: it finds the page of an ID alone, and names the steps of a path.

    Never the truth about a record: its page reads Alma.
    """

    id = models.CharField(primary_key=True, max_length=40)
    collection_id = models.CharField(max_length=40)
    service_id = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=300, blank=True)
    interface = models.CharField(max_length=200, null=True)  # noqa: DJ001 - null: not read yet, "": none

    def __str__(self) -> str:
        return f"{self.id} {self.name}"
