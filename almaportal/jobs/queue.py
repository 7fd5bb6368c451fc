"""The only way into the queue: it carries a job's number and nothing else, for payloads are pickles, and kept."""

from django_q.tasks import async_task


def enqueue(job_id: int) -> None:
    """A worker takes the job up; harmless when it is in the queue twice."""
    async_task("almaportal.jobs.work.work", job_id, task_name=f"job {job_id}")
