"""Pages in half the time: what Django's test client does that these tests do not look at."""

import pytest
from django.template.base import Template


@pytest.fixture(autouse=True)
def _quick_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """No copy of the context for every row's templates."""
    monkeypatch.setattr("django.test.client.store_rendered_templates", lambda *args, **kwargs: None)
    monkeypatch.setattr(Template, "_render", lambda template, context: template.nodelist.render(context))
