"""What a web server runs: `gunicorn almaportal.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "almaportal.settings")
application = get_wsgi_application()
