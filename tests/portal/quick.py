"""Pages in half the time: what Django's test client and WhiteNoise do that these tests do not look at."""

import pytest
from django.template.base import Template


@pytest.fixture(autouse=True)
def _quick_pages(monkeypatch: pytest.MonkeyPatch, settings) -> None:
    """No copy of the context for every row's templates, no walk through all static files for every client."""
    monkeypatch.setattr("django.test.client.store_rendered_templates", lambda *args, **kwargs: None)
    monkeypatch.setattr(Template, "_render", lambda template, context: template.nodelist.render(context))
    settings.WHITENOISE_USE_FINDERS = False
