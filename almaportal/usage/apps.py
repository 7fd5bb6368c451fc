from django.apps import AppConfig


class UsageConfig(AppConfig):
    name = "almaportal.usage"
    label = "usage"
