"""Recipes: kept, used, shared, locked."""

import pytest

from almaportal.jobs.models import Recipe
from tests.ecollections.filling import form_of, send, values
from tests.ecollections.test_bulk import BULK
from tests.portal.reading import read

pytestmark = pytest.mark.thorough

RECIPES = "/ecollections/recipes/"
NOTE = {"do-public_note": "set", "value-public_note": "New"}


@pytest.fixture
def editor(sign_in):
    return sign_in("e-resources")


@pytest.fixture
def other(admin):
    return admin


def form(client, tree):
    return client.post(f"{BULK}portfolios/", {"pick": [f"{tree.collection_id}/{tree.service_id}/{tree.portfolio_id}"]})


def keep(client, tree, name="Mine", shared=False, locked=True, **typed):
    """Save a recipe by the form."""
    data = values(form_of(form(client, tree))) | NOTE | typed | {"save_recipe": "1", "recipe_name": name}
    data.pop("recipe_is_locked", None)
    data |= {"recipe_is_shared": "on"} if shared else {}
    data |= {"recipe_is_locked": "on"} if locked else {}
    return client.post(f"{BULK}portfolios/", data)


def test_a_recipe_is_saved_and_the_form_stays_as_it_was(editor, tree):
    response = keep(editor, tree, **{"only-0-path": "license", "only-0-is": "is empty"})
    assert "The recipe “Mine” is saved" in read(response).text
    assert values(form_of(response))["value-public_note"] == "New"
    recipe = Recipe.objects.get()
    assert recipe.params == {
        "actions": [{"path": "public_note", "do": "set", "value": "New"}],
        "only": [{"path": "license", "is": "is empty", "value": ""}],
    }
    assert (recipe.kind, recipe.is_shared, recipe.is_locked) == ("edit-portfolios", False, True)


def test_the_same_name_is_the_same_recipe(editor, tree):
    keep(editor, tree)
    keep(editor, tree, **{"value-public_note": "Newer"}, shared=True)
    recipe = Recipe.objects.get()
    assert (recipe.params["actions"][0]["value"], recipe.is_shared) == ("Newer", True)


def test_without_a_name_nothing_is_saved(editor, tree):
    response = keep(editor, tree, name=" ")
    assert (response.status_code, "Give the recipe a name" in read(response).text) == (422, True)
    assert Recipe.objects.count() == 0


def test_a_recipe_fills_the_form_and_the_targets_stay(editor, tree):
    keep(editor, tree)
    page = form(editor, tree)
    filled = send(editor, page, use_recipe="1", recipe=str(Recipe.objects.get().pk), reason="Ticket")
    found = values(form_of(filled))
    assert (found["do-public_note"], found["value-public_note"], found["reason"]) == ("set", "New", "Ticket")
    assert read(filled).one("h1").text == "Bulk edit: 1 portfolio"


def test_a_recipe_goes_along_with_a_list_of_ids(editor, tree):
    keep(editor, tree)
    link = read(editor.get(RECIPES)).links["Use it for a list of IDs"]
    page = send(editor, editor.get(link), ids=tree.portfolio_id, what="portfolio")
    assert values(form_of(page))["value-public_note"] == "New"


def test_others_see_what_is_shared_and_nothing_else(editor, other, tree):
    keep(editor, tree, name="Own")
    keep(editor, tree, name="Shared", shared=True)
    page = read(other.get(RECIPES))
    assert [row[0] for row in page.rows] == ["Shared"]
    assert page.rows[0][2].startswith("Set Public note: New")
    assert [one.text for one in form_of(form(other, tree)).one("select", name="recipe").all("option")] == ["Shared"]
    own = Recipe.objects.get(name="Own")
    filled = send(other, form(other, tree), use_recipe="1", recipe=str(own.pk))
    assert values(form_of(filled))["do-public_note"] == ""
    assert other.post(f"{RECIPES}{own.pk}/", {"drop": "1"}).status_code == 404


def test_a_locked_recipe_is_its_owners_alone(editor, other, tree):
    keep(editor, tree, shared=True, locked=True)
    recipe = Recipe.objects.get()
    assert other.post(f"{RECIPES}{recipe.pk}/", {"name": "Theirs"}).status_code == 403
    assert other.post(f"{RECIPES}{recipe.pk}/", {"drop": "1"}).status_code == 403
    keep(other, tree, **{"value-public_note": "Theirs"})
    recipe.refresh_from_db()
    assert (recipe.name, recipe.params["actions"][0]["value"]) == ("Mine", "New")
    assert Recipe.objects.count() == 2, "the other one has a recipe of this name now"


def test_a_shared_recipe_that_is_not_locked_is_everybodys(editor, other, tree):
    keep(editor, tree, shared=True, locked=False)
    recipe = Recipe.objects.get()
    other.post(f"{RECIPES}{recipe.pk}/", {"name": "Ours"})
    recipe.refresh_from_db()
    assert (recipe.name, recipe.owner.username, recipe.is_shared, recipe.is_locked) == (
        "Ours",
        "e-resources",
        True,
        False,
    )
    other.post(f"{RECIPES}{recipe.pk}/", {"drop": "1"})
    assert Recipe.objects.count() == 0


def test_its_owner_shares_locks_renames_and_deletes(editor, tree):
    keep(editor, tree)
    recipe = Recipe.objects.get()
    assert editor.post(f"{RECIPES}{recipe.pk}/", {"name": "Other", "is_shared": "on"}).status_code == 302
    recipe.refresh_from_db()
    assert (recipe.name, recipe.is_shared, recipe.is_locked) == ("Other", True, False)
    keep(editor, tree, name="Second")
    response = editor.post(f"{RECIPES}{recipe.pk}/", {"name": "Second"})
    assert (response.status_code, "already" in read(response).text) == (422, True)
    editor.post(f"{RECIPES}{recipe.pk}/", {"drop": "1"})
    assert [one.name for one in Recipe.objects.all()] == ["Second"]


def test_fields_that_do_not_exist_any_more_are_named(editor, tree):
    keep(editor, tree)
    recipe = Recipe.objects.get()
    recipe.params["actions"].append({"path": "gone", "do": "clear"})
    recipe.save()
    assert "Fields that do not exist any more: gone" in read(editor.get(RECIPES)).text
    filled = send(editor, form(editor, tree), use_recipe="1", recipe=str(recipe.pk))
    assert "gone" in read(filled).one("section", cls="notice").text
    assert values(form_of(filled))["do-public_note"] == "set"


def test_recipes_of_another_kind_are_not_offered(editor, tree):
    keep(editor, tree)
    page = editor.post(f"{BULK}services/", {"pick": [f"{tree.collection_id}/{tree.service_id}"]})
    assert form_of(page).all("select", name="recipe") == []


def test_saving_by_the_form_makes_one_of_ones_own_and_touches_nobody_elses(editor, other, tree):
    keep(editor, tree, shared=True, locked=False)
    keep(other, tree, **{"value-public_note": "Theirs"})
    found = Recipe.objects.order_by("pk").values_list("owner__username", "params__actions__0__value", "is_shared")
    assert list(found) == [("e-resources", "New", True), ("administrator", "Theirs", False)]
    keep(other, tree, **{"value-public_note": "Once more"})
    assert Recipe.objects.count() == 2


def test_the_tables_of_codes_are_read_once_however_many_recipes_there_are(editor, tree):
    def queries():
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as found:
            editor.get(RECIPES)
        return len(found)

    keep(editor, tree, name="1")
    queries()
    first = queries()
    for name in "2345":
        keep(editor, tree, name=name)
    queries()
    assert queries() == first
