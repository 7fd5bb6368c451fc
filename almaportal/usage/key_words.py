"""What a test of a key found, in plain words, and what to ask for: a text to copy."""

from django.conf import settings
from django.utils.translation import gettext as _

from almaportal.usage.keys import Key
from almaportal.usage.models import KeyTest


def why(key: Key) -> str:
    """Alma's refusal in plain words (facts 1.3); "" for none."""
    test = key.known
    if not test or not test.code:
        return ""
    if test.code == "INVALID_REQUEST":
        return _("Alma takes this for no valid key: mistyped, cut off, or switched off.")
    if test.code == "FORBIDDEN":
        return _("Alma knows the key, but does not take it from this server's address.")
    if test.code != "UNAUTHORIZED":
        return _("A restriction of the key does not allow it.")
    if test.reads == KeyTest.Right.NO:
        return _("Alma does not know the key, or the key does not have the area %(area)s.") % {"area": key.name}
    return _("The key may read in the area %(area)s, but not write.") % {"area": key.name}


def request(key: Key) -> str:
    """What those who look after the keys in the Developer Network are asked for."""
    environments = {"production": _("Production"), "sandbox": _("Sandbox"), "demo": _("Demo")}
    variable = f"ALMA_API_KEY_{key.area.upper().replace('-', '_')}"
    lines = [
        _("In the Ex Libris Developer Network:"),
        _wish(key),
        "",
        _("Area: %(area)s") % {"area": key.name},
        _("Environment: %(name)s") % {"name": environments[settings.ALMA_ENVIRONMENT]},
        _("Permission: %(which)s") % {"which": _("Read/write") if key.must_write else _("Read-only")},
        _("Allowed addresses: no limit, or with the IP address of the portal's server among them"),
        "",
    ]
    if key.lacks and key.ending:
        lines.insert(2, _("The key ends in: %(letters)s") % {"letters": key.ending})
    if key.variable:
        lines.append(_("Where the key itself stays the same, nothing is to be done in the portal."))
    lines.append(_("A new key goes into %(name)s where the portal runs, which is started again.") % {"name": variable})
    if test := key.known if key.lacks else None:
        said = " · ".join(filter(None, (test.code, test.text, test.tracking_id)))
        lines.append(_("What Alma answered: %(said)s") % {"said": said})
    return "\n".join(lines)


def _wish(key: Key) -> str:
    code = key.known.code if key.known and key.lacks else ""
    area = {"area": key.name}
    if key.lacks == "writes":
        words = _(
            "The API key of our library portal may only read in the area %(area)s. Please change it to read/write."
        )
        return words % area
    if code == "FORBIDDEN":
        return _(
            "The API key of our library portal is refused because of the server's address. Please allow that address."
        )
    if code == "INVALID_REQUEST":
        return _("The API key of our library portal is not valid. Please switch it on again, or make a new one.")
    if code:
        return _("The API key of our library portal may not use the area %(area)s. Please give it this area.") % area
    return _("Please make an API key for our library portal.")
