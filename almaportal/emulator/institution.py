"""The institution's own data: libraries, desks, locations, proxies, vendors, licences. All invented."""

INSTITUTION = "01DEMO_INST"

# code → (name, campus, description)
LIBRARIES = {
    "MAIN": ("Main Library", "CENTRAL", "Humanities, social sciences and everything else"),
    "SCI": ("Science & Engineering Library", "NORTH", "Sciences; open day and night"),
    "LAW": ("Law Library", "CENTRAL", ""),
    "MED": ("Medical Library", "HOSPITAL", "At the teaching hospital"),
    "MUS": ("Bibliothèque de musique", "CENTRAL", "Scores, sound and <em>silence</em>"),
    "ASIA": ("アジア図書館", "NORTH", "East and South Asian collections"),
    "STORE": ("Remote Storage", "", None),
}

# library → [(desk code, desk name, has a hold shelf)]
CIRC_DESKS = {
    "MAIN": [
        ("DEFAULT_CIRC_DESK", "Main Circulation Desk", True),
        ("RESERVES", "Course Reserves", False),
        ("ILL", "Interlibrary Desk", True),
    ],
    "SCI": [("DEFAULT_CIRC_DESK", "Science Desk", True)],
    "LAW": [("DEFAULT_CIRC_DESK", "Law Desk", True), ("NIGHT", "Night Desk", False)],
    "MED": [("DEFAULT_CIRC_DESK", "Medical Desk", True)],
    "MUS": [("DEFAULT_CIRC_DESK", "Comptoir de prêt", True)],
    "ASIA": [("DEFAULT_CIRC_DESK", "貸出カウンター", True)],
    "STORE": [],
}

# (location code, name, type); every library but the storage has these
LOCATIONS = [
    ("STACKS", "Open stacks", "OPEN"),
    ("REF", "Reference", "OPEN"),
    ("RARE", "Rare books", "CLOSED"),
]
STORAGE_LOCATIONS = [("DEPOT", "Depot", "REMOTE")]
LOCATION_NAMES = {code: name for code, name, _ in (*LOCATIONS, *STORAGE_LOCATIONS)}

# code → (profile ID, name, proxy address)
PROXIES = {
    "PROXY_MAIN": ("4000101", "Campus proxy", "https://proxy.example.org/login?url="),
    "PROXY_OLD": ("4000102", "Campus proxy (until 2024)", "https://old-proxy.example.org/login?url="),
    "PROXY_HOSPITAL": ("4000103", "Hospital proxy", "https://proxy.hospital.example.org/login?qurl="),
    "PROXY_ALUMNI": ("4000104", "Proxy für Ehemalige & Gäste", "https://alumni.example.net/login?url="),
}

# The integration types the institution has heard of; it has profiles of the first only.
INTEGRATION_TYPES = ("PROXY_DEFINITION", "USERS", "S3_DEFINITION", "SAML")

# interface name → (vendor code, vendor name)
INTERFACES = {
    "Quillmere Online": ("QUILLMERE", "Quillmere Press"),
    "Brackenfold Shelf": ("BRACKENFOLD", "Brackenfold Academic"),
    "Thistledown Data Portal": ("THISTLEDOWN", "Thistledown Data"),
    "Vantmoor Digital Reader": ("VANTMOOR", "Vantmoor Digital"),
    "Éditions Valbrise – plateforme": ("VALBRISE", "Éditions Valbrise"),
    "Ηλιόκαμπος Ψηφιακά": ("ILIOKAMPOS", "Εκδόσεις Ηλιόκαμπος"),
    "Снегирёвка Онлайн": ("SNEGIREVKA", "Издательство «Снегирёвка»"),
    "منصة النورس الأزرق": ("NAWRAS", "دار النورس الأزرق"),
    "אלון כחול דיגיטלי": ("ALON", "הוצאת אלון כחול"),
    "云岭数字平台": ("YUNLING", "云岭数字出版社"),
    "蒼風学術オンライン": ("SOFU", "蒼風学術出版"),
    "푸른고개 온라인": ("PUREUN", "푸른고개 학술출판"),
    "चंद्रशिला पठन": ("CHANDRASHILA", "चंद्रशिला अकादमिक प्रकाशन"),
}

LICENSES = {f"LIC-{number:03d}" for number in range(1, 41)}
PO_LINES = {f"POL-{number}" for number in range(1001, 1241)}
METADATA_LANGUAGES = {
    "eng",
    "ger",
    "fre",
    "spa",
    "gre",
    "rus",
    "ara",
    "heb",
    "chi",
    "jpn",
    "kor",
    "hin",
    "mul",
}
# The linking parameters that an aggregator package takes; constructed, no source lists them.
LINKING_PARAMETERS = {"CUSTID", "SITEID"}

REFERENCES = {
    "libraries": set(LIBRARIES),
    "licenses": LICENSES,
    "po_lines": PO_LINES,
    "proxies": set(PROXIES),
    "interfaces": set(INTERFACES),
    "languages": METADATA_LANGUAGES,
    "linking_parameters": LINKING_PARAMETERS,
}
