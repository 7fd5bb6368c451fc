"""Room for buckets by series: what was counted in the old way is given up."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("usage", "0002_by_job")]
    operations = [migrations.DeleteModel("Bucket"), migrations.DeleteModel("Failure")]
