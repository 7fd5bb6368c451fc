"""A wrong value in the environment stops the start, names the variable and says what is accepted."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from almaportal import env

ROOT = Path(__file__).resolve().parents[2]
NAME = "ALMAPORTAL_TEST"


@pytest.fixture
def say(monkeypatch):
    def set_to(value):
        monkeypatch.setenv(NAME, value)

    return set_to


def refused(function, *args, **kwargs):
    with pytest.raises(ImproperlyConfigured) as caught:
        function(NAME, *args, **kwargs)
    assert str(caught.value).startswith(NAME)
    return str(caught.value)


def test_text_is_taken_without_blanks_and_empty_counts_as_not_set(say):
    assert env.text(NAME) == ""
    assert env.text(NAME, "else") == "else"
    say("  ")
    assert env.text(NAME, "else") == "else"
    say(" words here ")
    assert env.text(NAME, "else") == "words here"


@pytest.mark.parametrize(("value", "meant"), [("1", True), ("0", False), ("", False), (" 1 ", True)])
def test_a_flag_is_one_or_nought(say, value, meant):
    say(value)
    assert env.flag(NAME) is meant


def test_a_flag_not_set_has_its_default(say):
    say("")
    assert env.flag(NAME, default=True) is True


@pytest.mark.parametrize("value", ["yes", "true", "on", "2", "-1", "O"])
def test_no_other_word_is_a_flag(say, value):
    say(value)
    assert "accepted are 1 (on) and 0 (off)" in refused(env.flag)


@pytest.mark.parametrize(("value", "meant"), [("", 20), ("0.1", 0.1), ("25", 25), ("1e2", 100), ("100", 100)])
def test_a_number_within_its_bounds(say, value, meant):
    say(value)
    assert env.number(NAME, 20, low=0.1, high=100) == meant


@pytest.mark.parametrize("value", ["0", "-5", "101", "many", "nan", "inf", "-inf", "1,5", "20/s"])
def test_no_other_number(say, value):
    say(value)
    assert f"{NAME}={value}: accepted is a number from 0.1 to 100." in refused(env.number, 20, low=0.1, high=100)


def test_a_choice(say):
    assert env.choice(NAME, ("na", "eu"), "na") == "na"
    say("eu")
    assert env.choice(NAME, ("na", "eu"), "na") == "eu"
    for wrong in ("EU", "us", "na eu", "na,eu"):
        say(wrong)
        assert "accepted are na, eu." in refused(env.choice, ("na", "eu"), "na")


@pytest.mark.parametrize(("value", "meant"), [("", ""), ("de", "de"), ("DE", "de"), (" fr ", "fr")])
def test_a_language(say, value, meant):
    say(value)
    assert env.language(NAME) == meant


@pytest.mark.parametrize("value", ["deu", "d", "de-CH", "d1", "дэ", "&a"])
def test_no_other_language(say, value):
    say(value)
    assert "two letters" in refused(env.language)


@pytest.mark.parametrize(
    ("value", "meant"), [("", []), ("a", ["a"]), ("a,b", ["a", "b"]), ("a, b  c", ["a", "b", "c"]), (",", [])]
)
def test_words(say, value, meant):
    say(value)
    assert env.words(NAME) == meant
    assert env.words(NAME, ("a", "b", "c")) == meant


def test_only_accepted_words(say):
    say("users,electronics")
    assert f"{NAME}=electronics: accepted are all, users." in refused(env.words, ("all", "users"))


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("", (0.2, True)),
        ("0%", (0, True)),
        ("100%", (1, True)),
        ("2.5%", (0.025, True)),
        ("0", (0, False)),
        ("5000", (5000, False)),
    ],
)
def test_a_share(say, value, meant):
    say(value)
    assert env.share(NAME, "20%") == pytest.approx(meant)


@pytest.mark.parametrize(
    "value",
    ["101%", "-1%", "-1", "%", "a%", "many", "nan", "nan%", "inf", "20 percent", "5.000", "5.", "1_000", "1e3", "٥"],
)
def test_no_other_share(say, value):
    say(value)
    assert "accepted are a share such as 20% or a number of calls such as 5000" in refused(env.share, "20%")


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("https://api-eu.hosted.exlibrisgroup.com", "https://api-eu.hosted.exlibrisgroup.com"),
        ("https://gateway.example:8443/alma/", "https://gateway.example:8443/alma"),
        ("http://127.0.0.1:8001", "http://127.0.0.1:8001"),
        ("http://localhost:8001/", "http://localhost:8001"),
        ("http://[::1]:8001", "http://[::1]:8001"),
        ("", "https://default.example"),
    ],
)
def test_a_gateway(say, value, meant):
    say(value)
    assert env.gateway_url(NAME, "https://default.example") == meant


@pytest.mark.parametrize(
    "value",
    [
        "http://api-eu.hosted.exlibrisgroup.com",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://localhost@evil.example",
        "https://user:password@gateway.example",
        "https://gateway.example/?apikey=x",
        "https://gateway.example/#x",
        "https://",
        "https:///path",
        "gateway.example",
        "ftp://gateway.example",
        "https://gateway.example:port",
        "https://gateway.example:99999",
        "https://[::1",
        "javascript:alert(1)",
    ],
)
def test_no_other_gateway(say, value):
    say(value)
    assert "accepted is an https address" in refused(env.gateway_url, "https://default.example")


def test_a_secret_may_come_from_a_file(say, monkeypatch, tmp_path):
    say("spoken")
    assert env.secret(NAME) == "spoken"
    file = tmp_path / "secret"
    file.write_text("written\n")
    monkeypatch.setenv(f"{NAME}_FILE", str(file))
    assert env.secret(NAME) == "written"


def test_a_secret_file_that_cannot_be_read_stops_the_start(monkeypatch, tmp_path):
    for file in (tmp_path / "missing", tmp_path):
        monkeypatch.setenv(f"{NAME}_FILE", str(file))
        assert f"{NAME}_FILE={file}: cannot be read" in refused(env.secret)
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")
    monkeypatch.setenv(f"{NAME}_FILE", str(binary))
    assert "cannot be read" in refused(env.secret)


def test_a_data_folder_is_made_for_its_owner_only(say, tmp_path):
    say(str(tmp_path / "deep" / "data"))
    folder = env.data_folder(NAME, Path("/nowhere"))
    assert folder == tmp_path / "deep" / "data"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list(folder.iterdir()) == []


def test_a_data_folder_that_cannot_be_written_stops_the_start(say, tmp_path):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        say(str(folder))
        assert "cannot be written" in refused(env.data_folder, Path("/nowhere"))


def test_a_kept_secret_stays_the_same_and_is_its_owners(tmp_path):
    first = env.kept_secret(tmp_path)
    assert len(first) == 64
    assert env.kept_secret(tmp_path) == first
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def start(tmp_path, **changes):
    """Import the settings in a process of its own; what it said on its way out."""
    minimal = {"SECRET_KEY": "x" * 50, "ALLOWED_HOSTS": "portal.example", "ALMAPORTAL_DATA": str(tmp_path / "data")}
    minimal |= {"ALMAPORTAL_ENV_FILE": os.devnull, "PATH": os.environ["PATH"]}
    return subprocess.run(
        [sys.executable, "-c", "import almaportal.settings"],
        env={name: value for name, value in (minimal | changes).items() if value is not None},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.slow
def test_the_portal_starts_only_with_settings_that_make_sense(tmp_path):
    well = start(tmp_path)
    assert (well.returncode, well.stderr) == (0, "")
    file = tmp_path / "file"
    file.touch()
    for changes, words in (
        ({"SECRET_KEY": None}, "SECRET_KEY is not set. Production needs it"),
        ({"ALLOWED_HOSTS": None}, "ALLOWED_HOSTS is not set"),
        ({"ALMA_REGION": "us"}, "ALMA_REGION=us: accepted are na, eu, ap, ca, cn."),
        ({"ALMA_BASE_URL": "http://alma.example"}, "ALMA_BASE_URL=http://alma.example: accepted is an https address"),
        ({"ALMAPORTAL_DATA": str(file / "below")}, f"ALMAPORTAL_DATA={file / 'below'}: this folder cannot be written"),
        ({"TIME_ZONE": "Zurich"}, "TIME_ZONE=Zurich: accepted are names such as Europe/Zurich"),
        ({"REDIS_URL": "redis://localhost"}, "REDIS_URL is set, but Redis is not supported yet"),
        ({"DATABASE_URL": "postgres://u:secret@db/x"}, "DATABASE_URL="),
    ):
        ill = start(tmp_path, **changes)
        assert ill.returncode == 1
        last = ill.stderr.strip().splitlines()[-1]
        assert last.startswith("django.core.exceptions.ImproperlyConfigured:"), ill.stderr
        assert words in last
        assert "secret" not in last
