"""What a web server runs: `gunicorn almaportal.wsgi`."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "almaportal.settings")
application = get_wsgi_application()

# A page's objects are freed by counting references. Looking for circles after every 700 of them, through all that was
# loaded at the start too, makes the slowest twentieth of the pages 10 % slower (bench/pages.py).
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 100)
