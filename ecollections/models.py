"""What the portal remembers of the electronic area. No mirror of Alma: where things are, and an index to find them."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from almaportal.jobs.models import Job


class Place(models.Model):
    """Where an e-collection or a service was last seen: it finds the page of an ID alone, and names a path's steps.

    Never the truth about a record: its page reads Alma. Portfolios are in the title index.
    """

    id = models.CharField(primary_key=True, max_length=40)
    collection_id = models.CharField(max_length=40)
    service_id = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=300, blank=True)
    interface = models.CharField(max_length=200, null=True)  # noqa: DJ001 - null: not read yet, "": none

    def __str__(self) -> str:
        return f"{self.id} {self.name}"


class IndexedService(models.Model):
    """A service that the title index knows, in whole or in part.

    total: portfolios by Alma's list, null until that was read; built: when all of them were last read, null for never;
    is_nightly: read anew each night, in the name of `nightly_by`; has_identifiers: with ISSN and ISBN of new titles.
    """

    collection_id = models.CharField(max_length=40)
    service_id = models.CharField(max_length=40, unique=True)
    total = models.PositiveIntegerField(null=True)
    built = models.DateTimeField(null=True)
    is_nightly = models.BooleanField(default=False)
    nightly_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    has_identifiers = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["collection_id"])]

    def __str__(self) -> str:
        return f"{self.collection_id}/{self.service_id}"


class Facet(models.Model):
    """A combination of what titles are filtered by: there are few, so that filters and counts need no look at titles.

    availability, library, material: Alma's codes, "" for none; origin: "local", "zone", "" where Alma does not say;
    override (of the URL), gaps (in the coverage): "yes", "no", "" until the whole record was read.
    """

    availability = models.CharField(max_length=40)
    origin = models.CharField(max_length=5)
    library = models.CharField(max_length=100)
    material = models.CharField(max_length=40)
    override = models.CharField(max_length=3)
    gaps = models.CharField(max_length=3)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["availability", "origin", "library", "material", "override", "gaps"], name="facet_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.availability} {self.library} {self.material}"


class Title(models.Model):
    """A portfolio in the title index: a row of a million, so IDs are numbers here, and times seconds since 1970.

    sort: the beginning of the title as it is sorted by; seen: when Alma last listed it; changed: when the portal last
    noticed that it was another than before, or first saw it. Null until they were asked for: issn, isbn, author,
    publisher (of the bib, or of the whole record), url (the one in force) and facts: {field path: raw value} of the
    fields of titles.facts.PATHS that the whole record had something in.
    The words that it is found by stand in the table of `titles.words`.
    """

    alma_id = models.BigIntegerField(unique=True)
    service = models.ForeignKey(IndexedService, models.CASCADE, db_index=False)
    facet = models.ForeignKey(Facet, models.PROTECT, db_index=False)
    mms_id = models.BigIntegerField(null=True)
    title = models.TextField()
    sort = models.CharField(max_length=50)
    seen = models.BigIntegerField()
    changed = models.BigIntegerField()
    issn = models.TextField(null=True)  # noqa: DJ001 - null: not asked yet, "": none; so are the next
    isbn = models.TextField(null=True)  # noqa: DJ001
    author = models.TextField(null=True)  # noqa: DJ001
    publisher = models.TextField(null=True)  # noqa: DJ001
    url = models.TextField(null=True)  # noqa: DJ001
    facts = models.JSONField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["service", "sort", "facet"], name="title_of_service"),
            models.Index(fields=["facet", "service"], name="title_facet"),
            models.Index(fields=["mms_id"], name="title_mms_id"),
            models.Index(fields=["service", "changed", "facet"], name="title_changed"),
            models.Index(fields=["service", "url"], name="title_url", condition=models.Q(url__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.alma_id} {self.title}"


class Load(models.Model):
    """A file that somebody brought: read, and sorted row by row into groups that can each become a job.

    form: what the file is; kind: of the records that its rows are about ("collection", "service", "portfolio");
    collection_id, service_id: where its new portfolios go; of a KBART file the service it is compared with; content:
    the file as it came, gzip; layout: how it is to be read, see loading.reading.Layout; columns: of each column its
    header, and the field path or "@…" it is loaded into, "" for none (loading.columns); options: what else was chosen;
    job: the one that sorts its rows; message: why it could not be read; counts: {group: rows}; previous: the last
    comparison with the same service.
    """

    class Form(models.TextChoices):
        ROWS = "rows", _("rows of a table")
        KBART = "kbart", _("KBART title list")

    form = models.CharField(max_length=10, choices=Form.choices)
    kind = models.CharField(max_length=20, default="portfolio")
    name = models.CharField(max_length=200)
    collection_id = models.CharField(max_length=40, blank=True)
    service_id = models.CharField(max_length=40, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    who = models.CharField(max_length=150, blank=True)
    made = models.DateTimeField()
    content = models.BinaryField()
    layout = models.JSONField(default=dict)
    columns = models.JSONField(default=list)
    options = models.JSONField(default=dict)
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")
    message = models.CharField(max_length=500, blank=True)
    counts = models.JSONField(null=True)
    previous = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["service_id", "made"])]

    def __str__(self) -> str:
        return f"file {self.pk} {self.name}"


class LoadRow(models.Model):
    """A row of a file, or a portfolio that the file does not have. Shapes: loading.shapes.Sorted.

    is_old: the last comparison with this service said the same.
    """

    load = models.ForeignKey(Load, models.CASCADE, related_name="rows", db_index=False)
    number = models.PositiveIntegerField()
    group = models.CharField(max_length=12)
    path = models.CharField(max_length=130, blank=True)
    title = models.CharField(max_length=300, blank=True)
    why = models.CharField(max_length=500, blank=True)
    data = models.JSONField(null=True)
    key = models.CharField(max_length=32, blank=True)
    is_old = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["load", "group", "is_old"]),
            models.Index(fields=["load", "key"]),
        ]

    def __str__(self) -> str:
        return f"row {self.number} {self.group} {self.title}"
