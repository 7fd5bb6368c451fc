"""Who borrowed what is nobody's business for ever: of a transaction that is long over the patron is forgotten."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from almaportal.alma import clock
from almaportal.changes.models import Change
from almaportal.people import creating
from circulation import partner_patron
from circulation.models import Transaction

PATRONS = (creating.KIND, partner_patron.KIND)  # kinds of the log of changes


def forget_old() -> None:
    """For the sweep: after ACCESS_RECORD_DAYS a transaction that is over keeps no ID of its patron, and the patron's
    own changes in the log, which stay, do not lead to it any more."""
    before = clock.moment() - timedelta(days=settings.ACCESS_RECORD_DAYS)
    for one in Transaction.objects.filter(closed__lt=before).exclude(patron=Transaction.FORGOTTEN):
        with transaction.atomic():
            changes = Change.objects.filter(token__startswith=f"direct-{one.pk}-", kind__in=PATRONS)
            changes.update(token=None, reason=_("Direct borrowing"))
            for name in ("patron", "primary_id", "loan_id"):
                if getattr(one, name):
                    setattr(one, name, Transaction.FORGOTTEN)
            one.save()
