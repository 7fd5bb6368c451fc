"""What the portal itself remembers: the watch list of requests, without a patron in it, and the transactions of direct
borrowing, which have IDs of a patron and no name."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from circulation.closure import Last


class Watched(models.Model):
    """A request that staff keep an eye on.

    kind, state, place, pickup: as `record` reads them, when it was last looked at; state "" for not looked at yet;
    seen_at: when a look last found that it was not over; changed_at: when a look found it otherwise than the one
    before; ending: how it came to its end, of closure.Ending, "" while it goes on: its state stays then as it was seen
    last; is_sure: whether that is known, and not only likely.
    """

    request_id = models.CharField(max_length=100, unique=True)
    mms_id = models.CharField(max_length=40, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    who = models.CharField(max_length=150, blank=True)
    since = models.DateTimeField()
    kind = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=40, blank=True)
    place = models.PositiveIntegerField(null=True)
    pickup = models.CharField(max_length=40, blank=True)
    placed = models.DateTimeField(null=True)
    wanted_until = models.DateField(null=True)
    held_until = models.DateField(null=True)
    looked_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=20, blank=True)
    is_sure = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.request_id

    @property
    def last(self) -> Last:
        """As it was when it was last looked at."""
        over_by = self.looked_at if self.ending else None
        return Last(self.state, self.placed, self.wanted_until, self.held_until, self.seen_at, over_by)


class Transaction(models.Model):
    """A book that is lent to a reader of another institution, by direct borrowing.

    number: the hub's; patron: the ID as it was given, the primary ID once that is known; group, until: user group and
    expiry of the virtual patron; is_virtual: title, holding and item are made for it; barcode … location: of the
    item, of a real one only the barcode; library, desk: where it is lent and comes back; pickup_library, pickup_desk:
    codes, the desk "" for the library alone; primary_id … loan_id: Alma's, "" while there is none; nobody: Alma
    was asked and nobody has the patron's ID; went_out, came_back: Alma said so; rolling_back: no step forward any
    more; status: as the hub calls it, the furthest reached; failed: the step whose last try was refused, "" for none;
    seen: what Alma last said of request, item and loan, read at seen_at.
    """

    class Status(models.TextChoices):
        SUBMITTED = "SUBMITTED_TO_DCB", _("submitted")
        VERIFIED = "PATRON_VERIFIED", _("patron verified")
        RESOLVED = "RESOLVED", _("resolved: the item is known")
        AT_SUPPLIER = "REQUEST_PLACED_AT_SUPPLYING_AGENCY", _("request placed here")
        CONFIRMED = "CONFIRMED", _("confirmed")
        AT_BORROWER = "REQUEST_PLACED_AT_BORROWING_AGENCY", _("request placed at the borrowing library")
        SENT = "PICKUP_TRANSIT", _("on the way to the reader")
        RECEIVED = "RECEIVED_AT_PICKUP", _("received at the place of pickup")
        READY = "READY_FOR_PICKUP", _("ready for pickup")
        LOANED = "LOANED", _("on loan")
        RETURNING = "RETURN_TRANSIT", _("on the way back")
        COMPLETED = "COMPLETED", _("completed")
        CANCELLED = "CANCELLED", _("cancelled")

    FORGOTTEN = "–"  # in the place of what told who had the book, once the transaction is long over

    number = models.CharField(max_length=60, unique=True)
    partner = models.CharField(max_length=100)
    patron = models.CharField(max_length=255)
    group = models.CharField(max_length=100)
    until = models.DateField()
    is_virtual = models.BooleanField(default=False)
    barcode = models.CharField(max_length=100)
    title = models.CharField(max_length=300, blank=True)
    author = models.CharField(max_length=200, blank=True)
    material = models.CharField(max_length=60, blank=True)
    policy = models.CharField(max_length=60, blank=True)
    location = models.CharField(max_length=60, blank=True)
    library = models.CharField(max_length=60)
    desk = models.CharField(max_length=60)
    pickup_library = models.CharField(max_length=60)
    pickup_desk = models.CharField(max_length=60, blank=True)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    who = models.CharField(max_length=150, blank=True)
    created = models.DateTimeField()
    closed = models.DateTimeField(null=True)
    status = models.CharField(max_length=40, choices=Status.choices, default=Status.SUBMITTED)
    failed = models.CharField(max_length=20, blank=True)
    rolling_back = models.BooleanField(default=False)

    nobody = models.BooleanField(default=False)
    primary_id = models.CharField(max_length=255, blank=True)
    mms_id = models.CharField(max_length=40, blank=True)
    holding_id = models.CharField(max_length=40, blank=True)
    item_id = models.CharField(max_length=40, blank=True)
    request_id = models.CharField(max_length=100, blank=True)
    loan_id = models.CharField(max_length=40, blank=True)
    went_out = models.BooleanField(default=False)
    came_back = models.BooleanField(default=False)
    seen = models.JSONField(default=dict)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["closed", "-id"])]

    def __str__(self) -> str:
        return self.number

    @property
    def is_forgotten(self) -> bool:
        return self.patron == self.FORGOTTEN


class Step(models.Model):
    """One call of a transaction, tried once; or, without a method, what somebody noted.

    name: of the call, see `steps`; attempt: from 1; method, path: the call; http: HTTP status of a refusal, None where
    Alma did it or no answer came; code, text, tracking_id: of a refusal, the text as far as it may be kept.
    """

    class State(models.TextChoices):
        SENT = "sent", _("sent, outcome not known yet")
        DONE = "done", _("done")
        FAILED = "failed", _("refused, nothing was changed")
        UNSURE = "unsure", _("nobody knows whether Alma did it")

    transaction = models.ForeignKey(Transaction, models.CASCADE, related_name="steps")
    name = models.CharField(max_length=40)
    attempt = models.PositiveSmallIntegerField(default=1)
    method = models.CharField(max_length=10, blank=True)
    path = models.CharField(max_length=600, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.SENT)
    http = models.PositiveSmallIntegerField(null=True)
    code = models.CharField(max_length=60, blank=True)
    text = models.CharField(max_length=500, blank=True)
    tracking_id = models.CharField(max_length=100, blank=True)
    at = models.DateTimeField()
    who = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["transaction", "name", "attempt"], name="step_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.attempt}"

    @property
    def token(self) -> str:
        """What the log of changes knows this try by."""
        return f"direct-{self.transaction_id}-{self.name}-{self.attempt}"[:40]

    @property
    def is_undecided(self) -> bool:
        return self.state in (self.State.SENT, self.State.UNSURE)
