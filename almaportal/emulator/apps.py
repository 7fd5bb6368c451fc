"""Makes `manage.py emulator` known to Django."""

from django.apps import AppConfig


class EmulatorConfig(AppConfig):
    """The emulator has no models, views or settings: only its management command."""

    name = "almaportal.emulator"
