"""The seeded people: the record of each is made from its number, so that only changed ones are stored.

The first people are one of each kind of `KINDS`; of the others a third come from all kinds in turn, the rest are
students and external people. All names are invented; the same seed gives the same people. Dates lie around `day`.
"""

from datetime import date
from typing import Any

from .messages import Record
from .user_kinds import KINDS
from .user_parts import calendar, coded, identifier, user_link

_LATIN = (
    ("Ottoline", "Fernsby-Quill"), ("Jaromír", "Kukelcha"), ("Brynhild", "Åsgrimdottir"), ("Teodozja", "Żelibrocka"),
    ("Ximeno", "Peñalverde"), ("Gwendal", "Kerdaniou-Lepic"), ("Aoibhe", "Ó Maolsceir"), ("Nguyệt Ánh", "Trượng"),
    ("Leopoldine", "von der Mühlgrund"), ("Chidubem", "Okwarandu"), ("Çağrıbey", "İncekarış"), ("Ngaio", "Te Ruruwai"),
    ("Wolfram", "Straßenmeyer"), ("Marisabel", "D'Orlinghetti"), ("Sólrún", "Þrastardóttir"), ("Jo", "Li"),
)  # fmt: skip
_OTHERS = (
    ("Ευδοκία", "Ηλιοκάμπου"), ("Ярополк", "Снегирёвский"), ("نورسين", "القمرزاد"), ("אלונית", "בן־כחול"),
    ("云岭", "墨"), ("蒼子", "風見丘"), ("푸른결", "곽"), ("चंद्रिका", "शिलादित्य"), ("தாரகை", "முல்லைவனம்"),
)  # fmt: skip
_GROUPS = ("STUDENT", "FACULTY", "GUEST", "ALUMNI", "STAFF")


def kind_of(number: int) -> str:
    """The kind of a seeded person."""
    if number < len(KINDS):
        return list(KINDS)[number]
    place = number % (3 * len(KINDS))
    return list(KINDS)[place] if place < len(KINDS) else ("student", "external", "student")[number % 3]


