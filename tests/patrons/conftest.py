import pytest


@pytest.fixture
def desk(sign_in):
    """Somebody of the circulation desk."""
    return sign_in("circulation")


@pytest.fixture
def meanwhile(transport, monkeypatch):
    """meanwhile(method, do): do() happens once a request of this method is on its way."""

    def at(method, do):
        plain, started = transport.send, []

        def send(request, **more):
            if request.method == method and not started:
                started.append(do)
                do()
            return plain(request, **more)

        monkeypatch.setattr(transport, "send", send)

    return at
