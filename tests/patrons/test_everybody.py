"""All 5,000 seeded people have a page with a verdict. That it costs one call is tested with one of each kind."""

import pytest
from django.contrib.auth import get_user_model
from django.template.loader import get_template
from django.test import RequestFactory

from almaportal.accounts.people import give_roles
from almaportal.emulator.app import Emulator
from almaportal.emulator.options import Options
from patrons.views import shown
from tests.portal.quick import _quick_pages as _quick_pages

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]
PARTS = 4


@pytest.fixture(scope="session")
def town():
    return Emulator(Options(collections=1, portfolios=1, users=5000))


@pytest.mark.parametrize("part", range(PARTS))
def test_everybody_has_a_page(town, part):
    give_roles("desk", ["circulation"], "quiet meadow 7")
    request = RequestFactory().get("/patrons/x/")
    request.user, request.htmx = get_user_model().objects.get(username="desk"), True
    page = get_template("patrons/person.html#person")
    people = [one for one in town.people() if not one.startswith("no primary id")]
    assert len(people) > 4500
    for primary_id in people[part::PARTS]:
        html = page.render(shown(request, town.person(primary_id)), request)
        assert 'class="verdict' in html, primary_id
