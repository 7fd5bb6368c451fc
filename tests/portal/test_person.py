"""`manage.py person`, and the demo's four sign-ins."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from almaportal.accounts.models import User
from almaportal.accounts.roles import roles_of
from almaportal.alma import clock
from almaportal.alma.quota import Quota

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _static_files_of_ones_own(settings, tmp_path):
    """`prepare` collects them; every later client would look through them."""
    settings.STATIC_ROOT = tmp_path


@pytest.fixture
def person(monkeypatch, capsys):
    def run(*arguments, password=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        call_command("person", *arguments)
        return capsys.readouterr().out

    return run


def test_a_new_person_may_sign_in_with_all_the_roles_given(person):
    said = person("Ada", "--role", "e-resources", "--role", "circulation", password="quiet meadow 7")
    assert said == "Ada may sign in; roles: e-resources, circulation.\n"
    assert roles_of(User.objects.get(username="Ada")) == ["e-resources", "circulation"]
    assert Client().login(username="Ada", password="quiet meadow 7")


def test_a_person_there_is_keeps_the_password_and_gets_exactly_the_new_roles(person):
    person("Ada", "--role", "viewer", password="quiet meadow 7")
    person("Ada", "--role", "administrator")
    assert roles_of(User.objects.get(username="Ada")) == ["administrator"]
    assert Client().login(username="Ada", password="quiet meadow 7")


def test_a_new_password_is_set_when_asked_for(person):
    person("Ada", "--role", "viewer", password="quiet meadow 7")
    person("Ada", "--role", "viewer", "--new-password", password="loud mountain 8")
    assert Client().login(username="Ada", password="loud mountain 8")


@pytest.mark.parametrize(
    ("name", "password"), [("Ada", "12345678"), ("Ada", "Ada"), ("Ada", ""), ("a b", "quiet meadow 7")]
)
def test_bad_names_and_weak_passwords_are_refused_and_change_nothing(person, name, password):
    with pytest.raises(CommandError, match="Nothing was changed"):
        person(name, "--role", "viewer", password=password)
    assert not User.objects.exists()


def test_a_role_nobody_knows_is_refused(person):
    with pytest.raises(CommandError, match=r"viewer.*administrator"):
        person("Ada", "--role", "king")


def test_sign_ins_with_a_known_password_are_for_the_demo_only(settings):
    with pytest.raises(CommandError, match="in the demo only"):
        call_command("prepare", "--demo-sign-ins")
    assert not User.objects.exists()


def test_the_demo_has_one_sign_in_for_each_role(settings):
    settings.DEMO = True
    call_command("prepare", "--demo-sign-ins")
    call_command("prepare", "--demo-sign-ins")
    assert {user.username: roles_of(user) for user in User.objects.all()} == {
        "viewer": ["viewer"],
        "eresources": ["e-resources"],
        "circulation": ["circulation"],
        "admin": ["administrator"],
    }
    assert Client().login(username="eresources", password="demo")


def test_a_day_used_up_for_showing_ends_with_a_new_start_of_the_demo(settings):
    settings.DEMO = True
    Quota().refused_for_the_day(clock.now())
    call_command("prepare", "--demo-sign-ins")
    assert Quota().state().blocked_until is None
    assert Quota().state().remaining is None
