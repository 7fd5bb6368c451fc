"""Who may do what: every address, with every role."""

import pytest
from django.contrib.auth.models import Group, Permission

from almaportal.accounts.roles import ROLES as MEANT
from almaportal.accounts.roles import sync_roles
from tests.portal.addresses import NAMES, addresses
from tests.portal.reading import read

ROLES = ("viewer", "e-resources", "circulation", "administrator", "nobody")
EVERYBODY = {role: True for role in ROLES}
STAFF = {role: role != "nobody" for role in ROLES}
ADMINISTRATORS = {role: role == "administrator" for role in ROLES}

# URL name → who may, GET when they may and when not, POST when they may and when not
TABLE = {
    "home": (EVERYBODY, 200, None, 405, None),
    "healthz": (EVERYBODY, 200, None, 405, None),
    "find": (STAFF, 302, 403, 405, 405),
    "accounts:login": (EVERYBODY, 302, None, 302, None),
    "accounts:logout": (EVERYBODY, 405, None, 302, None),
    "ecollections:collections": (STAFF, 200, 403, 302, 403),
    "ecollections:collection": (STAFF, 200, 403, 302, 403),
    "ecollections:service": (STAFF, 200, 403, 302, 403),
    "ecollections:portfolio": (STAFF, 200, 403, 302, 403),
    "usage:usage": (ADMINISTRATORS, 200, 403, 405, 403),
}


def test_the_table_knows_every_address():
    assert set(TABLE) == set(NAMES)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", NAMES)
def test_each_role_may_exactly_what_the_table_says(sign_in, emulator, name, role):
    who, get_yes, get_no, post_yes, post_no = TABLE[name]
    client = sign_in() if role == "nobody" else sign_in(role)
    address = addresses()[name]
    asked = {"q": "61100000000004711"} if name == "find" else {}
    statuses = client.get(address, asked).status_code, client.post(address, {"read_again": "1"}).status_code
    assert statuses == ((get_yes, post_yes) if who[role] else (get_no, post_no))
    if not who[role]:
        assert emulator.calls == [], "a refused page must not cost a call"


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
@pytest.mark.parametrize("name", NAMES)
def test_no_page_knows_other_methods(admin, emulator, name, method):
    assert getattr(admin, method)(addresses()[name]).status_code in (302, 405)
    assert emulator.calls == []


def test_a_refusal_says_what_to_do(sign_in):
    response = sign_in("viewer").get("/usage/")
    page = read(response)
    assert response.status_code == 403
    assert page.one("h1").text == "Not allowed"
    assert "Your roles do not include this page" in page.text
    assert "administrator" in page.one("section", cls="notice").text
    assert page.links["Home"] == "/"


def test_a_refusal_under_htmx_is_not_a_page_within_the_page(sign_in):
    response = sign_in().get("/ecollections/?page=2", headers={"HX-Request": "true"})
    assert response.status_code == 403
    page = read(response)
    assert "Your roles do not include this page" in page.text
    assert page.all("nav") == []
    assert [one for one in page if one.attrs.get("id") in ("content", "errors")] == []


def test_several_roles_add_up(sign_in):
    both = sign_in("viewer", "administrator")
    assert both.get("/ecollections/").status_code == 200
    assert both.get("/usage/").status_code == 200


def test_a_superuser_may_everything(django_user_model, client, transport, db):
    client.force_login(django_user_model.objects.create_superuser("root"))
    assert [client.get(address).status_code for address in ("/", "/ecollections/", "/usage/")] == [200, 200, 200]


@pytest.mark.django_db
def test_the_roles_are_made_anew_with_exactly_their_rights():
    viewer = Group.objects.get(name="viewer")
    viewer.permissions.set(Permission.objects.all())
    Group.objects.filter(name="circulation").delete()
    sync_roles()
    has = {
        group.name: {f"{p.content_type.app_label}.{p.codename}" for p in group.permissions.all()}
        for group in Group.objects.all()
    }
    assert has == {role: set(rights) for role, rights in MEANT.items()}
