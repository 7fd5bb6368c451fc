from django.apps import AppConfig
from django.db.models.signals import post_migrate


class JobsConfig(AppConfig):
    name = "almaportal.jobs"
    label = "jobs"

    def ready(self) -> None:
        from almaportal.jobs.sweep import schedule_sweep

        post_migrate.connect(schedule_sweep, sender=self)
