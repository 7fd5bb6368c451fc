"""The box and the form of a request as a person at the desk uses them."""

import json

from django.urls import reverse

from tests.portal.reading import read

HTMX = {"HX-Request": "true", "HX-Target": "placing"}


class Asking:
    """A browser on somebody's page. `page`: what it shows now, `status`: the answer's."""

    def __init__(self, client, user_id, headers=HTMX):
        self.client, self.user_id, self.headers = client, user_id, headers
        self.address = reverse("circulation:place", args=[user_id])

    def ask(self, what, **more):
        """Type a barcode or an MMS ID into the box."""
        return self._post({"what": what, **more})

    def press(self, do="place", **typed):
        """Fill in the form that is shown, and press one of its buttons."""
        form = self.page.by_id("place-form")
        hidden = {one.attrs["name"]: one.attrs["value"] for one in form.all("input", type="hidden")}
        return self._post({**hidden, **typed, "do": do})

    def _post(self, data):
        self.sent = data
        self.response = self.client.post(self.address, data, headers=self.headers)
        self.status, self.page = self.response.status_code, read(self.response)
        return self.page

    def again(self):
        """The very same form once more."""
        return self._post(self.sent)


def barcode(emulator, item_id):
    return emulator.item(item_id)["item_data"]["barcode"]


def barcode_of(emulator, kind, number=0, slot=0):
    """Of an item of the n-th title of a kind."""
    return barcode(emulator, emulator.items(emulator.titles(kind, number + 1)[number])[slot])


def posts(emulator):
    return [call for call in emulator.calls if call.method == "POST"]


def bodies(emulator):
    return [json.loads(call.body) for call in posts(emulator)]


def asked(emulator):
    """Method and path of the calls, but for what is kept for a day."""
    return [(call.method, call.path) for call in emulator.calls if not call.path.startswith("/conf/")]
