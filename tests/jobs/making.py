"""Jobs as they stand in the database, made without working them off."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from almaportal.jobs.models import Item, Job

NOON = datetime(2027, 1, 15, 12, tzinfo=UTC)
NOTE = {"actions": [{"path": "public_note", "do": "set", "value": "New"}]}


def make(user: Any, state: str, phase: str = "run", items: Iterable[dict[str, Any]] = (), **more: Any) -> Job:
    """A job of this person with these items; those that say no path get one."""
    fields = {"kind": "edit-portfolios", "title": "A job", "params": NOTE, "created": NOON, "who": user.username}
    if phase == "run":
        fields["started"] = NOON
    job = Job.objects.create(user=user, state=state, phase=phase, **fields | more)
    numbered = enumerate(items)
    Item.objects.bulk_create(Item(job=job, **{"position": n, "path": f"61/62/53{n}"} | one) for n, one in numbered)
    return job
