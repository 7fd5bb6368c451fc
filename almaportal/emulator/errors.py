"""Errors as Alma and its gateway send them: codes, texts, envelopes.

Texts are those of the vendor's OpenAPI files and of the gateway table in the vendor's API introduction.
"""

import json
import time
from itertools import count

from .xml_format import escaped

# English text of each error that has one text in every operation.
MESSAGES = {
    "60101": "General Error - An error has occurred while processing the request.",
    "60105": "JSON is not supported for this API.",
    "60106": "Invalid query format.",
    "60121": "The Collection ID was not found.",
    "60122": "The Service ID was not found.",
    "60123": "Failed to find the Portfolio ID.",
    "60126": "The name is missing.",
    "60127": "The type is missing or not valid.",
    "60128": "The access type is missing or not valid.",
    "60129": "The license is not valid.",
    "60130": "The free indicator is not valid.",
    "60131": "The language is not valid.",
    "60132": "The proxy enable is not valid.",
    "60133": "The proxy is not valid.",
    "60134": "The interface is not valid.",
    "60135": "The group proxy is not valid.",
    "60137": "The PO line is not valid.",
    "60138": "The activation status is not valid.",
    "60141": "The collection could not be saved.",
    "60142": "The collection date is not valid.",
    "60143": "The resource metadata mms id is not valid.",
    "60144": "The unavailable flag is not valid.",
    "60145": "The link resolver is not valid.",
    "60146": "The URL type is not valid.",
    "60147": "The cross ref data is not valid.",
    "60148": "The linking level is not valid.",
    "60149": "The service was not created.",
    "60152": "The group is not valid.",
    "60153": "The type is not valid for update.",
    "60157": "The delete is in process.",
    "60158": "The process type is not valid.",
    "60159": "The MMS ID is required.",
    "60161": "The portfolio availability code is not valid.",
    "60165": "A metadata operation has failed.",
    "60166": "The URL type is not valid.",
    "60167": "The proxy enable flag is not valid.",
    "60168": "The proxy code is not valid.",
    "60169": "The license is not valid.",
    "60170": "The coverage in use is not valid.",
    "60171": "The material type is not valid.",
    "60172": "The PO line reference is not valid.",
    "60174": "The delete is in process.",
    "60213": "Holding ID not valid.",
    "60214": "Holding has been deleted or cannot be deleted.",
    "60215": "Current location is not valid.",
    "60216": "The ordering is not valid.",
    "60218": "Invalid action on Bib record without holdings.",
    "60296": "The COUNTER platform is not valid.",
    "60304": "Invalid profile ID.",
    "60308": "Delivery to personal address is not supported.",
    "60309": "User does not have address for personal delivery.",
    "60310": "Delivery is not supported for this type of personal address.",
    "60324": "Fulfillment network is not configured.",
    "60328": "Item for request was not found.",
    "60330": "Invalid partial digitization volume or issue.",
    "60331": "Failed to create request.",
    "60353": "The linking parameter is not valid. ",
    "60354": "The group linking parameter is not valid. ",
    "60359": "This collection does not support linking parameters",
    "60360": "The provenance code is not valid.",
    "200797": "Unable to change portfolio availability status due to date range",
    "300465": "The portfolio availability date range is invalid",
    "401129": "No items can fulfill the submitted request.",
    "401136": "Failed to save the request: Patron has active request for selected item.",
    "401664": "Parameter value missing or invalid.",
    "401684": "Search for request physical item failed.",
    "401694": "Request Identifier not found.",
    "401697": "Request ID is not valid",
    "401907": "Failed to find a request for the given request ID.",
    "402119": "General error.",
    "402209": "Given bib xml is invalid.",
    "402211": "Given holding xml is invalid.",
    "402469": "The library code is not valid.",
    "402502": "Scan in of item failed.",
    "402504": "Scan in has failed due to item retrieve issue.",
    "4018990": "Unsupported period type.",
    "40166404": "Invalid type.",
    "40166411": "Param value is invalid.",
}

