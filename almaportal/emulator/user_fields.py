"""The fields of a user that POST and PUT take. Names and mandatory marks are those of the schema rest_user.xsd."""

from typing import NamedTuple


class Field(NamedTuple):
    """One field. `kind`: text, flag (boolean), date, moment (date and time), code ({value, desc}), codes (a list of
    them), any (kept as sent). `table` names the allowed codes, `error` is Alma's code for another one."""

    kind: str = "text"
    table: str = ""
    mandatory: bool = False
    error: str = "40166404"
    longest: int = 4000


Fields = dict[str, Field]

TEXT, DATE, MOMENT, FLAG, ANY = Field(), Field("date"), Field("moment"), Field("flag"), Field("any")
NEEDED = Field(mandatory=True)

USER: Fields = {
    "record_type": Field("code", "AddNewUserOptions", mandatory=True),
    "primary_id": Field(mandatory=True, longest=255),
    "first_name": Field(longest=255),
    "middle_name": Field(longest=255),
    "last_name": Field(mandatory=True, longest=255),
    "account_type": Field("code", "UserUserType", mandatory=True, error="401857"),
    "user_group": Field("code", "UserGroups", mandatory=True, error="401852"),
    "status": Field("code", "ContentStructureStatus", mandatory=True),
    "pin_number": Field(longest=255),
    "user_title": Field("code", "UserTitles"),
    "job_category": Field("code", "JobTitles"),
    "job_description": TEXT,
    "gender": Field("code", "Genders"),
    "campus_code": Field("code", "CampusList"),
    "web_site_url": TEXT,
    "cataloger_level": Field("code", "CatalogerLevel"),
    "preferred_language": Field("code", "UserPreferredLanguage"),
    "birth_date": DATE,
    "expiry_date": DATE,
    "purge_date": DATE,
    "external_id": TEXT,
    "force_password_change": TEXT,
    "pref_first_name": Field(longest=255),
    "pref_middle_name": Field(longest=255),
    "pref_last_name": Field(longest=255),
    "pref_name_suffix": Field(longest=255),
    "is_researcher": FLAG,
    "researcher": ANY,
}

# The lists of a user, and those of its contact_info.
LISTS: dict[str, Fields] = {
    "user_identifier": {
        "value": NEEDED,
        "id_type": Field("code", "UserIdentifierTypes", mandatory=True, error="401864"),
        "note": TEXT,
        "status": TEXT,
    },
    "user_role": {
        "status": Field("code", "UserRoleStatus"),
        "scope": ANY,
        "role_type": Field("code", "HFrUserRoles.roleType", mandatory=True),
        "expiry_date": DATE,
        "parameter": ANY,
    },
    "user_block": {
        "block_type": Field("code", "UserBlockTypes"),
        "block_description": Field("code", "UserBlockDescription", mandatory=True),
        "block_status": TEXT,
        "block_note": Field(longest=2000),
        "created_by": Field(longest=255),
        "created_date": MOMENT,
        "expiry_date": MOMENT,
        "item_loan_id": TEXT,
    },
    "user_note": {
        "note_type": Field("code", "NoteTypes", mandatory=True),
        "note_text": Field(mandatory=True, longest=2000),
        "user_viewable": FLAG,
        "popup_note": FLAG,
        "created_by": TEXT,
        "created_date": MOMENT,
        "note_owner": TEXT,
    },
    "user_statistic": {
        "statistic_category": Field("code", "UserStatCategories", mandatory=True),
        "category_type": Field("code", "UserStatisticalTypes"),
        "statistic_note": TEXT,
    },
    "rs_library": {"code": Field("any", mandatory=True)},
    "library_notice": {"code": Field("code", "LibraryNoticesOptInDisplay", mandatory=True), "value": FLAG},
}
CONTACT_LISTS: dict[str, Fields] = {
    "address": {
        "line1": NEEDED,
        **dict.fromkeys(("line2", "line3", "line4", "line5"), TEXT),
        "city": NEEDED,
        "state_province": TEXT,
        "postal_code": TEXT,
        "country": Field("code", "CountryCodes"),
        "address_note": TEXT,
        "start_date": DATE,
        "end_date": DATE,
        "preferred": FLAG,
        "address_type": Field("codes", "UserAddressTypes", mandatory=True, error="401864"),
    },
    "email": {
        "email_address": NEEDED,
        "description": TEXT,
        "preferred": FLAG,
        "email_type": Field("codes", "UserEmailTypes", mandatory=True, error="401864"),
    },
    "phone": {
        "phone_number": NEEDED,
        "preferred": FLAG,
        "preferred_sms": FLAG,
        "phone_type": Field("codes", "UserPhoneTypes", mandatory=True, error="401864"),
    },
}
# The lists whose rows are Internal or External.
SEGMENTED = {"user_identifier", "user_block", "user_note", "user_statistic", *CONTACT_LISTS}

# `override=` name → field: kept for external users when set by hand, or when empty in the body.
OVERRIDABLE = {
    name: {"rs_libraries": "rs_library", "library_notices": "library_notice"}.get(name, name)
    for name in (
        "user_group", "job_category", "pin_number", "preferred_language", "campus_code", "rs_libraries", "user_title",
        "library_notices", "pref_first_name", "pref_middle_name", "pref_last_name", "cataloger_level",
    )
}  # fmt: skip