def name_of(number: int, seed: int) -> tuple[str, str]:
    """(first name, last name): a sixth in other scripts, all people of the kind `script`."""
    n = number + seed * 7919
    if kind_of(number) == "script" or n % 6 == 5:
        return _OTHERS[n % 9][0], _OTHERS[n // 9 % 9][1]
    return _LATIN[n % 16][0], _LATIN[n // 16 % 16][1]


def seeded_person(number: int, seed: int, day: date) -> Record:
    """The record of a person nobody has changed."""
    kind = kind_of(number)
    record = _plain(number, kind, seed, day)
    change = KINDS[kind]
    if change is not None:
        change(record, number, day)
    return record


def _plain(number: int, kind: str, seed: int, day: date) -> Record:
    """Somebody whom nothing is the matter with."""
    first, last = name_of(number, seed)
    middle = "" if number % 7 else "Q."
    external = kind.startswith("external")
    primary_id = f"{'e' if external else 's'}{100_000 + number}"
    return {
        "record_type": coded("AddNewUserOptions", "PUBLIC"),
        "primary_id": primary_id,
        "first_name": first,
        "middle_name": middle,
        "last_name": last,
        "full_name": " ".join(filter(None, (first, middle, last))),
        "pin_number": "",
        "user_title": {"value": "", "desc": None} if number % 3 else coded("UserTitles", "DR"),
        "job_category": {"value": "", "desc": ""},
        "job_description": "",
        "gender": {} if number % 4 == 1 else coded("Genders", ("NONE", "FEMALE", "MALE", "OTHER")[number % 4]),
        "user_group": coded("UserGroups", _GROUPS[number % 5 % (number % 3 + 3)]),
        "campus_code": _campus(number),
        "web_site_url": "",
        "cataloger_level": coded("CatalogerLevel", "00"),
        "preferred_language": coded("UserPreferredLanguage", ("en", "de", "fr")[number % 3]),
        "birth_date": f"{1950 + number % 58}-0{1 + number % 9}-1{number % 10}Z",
        "expiry_date": calendar(day, 120 + number % 900),
        "purge_date": calendar(day, 900 + number % 900),
        "account_type": coded("UserUserType", "EXTERNAL" if external else "INTERNAL"),
        "external_id": "SIS" if external else "",
        "password": "",
        "force_password_change": "",
        "status": coded("ContentStructureStatus", "ACTIVE"),
        "status_date": calendar(day, -400 - number % 500),
        "requests": None,
        "loans": None,
        "fees": None,
        "contact_info": _contact_info(number, external, primary_id, day),
        "pref_first_name": "Otti" if number % 11 == 3 else "",
        "pref_middle_name": "",
        "pref_last_name": "",
        "pref_name_suffix": "",
        "is_researcher": False,
        "researcher": None,
        "link": None,
    } | _lists(number, external, day)


def _lists(number: int, external: bool, day: date) -> Record:
    segment = "External" if external else "Internal"
    patron: Record = {
        "status": coded("UserRoleStatus", "ACTIVE"),
        "scope": {"value": "01DEMO_INST", "desc": "Demo University"},
        "role_type": coded("HFrUserRoles.roleType", "200"),
        "parameter": [],
    }
    statistic = {
        "statistic_category": coded("UserStatCategories", ("LOCAL", "DISTANCE", "HISTORY", "PHYSICS")[number % 4]),
        "category_type": coded("UserStatisticalTypes", ("RESIDENCE", "COLLEGE")[number % 4 // 2]),
        "statistic_note": "",
        "segment_type": segment,
    }
    return {
        "user_identifier": [
            identifier("BARCODE", f"21{number:08d}", segment),
            identifier("UNIV_ID", f"U-{number:06d}", segment),
        ],
        "user_role": [patron],
        "user_block": [],
        "user_note": [],
        "user_statistic": [statistic] if number % 3 == 0 else [],
        "proxy_for_user": [],
        "rs_library": [{"code": {"value": "MAIN", "desc": "Main Library"}}] if number % 5 == 0 else [],
        "library_notice": [],
    }


def _campus(number: int) -> Record:
    if number % 4 == 0:
        return {"value": None, "desc": ""}
    return coded("CampusList", ("CENTRAL", "NORTH", "HOSPITAL")[number % 3])


def _contact_info(number: int, external: bool, primary_id: str, day: date) -> Record:
    """Of every seven one has no phone and one an empty list of addresses."""
    segment = "External" if external else "Internal"
    address = {
        "line1": f"{1 + number % 190} Lantern Row",
        "line2": None if number % 2 else "c/o Ferry House",
        "line3": None,
        "line4": None,
        "line5": None,
        "city": ("Northharbour", "Wörthersund", "Saint-Valbrise")[number % 3],
        "state_province": "",
        "postal_code": f"{10_000 + number % 80_000}",
        "country": {"value": None, "desc": None} if number % 2 else coded("CountryCodes", "AUT"),
        "address_note": "",
        "start_date": calendar(day, -900),
        "preferred": True,
        "segment_type": segment,
        "address_type": [coded("UserAddressTypes", "home")],
    }
    email = {
        "email_address": f"{primary_id}@mail.example.org",
        "description": None,
        "preferred": True,
        "segment_type": segment,
        "email_type": [coded("UserEmailTypes", "school")],
    }
    info: Record = {"address": [] if number % 7 == 2 else [address], "email": [email]}
    if number % 7 != 1:
        info["phone"] = [
            {
                "phone_number": f"+43 000 {number:07d}",
                "preferred": True,
                "preferred_sms": number % 2 == 0,
                "segment_type": segment,
                "phone_type": [coded("UserPhoneTypes", "mobile")],
            }
        ]
    return info


def brief_row(record: Record) -> Record:
    """The row of a list: the core and a link; that of a contact without identifiers leads nowhere."""
    primary_id = str(record.get("primary_id") or "")
    nobody = primary_id.startswith("no primary id (")
    row: dict[str, Any] = {name: record.get(name) for name in ("primary_id", "first_name", "last_name")}
    row |= {"gender": record.get("gender"), "status": record.get("status"), "password": ""}
    return row | {"requests": None, "loans": None, "fees": None, "link": user_link("-" if nobody else primary_id)}


def loans_of(number: int) -> int:
    """How many items a seeded person has."""
    kind = kind_of(number)
    if kind == "many_loans":
        return 150
    if kind in ("no_loans", "contact", "purged", "no_patron"):
        return 0
    return (3, 0, 1, 7, 2, 0, 24)[number % 7]
