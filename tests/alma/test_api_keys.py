"""Which key goes to Alma, and that it goes nowhere else."""

import pytest

from almaportal.alma.errors import AlmaError, AlmaNoKey
from almaportal.alma.gateway import Gateway
from almaportal.usage.models import Failure, Series
from ecollections.alma import COLLECTIONS as LIST


def test_the_key_travels_in_the_header_and_nowhere_else(gateway, transport, settings):
    settings.ALMA_KEYS = {"electronic": "demo-electronic"}
    gateway.get(LIST)
    (request,) = transport.sent
    assert request.headers["Authorization"] == "apikey demo-electronic"
    assert "demo-electronic" not in request.url


def test_each_area_has_its_own_key(gateway, transport, settings):
    settings.ALMA_KEYS = {"electronic": "demo-electronic", "conf": "demo-conf"}
    gateway.get(LIST)
    gateway.get("/conf/libraries")
    assert [r.headers["Authorization"] for r in transport.sent] == [
        "apikey demo-electronic",
        "apikey demo-conf",
    ]


def test_a_netrc_on_the_machine_does_not_replace_the_key(gateway, transport, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine alma.invalid login someone password else")
    monkeypatch.setenv("NETRC", str(netrc))
    gateway.get(LIST)
    assert transport.sent[0].headers["Authorization"] == "apikey demo-all"


def test_an_area_without_a_key_names_the_variable_and_sends_nothing(gateway, emulator, settings):
    settings.ALMA_KEYS = {"electronic": "", "conf": "demo-conf"}
    with pytest.raises(AlmaNoKey) as caught:
        gateway.get(LIST)
    assert "ALMA_API_KEY_ELECTRONIC" in caught.value.hint
    assert emulator.calls == []


@pytest.mark.parametrize("kind", ["500", "503html", "429day", "403html", "drop", "timeout", "redirect"])
def test_no_error_log_or_record_of_a_failure_holds_the_key(gateway, emulator, settings, caplog, kind):
    settings.ALMA_KEYS = {"electronic": "secret-key-1234567"}
    emulator.faults.add(kind=kind, count=None)
    with pytest.raises(AlmaError) as caught:
        Gateway().get(LIST)
    seen = repr(vars(caught.value)) + str(caught.value) + caplog.text
    seen += repr(list(Failure.objects.values())) + repr(list(Series.objects.values()))
    assert "secret-key" not in seen
