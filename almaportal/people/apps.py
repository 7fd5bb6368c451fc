from django.apps import AppConfig
from django.urls import register_converter


class PeopleConfig(AppConfig):
    name = "almaportal.people"

    def ready(self) -> None:
        from almaportal.jobs.sweep import ALSO
        from almaportal.people import access
        from almaportal.people.addresses import PatronId

        ALSO.append(access.clear_old)
        register_converter(PatronId, "patron")
