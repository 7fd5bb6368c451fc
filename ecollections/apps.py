from django.apps import AppConfig


class EcollectionsConfig(AppConfig):
    name = "ecollections"

    def ready(self) -> None:
        from ecollections import jobs
        from ecollections.changed import register_kinds

        register_kinds()
        jobs.register_kinds()
