from django.apps import AppConfig


class EcollectionsConfig(AppConfig):
    name = "ecollections"
