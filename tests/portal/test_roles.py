"""Who may do what: every address, with every role."""

import pytest
from django.contrib.auth.models import Group, Permission

from almaportal.accounts.roles import ROLES as MEANT
from almaportal.accounts.roles import make_groups
from tests.portal.addresses import NAMES, addresses
from tests.portal.reading import read

pytestmark = pytest.mark.thorough

ROLES = ("viewer", "e-resources", "circulation", "administrator", "nobody")
EVERYBODY = dict.fromkeys(ROLES, True)
STAFF = {role: role != "nobody" for role in ROLES}
EDITORS = {role: role in ("e-resources", "administrator") for role in ROLES}
WORKERS = {role: role not in ("nobody", "viewer") for role in ROLES}
DESK = {role: role in ("circulation", "administrator") for role in ROLES}
ADMINISTRATORS = {role: role == "administrator" for role in ROLES}

# URL name → who may, GET when they may and when not, POST when they may and when not
TABLE = {
    "home": (EVERYBODY, 200, None, 405, None),
    "healthz": (EVERYBODY, 200, None, 405, None),
    "metrics": (EVERYBODY, 404, None, 405, None),  # no token is set
    "find": (STAFF, 302, 403, 302, 403),
    "accounts:login": (EVERYBODY, 302, None, 302, None),
    "accounts:logout": (EVERYBODY, 405, None, 302, None),
    "ecollections:collections": (STAFF, 200, 403, 302, 403),
    "ecollections:bulk": (EDITORS, 200, 403, 422, 403),  # a POST that names no record
    "ecollections:bulk_edit_collection": (EDITORS, 302, 403, 422, 403),
    "ecollections:bulk_edit_service": (EDITORS, 302, 403, 422, 403),
    "ecollections:bulk_edit_portfolio": (EDITORS, 302, 403, 422, 403),
    "ecollections:bulk_delete": (EDITORS, 302, 403, 422, 403),
    "ecollections:recipes": (EDITORS, 200, 403, 405, 403),
    "ecollections:recipe": (EDITORS, 405, 403, 404, 403),  # there is none yet
    "ecollections:files": (EDITORS, 200, 403, 422, 403),  # a POST without a file
    "ecollections:file_template": (EDITORS, 200, 403, 405, 403),
    "ecollections:file": (EDITORS, 404, 403, 405, 403),  # there is none yet
    "ecollections:file_columns": (EDITORS, 404, 403, 404, 403),
    "ecollections:file_rows_csv": (EDITORS, 404, 403, 405, 403),
    "ecollections:file_job": (EDITORS, 302, 403, 404, 403),
    "ecollections:file_decisions": (EDITORS, 302, 403, 404, 403),
    "ecollections:file_again": (EDITORS, 302, 403, 404, 403),
    "ecollections:file_remove": (EDITORS, 302, 403, 404, 403),
    "ecollections:kbart": (EDITORS, 200, 403, 422, 403),
    "ecollections:kbart_out": (EDITORS, 200, 403, 405, 403),
    "ecollections:titles": (STAFF, 200, 403, 405, 403),
    "ecollections:titles_export": (STAFF, 200, 403, 405, 403),
    "ecollections:titles_counts": (STAFF, 200, 403, 405, 403),
    "ecollections:titles_index": (EDITORS, 200, 403, 422, 403),  # a POST that names no service
    "ecollections:collection": (STAFF, 200, 403, 302, 403),
    "ecollections:service": (STAFF, 200, 403, 302, 403),
    "ecollections:portfolio": (STAFF, 200, 403, 302, 403),
    "ecollections:new_collection": (EDITORS, 200, 403, 400, 403),  # a POST that is not its form
    "ecollections:new_service": (EDITORS, 200, 403, 400, 403),
    "ecollections:new_portfolio": (EDITORS, 200, 403, 400, 403),
    "ecollections:several": (EDITORS, 200, 403, 422, 403),  # a POST without a line
    "ecollections:edit_collection": (EDITORS, 200, 403, 302, 403),
    "ecollections:edit_service": (EDITORS, 200, 403, 302, 403),
    "ecollections:edit_portfolio": (EDITORS, 200, 403, 302, 403),
    "ecollections:delete_collection": (EDITORS, 200, 403, 302, 403),
    "ecollections:delete_service": (EDITORS, 200, 403, 302, 403),
    "ecollections:delete_portfolio": (EDITORS, 200, 403, 302, 403),
    "changes:changes": (WORKERS, 200, 403, 405, 403),
    "changes:change": (WORKERS, 404, 403, 405, 403),  # there is none yet
    "changes:look": (WORKERS, 405, 403, 404, 403),
    "changes:undo": (WORKERS, 404, 403, 405, 403),
    "jobs:jobs": (WORKERS, 200, 403, 405, 403),
    "jobs:job": (WORKERS, 404, 403, 405, 403),  # there is none yet
    "jobs:items": (WORKERS, 404, 403, 405, 403),
    "jobs:items_csv": (WORKERS, 404, 403, 405, 403),
    "jobs:items_xlsx": (WORKERS, 404, 403, 405, 403),
    "jobs:file": (WORKERS, 404, 403, 405, 403),
    "jobs:again": (WORKERS, 404, 403, 404, 403),
    "jobs:review": (WORKERS, 302, 403, 404, 403),
    "jobs:start": (WORKERS, 302, 403, 404, 403),
    "jobs:pause": (WORKERS, 302, 403, 404, 403),
    "jobs:resume": (WORKERS, 302, 403, 404, 403),
    "jobs:stop": (WORKERS, 302, 403, 404, 403),
    "jobs:retry": (WORKERS, 302, 403, 404, 403),
    "jobs:undo": (WORKERS, 302, 403, 404, 403),
    "jobs:dismiss": (WORKERS, 302, 403, 404, 403),
    "jobs:dismiss_all": (WORKERS, 302, 403, 302, 403),
    "patrons:find": (DESK, 200, 403, 422, 403),  # a POST that looks for nothing
    "patrons:person": (DESK, 200, 403, 405, 403),
    "patrons:loans": (DESK, 200, 403, 405, 403),
    "patrons:renew": (DESK, 405, 403, 200, 403),  # a POST that names no loan
    "patrons:fees": (DESK, 200, 403, 405, 403),
    "patrons:print": (DESK, 200, 403, 405, 403),
    "patrons:new": (DESK, 200, 403, 422, 403),  # a POST without a name
    "patrons:new_block": (DESK, 200, 403, 400, 403),  # a POST that is not its form
    "patrons:block": (DESK, 404, 403, 400, 403),  # there is none of this key
    "patrons:lift": (DESK, 404, 403, 400, 403),
    "patrons:bulk_blocks": (DESK, 200, 403, 422, 403),
    "patrons:access": (ADMINISTRATORS, 200, 403, 405, 403),
    "patrons:access_csv": (ADMINISTRATORS, 200, 403, 405, 403),
    "circulation:circulation": (DESK, 200, 403, 422, 403),  # a POST that looks for nothing
    "circulation:title": (DESK, 200, 403, 302, 403),
    "circulation:place": (DESK, 200, 403, 422, 403),  # a POST that names nothing
    "circulation:person_requests": (DESK, 200, 403, 405, 403),
    "circulation:title_requests": (DESK, 200, 403, 405, 403),
    "circulation:item_requests": (DESK, 200, 403, 405, 403),
    "circulation:request": (DESK, 200, 403, 405, 403),
    "circulation:cancel": (DESK, 200, 403, 400, 403),  # a POST that is not its form
    "circulation:cancelled": (DESK, 404, 403, 405, 403),  # nothing was cancelled yet
    "circulation:cancel_many": (DESK, 200, 403, 422, 403),  # a POST that names no request
    "circulation:watch": (DESK, 200, 403, 422, 403),
    "circulation:transactions": (DESK, 200, 403, 405, 403),
    "circulation:new_transaction": (DESK, 200, 403, 422, 403),  # a POST that names nothing
    "circulation:transaction": (DESK, 404, 403, 405, 403),  # there is none yet
    "circulation:edit_transaction": (DESK, 404, 403, 404, 403),
    "circulation:note": (DESK, 405, 403, 404, 403),
    "circulation:roll_back": (DESK, 404, 403, 404, 403),
    "circulation:step": (DESK, 405, 403, 404, 403),
    "usage:usage": (ADMINISTRATORS, 200, 403, 405, 403),
    "usage:csv": (ADMINISTRATORS, 200, 403, 405, 403),
    "usage:rules": (ADMINISTRATORS, 200, 403, 400, 403),  # a POST that is not its form
    "usage:keys": (ADMINISTRATORS, 200, 403, 405, 403),
    "usage:test_keys": (ADMINISTRATORS, 405, 403, 302, 403),
    "usage:try_call": (ADMINISTRATORS, 200, 403, 404, 403),  # a POST without an operation
}


