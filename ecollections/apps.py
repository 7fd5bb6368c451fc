from django.apps import AppConfig


class EcollectionsConfig(AppConfig):
    name = "ecollections"

    def ready(self) -> None:
        from ecollections.changed import register_kinds

        register_kinds()
