from django.apps import AppConfig


class PatronsConfig(AppConfig):
    name = "patrons"

    def ready(self) -> None:
        from almaportal.jobs.sweep import ALSO
        from patrons import access, jobs
        from patrons.changed import register_kinds

        ALSO.append(access.clear_old)
        register_kinds()
        jobs.register_kinds()