def test_the_table_knows_every_address():
    assert set(TABLE) == set(NAMES)


@pytest.mark.thorough
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", NAMES)
def test_each_role_may_exactly_what_the_table_says(sign_in, emulator, name, role):
    who, get_yes, get_no, post_yes, post_no = TABLE[name]
    client = sign_in() if role == "nobody" else sign_in(role)
    address = f"{addresses()[name]}?q=61100000000004711"
    statuses = client.get(address).status_code, client.post(address, {"read_again": "1"}).status_code
    assert statuses == ((get_yes, post_yes) if who[role] else (get_no, post_no))
    if not who[role]:
        assert emulator.calls == [], "a refused page must not cost a call"


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_no_page_knows_other_methods(admin, emulator, method):
    for name, address in addresses().items():
        meant = 302 if name == "accounts:login" else 405  # who is signed in is sent on, whatever was asked
        assert (name, getattr(admin, method)(address).status_code) == (name, meant)
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
def test_every_role_has_its_group_again_after_a_migration():
    Group.objects.filter(name__in=["circulation", "viewer"]).delete()
    make_groups()
    make_groups()
    assert set(Group.objects.values_list("name", flat=True)) == set(MEANT)


def test_rights_given_past_the_roles_count_for_nothing(sign_in, django_user_model):
    client = sign_in("viewer")
    person = django_user_model.objects.get(username="viewer")
    person.user_permissions.set(Permission.objects.all())
    person.groups.get().permissions.set(Permission.objects.all())
    person.groups.add(Group.objects.create(name="usage"))
    assert client.get("/usage/").status_code == 403
    assert client.get("/").status_code == 200


def test_a_role_taken_away_counts_from_the_next_page_on(sign_in, django_user_model, emulator):
    client = sign_in("viewer")
    assert client.get("/ecollections/").status_code == 200
    django_user_model.objects.get(username="viewer").groups.clear()
    assert client.get("/ecollections/").status_code == 403


def test_somebody_switched_off_is_signed_out_at_once(sign_in, django_user_model):
    client = sign_in("administrator")
    django_user_model.objects.update(is_active=False)
    assert client.get("/usage/").status_code == 302
