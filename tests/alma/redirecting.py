"""An Alma that sends a call elsewhere first."""


def redirect_once(monkeypatch, emulator, location, times=1):
    answer = type(emulator).__call__
    left = [times]

    def redirecting(self, environ, start_response):
        if left[0]:
            left[0] -= 1
            start_response("302 Found", [("Location", location)])
            return [b""]
        return answer(self, environ, start_response)

    monkeypatch.setattr(type(emulator), "__call__", redirecting)
