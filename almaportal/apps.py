from django.apps import AppConfig


class AlmaportalConfig(AppConfig):
    name = "almaportal"
