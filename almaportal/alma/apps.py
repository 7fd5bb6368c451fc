from django.apps import AppConfig


class AlmaConfig(AppConfig):
    name = "almaportal.alma"
    label = "alma"