# English text → the same in the other languages of the emulated institution (`lang=de`, `lang=fr`).
TRANSLATIONS = {
    "The Collection ID was not found.": {
        "de": "Die Sammlungs-ID wurde nicht gefunden.",
        "fr": "L'identifiant de la collection n'a pas été trouvé.",
    },
    "The collection ID is not valid.": {
        "de": "Die Sammlungs-ID ist ungültig.",
        "fr": "L'identifiant de la collection n'est pas valide.",
    },
    "The Collection ID is not valid.": {
        "de": "Die Sammlungs-ID ist ungültig.",
        "fr": "L'identifiant de la collection n'est pas valide.",
    },
    "Failed to find the Collection ID.": {
        "de": "Die Sammlungs-ID wurde nicht gefunden.",
        "fr": "L'identifiant de la collection n'a pas été trouvé.",
    },
    "The Service ID was not found.": {
        "de": "Die Service-ID wurde nicht gefunden.",
        "fr": "L'identifiant du service n'a pas été trouvé.",
    },
    "Failed to find the Service ID.": {
        "de": "Die Service-ID wurde nicht gefunden.",
        "fr": "L'identifiant du service n'a pas été trouvé.",
    },
    "The Portfolio ID was not found.": {
        "de": "Die Portfolio-ID wurde nicht gefunden.",
        "fr": "L'identifiant du portfolio n'a pas été trouvé.",
    },
    "Failed to find the Portfolio ID.": {
        "de": "Die Portfolio-ID wurde nicht gefunden.",
        "fr": "L'identifiant du portfolio n'a pas été trouvé.",
    },
    "The name is missing.": {"de": "Der Name fehlt.", "fr": "Le nom est manquant."},
    "The library code is not valid.": {
        "de": "Der Bibliothekscode ist ungültig.",
        "fr": "Le code de la bibliothèque n'est pas valide.",
    },
    "The delete is blocked e-service attached.": {
        "de": "Das Löschen ist blockiert, ein E-Service ist angehängt.",
        "fr": "La suppression est bloquée, un service électronique est attaché.",
    },
    "The delete is blocked portfolio attached.": {
        "de": "Das Löschen ist blockiert, ein Portfolio ist angehängt.",
        "fr": "La suppression est bloquée, un portfolio est attaché.",
    },
    "The delete is in process.": {
        "de": "Das Löschen ist in Bearbeitung.",
        "fr": "La suppression est en cours.",
    },
}

_XML_HEAD = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<web_service_result xmlns="http://com/exlibris/urm/general/xmlbeans">
  <errorsExist>true</errorsExist>
  <errorList>
    <error>
"""
_XML_FOOT = """    </error>
  </errorList>
</web_service_result>
"""

_serial = count(1)


class AlmaError(Exception):
    """An error that Alma answers in the format the client asked for; HTTP 400 unless said otherwise."""

    def __init__(self, code: str, message: str | None = None, status: int = 400) -> None:
        """Take the text of `MESSAGES` unless the operation has its own."""
        self.code, self.status = code, status
        self.message = MESSAGES[code] if message is None else message
        super().__init__(f"{status} {code} {self.message}")

    def text(self, lang: str) -> str:
        """The message in `lang`, English where there is no translation."""
        return TRANSLATIONS.get(self.message, {}).get(lang, self.message)


class GatewayError(AlmaError):
    """An error of the gateway in front of Alma: always XML, and without the header of remaining calls."""

    def __init__(self, status: int, code: str, message: str, tracked: bool = True) -> None:
        """Threshold errors are not `tracked`: they carry no trackingId element."""
        super().__init__(code, message, status)
        self.tracked = tracked


def not_found() -> AlmaError:
    """The answer to a path that no API has."""
    return AlmaError("NOT_FOUND", "", 404)


def tracking_id() -> str:
    """A new tracking ID, shaped like `E01-2707175718-2CM86-AWAE181248195`."""
    number = next(_serial)
    letters = "".join("ABCDEFGHJKLMNPQRSTUVWXYZ23456789"[number * step % 32] for step in (7, 3, 11, 5, 1))
    return f"E01-{time.strftime('%d%m%H%M%S', time.gmtime())}-{letters}-AWAE{1_000_000_000 + number}"


def xml_body(code: str, message: str, tracking: str | None) -> bytes:
    """The XML envelope; `tracking` None leaves the element out."""
    lines = f"      <errorCode>{escaped(code)}</errorCode>\n      <errorMessage>{escaped(message)}</errorMessage>\n"
    if tracking is not None:
        lines += f"      <trackingId>{escaped(tracking)}</trackingId>\n"
    return (_XML_HEAD + lines + _XML_FOOT).encode()


def json_body(code: str, message: str, tracking: str) -> bytes:
    """The JSON envelope of 2024 and later: no `result`. A 404 of the gateway is wrapped and not a list."""
    error = {"errorCode": code, "errorMessage": message, "trackingId": tracking}
    if code == "NOT_FOUND":
        result: dict[str, object] = {"web_service_result": {"errorsExist": True, "errorList": {"error": error}}}
    else:
        result = {"errorsExist": True, "errorList": {"error": [error]}}
    return json.dumps(result, ensure_ascii=False).encode("utf-8", "replace")
