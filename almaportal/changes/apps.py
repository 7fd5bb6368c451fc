from django.apps import AppConfig


class ChangesConfig(AppConfig):
    name = "almaportal.changes"
    label = "changes"
