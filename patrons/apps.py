from django.apps import AppConfig


class PatronsConfig(AppConfig):
    name = "patrons"

    def ready(self) -> None:
        from patrons import jobs
        from patrons.changed import register_kinds

        register_kinds()
        jobs.register_kinds()
