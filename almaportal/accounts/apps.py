from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "almaportal.accounts"
    label = "accounts"

    def ready(self) -> None:
        from almaportal.accounts.roles import make_groups

        post_migrate.connect(make_groups, sender=self)
