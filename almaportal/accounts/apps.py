from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "almaportal.accounts"
    label = "accounts"

    def ready(self) -> None:
        from almaportal.accounts.roles import make_groups
        from almaportal.middleware import note_use

        post_migrate.connect(make_groups, sender=self)
        user_logged_in.connect(note_use, dispatch_uid="note_use")
