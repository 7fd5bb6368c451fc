from django.apps import AppConfig


class UsageConfig(AppConfig):
    name = "almaportal.usage"
    label = "usage"

    def ready(self) -> None:
        from almaportal.jobs.sweep import ALSO
        from almaportal.usage import alerts, fold

        ALSO.extend((fold.fold, alerts.look))
