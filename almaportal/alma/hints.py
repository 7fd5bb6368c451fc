"""Alma's error codes in plain words: what it means and what to do.

Sources: the gateway's error table (seed 001), the OpenAPI file of the electronic area, facts 1.3 and 9.2. Codes of the
other areas join with their pages.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

HINTS: dict[str, str | Promise] = {
    # The gateway
    "UNAUTHORIZED": _(
        "The API key is unknown, may not use this area, or may only read. "
        "Ask whoever manages your keys in the Developer Network for the right it lacks."
    ),
    "INVALID_REQUEST": _("The API key is not valid. Your administrator has to set a working one."),
    "FORBIDDEN": _("This server's address is not in the key's allowed range. Your administrator has to add it."),
    "REQUEST_TOO_LARGE": _("The record is larger than the 512 kB that Alma accepts. Shorten its notes."),
    "ROUTING_ERROR": _("Alma is down for maintenance. Try again later."),
    "INTERNAL_SERVER_ERROR": _("Alma failed. Try again; if it stays, give the tracking ID to Ex Libris support."),
    "GENERAL_ERROR": _("The gateway failed. If it stays, show Alma's text to an administrator: it may be the key."),
    "NOT_FOUND": _("Alma knows no such address. The ID may be mistyped."),
    "60101": _("A general error inside Alma. Try again; if it stays, give the tracking ID to Ex Libris support."),
    # Finding
    "60106": _("Alma does not understand this search. Use plain words, without signs."),
    "60121": _("There is no e-collection with this ID: mistyped, or deleted in Alma."),
    "60122": _("There is no such electronic service or portfolio: mistyped, or deleted in Alma."),
    "60123": _("There is no portfolio with this ID: mistyped, or deleted in Alma."),
    "60151": _("Alma did not find the e-collection: it may have been deleted meanwhile."),
    # Fields
    "60126": _("The name is missing."),
    "60127": _("The type is missing or not one that Alma knows."),
    "60128": _("The access type is missing or not one that Alma knows."),
    "60129": _("Alma knows no license with this code."),
    "60130": _("“Free” takes a code of Alma's table IsFree."),
    "60131": _("Alma does not know this language code."),
    "60132": _("“Proxy enabled” takes yes or no."),
    "60133": _("Alma knows no proxy with this code."),
    "60134": _("Alma knows no interface with this name."),
    "60135": _("The proxy of one of the groups is not one that Alma knows."),
    "60137": _("Alma knows no PO line with this number."),
    "60138": _("The activation status is not one that Alma knows."),
    "60142": _("One of the dates is not valid: Alma takes YYYY-MM-DD."),
    "60143": _("Alma knows no record with this MMS ID."),
    "60144": _("The flag “temporarily unavailable” takes a code of Alma's table."),
    "60145": _("Alma does not know this link resolver plug-in."),
    "60146": _("The URL type is one of param, dynamic or static."),
    "60147": _("The CrossRef setting takes yes or no."),
    "60148": _("Alma does not know this linking level."),
    "60150": _("The e-collection has a full-text service already."),
    "60152": _("One of the groups is not one that Alma knows."),
    "60153": _("The type of an electronic service cannot be changed."),
    "60158": _("The process type is not one that Alma knows."),
    "60159": _("A portfolio needs the MMS ID of its title."),
    "60161": _("The availability is not one that Alma knows."),
    "60166": _("The URL type is one of param, dynamic or static."),
    "60167": _("“Proxy enabled” takes yes or no."),
    "60168": _("Alma knows no proxy with this code."),
    "60169": _("Alma knows no license with this code."),
    "60170": _("“Coverage in use” takes a code of Alma's table."),
    "60171": _("The material type is not one that Alma knows."),
    "60172": _("The MMS ID or the PO line is not one that Alma knows."),
    "60296": _("The COUNTER platform is not one that Alma knows."),
    "60353": _("The linking parameter is not valid."),
    "60354": _("The linking parameter of one of the groups is not valid."),
    "60359": _("This e-collection does not support linking parameters."),
    "60360": _("The provenance code is not one that Alma knows."),
    "300465": _("The availability dates contradict each other."),
    "200797": _("Alma cannot change the availability: the dates say otherwise."),
    "402469": _("Alma knows no library with this code. It takes codes, not names."),
    # Deleting
    "60154": _("Alma could not delete it. Try again; if it stays, give the tracking ID to Ex Libris support."),
    "60157": _("Alma is still deleting it. Wait a moment, then look again."),
    "60174": _("Alma is still deleting it. Wait a moment, then look again."),
    "60175": _("Alma could not delete the portfolio."),
    "60289": _("It still has something below it: portfolios go first, then the service, then the e-collection."),
    # Patrons, their loans and fees
    "401861": _("Nobody in Alma has this ID."),
    "401890": _("Nobody in Alma has this ID."),
    "401666": _("Alma did not understand what the portal asked for."),
    "401822": _("Alma did not renew it: its text says why."),
    "401823": _("Alma has no such loan any more: it may have been returned."),
    "401866": _("The name or the password is not right."),
    # Making a patron
    "401664": _("A field that Alma must have is missing: its text says which."),
    "401676": _("Alma could not read the record."),
    "401851": _("Another patron has one of these IDs already, or this one has the same ID twice."),
    "401853": _("Only an external account comes from an external system."),
    "401854": _("An external account needs the code of its system."),
    "401855": _("Alma does not take this account type from other programs."),
    "401863": _("A contact's type does not fit the record type."),
    "401864": _("A contact's type is not one that Alma knows."),
    # Changing a patron
    "401858": _("The code of the system that an external account comes from cannot be changed."),
    "401859": _("Alma does not make an internal account of an external one."),
    "401860": _("Alma could not save the person. Try again; if it stays, give the tracking ID to Ex Libris support."),
    "40166404": _("Alma does not know one of the codes: the new one, or one that the record holds already."),
    # Key restrictions
    "60258": _("The API key's restriction profile does not allow this."),
    "60340": _("The API key's restriction profile does not allow this."),
}
