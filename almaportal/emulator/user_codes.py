"""The code tables that records of users, loans and fees refer to: rows of `codes.TABLES`.

The names are Alma's (the schema rest_user.xsd names them). Codes marked [R] were seen in recorded answers, [D] in
the schema; the others are plausible inventions. The texts are ours.
"""

# table → rows of (code, English, German, French)
TABLES: dict[str, list[tuple[str, str, str, str]]] = {
    "AddNewUserOptions": [
        ("PUBLIC", "Public", "Öffentlich", "Public"),  # [R]
        ("STAFF", "Staff", "Personal", "Personnel"),  # [R]
        ("CONTACT", "Contact", "Kontakt", "Contact"),  # [D]
    ],
    "UserUserType": [
        ("INTERNAL", "Internal", "Intern", "Interne"),  # [R]
        ("EXTERNAL", "External", "Extern", "Externe"),  # [R]
    ],
    "ContentStructureStatus": [
        ("ACTIVE", "Active", "Aktiv", "Actif"),  # [R]
        ("INACTIVE", "Inactive", "Inaktiv", "Inactif"),
    ],
    "UserBlockTypes": [
        ("GENERAL", "General", "Allgemein", "Général"),  # [D]
        ("LOAN", "Loan", "Ausleihe", "Prêt"),  # [D]
        ("CASH", "Cash", "Gebühren", "Frais"),  # [D]
        ("USER", "User", "Person", "Usager"),  # [C]
    ],
    "UserBlockDescription": [
        ("02-GLOBAL", "Block (02)(GLOBAL)", "Sperre (02)(GLOBAL)", "Blocage (02)(GLOBAL)"),  # [D]
        ("CONSORTIA", "Consortial block", "Sperre des Verbunds", "Blocage du consortium"),  # [D]
        ("LOST-CARD", "Card reported lost", "Ausweis verloren", "Carte perdue"),
        ("UNPAID", "Unpaid fees", "Offene Gebühren", "Frais impayés"),
        ("OVERDUE", "Overdue items", "Überfällige Medien", "Documents en retard"),
        ("ADDRESS", "Address unknown", "Adresse unbekannt", "Adresse inconnue"),
        ("CONDUCT", "House rules", "Hausordnung", "Règlement intérieur"),
    ],
    "HFrUserRoles.roleType": [
        ("200", "Patron", "Benutzer", "Usager"),  # [R]
        ("21", "User Manager", "Benutzerverwaltung", "Gestion des usagers"),
        ("32", "Circulation Desk Operator", "Ausleihtheke", "Opérateur de prêt"),
        ("51", "Requests Operator", "Bestellungen", "Opérateur des demandes"),
        ("204", "Cataloger", "Katalogisierung", "Catalogueur"),
        ("215", "Physical Inventory Operator", "Bestandsverwaltung", "Inventaire physique"),
        ("221", "Fulfillment Administrator", "Leitung der Ausleihe", "Administration du prêt"),
    ],
    "UserRoleStatus": [
        ("ACTIVE", "Active", "Aktiv", "Actif"),
        ("INACTIVE", "Inactive", "Inaktiv", "Inactif"),
        ("PENDING", "Pending", "Wartend", "En attente"),
        ("NEW", "New", "Neu", "Nouveau"),  # [D]
    ],
    "UserIdentifierTypes": [
        ("BARCODE", "Barcode", "Barcode", "Code-barres"),
        ("UNIV_ID", "University ID", "Matrikelnummer", "Numéro d'étudiant"),  # [D]
        ("INST_ID", "Institution ID", "Hausnummer", "Numéro d'établissement"),
        ("OTHER", "Other number", "Andere Nummer", "Autre numéro"),
    ],
    "NoteTypes": [
        ("GENERAL", "General", "Allgemein", "Général"),
        ("CIRCULATION", "Circulation", "Ausleihe", "Prêt"),
        ("ADDRESS", "Address", "Adresse", "Adresse"),
        ("ERP", "ERP", "ERP", "ERP"),  # [D]
        ("POPUP", "Pop-up", "Hinweisfenster", "Fenêtre"),
    ],
    "UserTitles": [
        ("DR", "Dr", "Dr.", "Dr"),
        ("PROF", "Professor", "Professor", "Professeur"),
    ],
    "JobTitles": [
        ("Cataloger", "Cataloguer", "Katalogisierer", "Catalogueur"),  # [D]
        ("CircDesk", "Circulation desk", "Ausleihtheke", "Bureau de prêt"),
        ("Lecturer", "Lecturer", "Lehrkraft", "Chargé de cours"),
    ],
    "Genders": [
        ("NONE", "None", "Keine Angabe", "Aucun"),
        ("FEMALE", "Female", "Weiblich", "Femme"),
        ("MALE", "Male", "Männlich", "Homme"),  # [D]
        ("OTHER", "Other", "Divers", "Autre"),
    ],
    "UserPreferredLanguage": [
        ("en", "English", "Englisch", "Anglais"),  # [D]
        ("de", "German", "Deutsch", "Allemand"),
        ("fr", "French", "Französisch", "Français"),
        ("ar", "Arabic", "Arabisch", "Arabe"),
        ("zh", "Chinese", "Chinesisch", "Chinois"),
    ],
    "CampusList": [
        ("CENTRAL", "Central", "Mitte", "Centre"),
        ("NORTH", "North", "Nord", "Nord"),
        ("HOSPITAL", "Hospital", "Klinikum", "Hôpital"),
    ],
    "CatalogerLevel": [("00", "[00] Default level", "[00] Grundstufe", "[00] Niveau de base")],
    "UserStatCategories": [
        ("LOCAL", "Local", "Am Ort", "Local"),  # [D]
        ("DISTANCE", "Distance learner", "Fernstudium", "À distance"),
        ("HISTORY", "History", "Geschichte", "Histoire"),
        ("PHYSICS", "Physics", "Physik", "Physique"),
    ],
    "UserStatisticalTypes": [
        ("COLLEGE", "College", "Fakultät", "Faculté"),  # [D]
        ("RESIDENCE", "Residence", "Wohnort", "Résidence"),
    ],
    "UserEmailTypes": [
        ("personal", "Personal", "Privat", "Personnel"),  # [D]
        ("school", "School", "Hochschule", "École"),
        ("work", "Work", "Dienstlich", "Travail"),
        ("alternative", "Alternative", "Weitere", "Autre"),
        ("queries", "Queries", "Anfragen", "Questions"),
    ],
    "UserPhoneTypes": [
        ("home", "Home", "Privat", "Domicile"),  # [D]
        ("mobile", "Mobile", "Mobil", "Portable"),
        ("office", "Office", "Büro", "Bureau"),
        ("order_phone", "Orders", "Bestellungen", "Commandes"),
    ],
    "UserAddressTypes": [
        ("home", "Home", "Privat", "Domicile"),  # [D]
        ("school", "School", "Hochschule", "École"),
        ("work", "Work", "Dienstlich", "Travail"),
        ("alternative", "Alternative", "Weitere", "Autre"),
        ("order", "Orders", "Bestellungen", "Commandes"),
    ],
    "CountryCodes": [
        ("AUT", "Austria", "Österreich", "Autriche"),
        ("CHE", "Switzerland", "Schweiz", "Suisse"),
        ("DEU", "Germany", "Deutschland", "Allemagne"),
        ("FRA", "France", "Frankreich", "France"),
        ("USA", "United States", "Vereinigte Staaten", "États-Unis"),  # [D]
    ],
    "LibraryNoticesOptInDisplay": [
        ("FulUserBorrowingActivityLetter", "Borrowing activity", "Ausleihübersicht", "Activité de prêt"),  # [D]
        ("FulLostLoanLetter", "Lost loan", "Verlorenes Medium", "Document perdu"),
    ],
    "FineFeeTransactionType": [
        ("OVERDUEFINE", "Overdue fine", "Säumnisgebühr", "Amende de retard"),
        ("LOSTITEMREPLACEMENTFEE", "Lost item replacement fee", "Ersatzgebühr", "Frais de remplacement"),
        ("CARDRENEWAL", "Card renewal", "Ausweisgebühr", "Renouvellement de carte"),
        ("CREDIT", "Credit", "Guthaben", "Crédit"),
    ],
    "FineFeeStatus": [
        ("ACTIVE", "Active", "Aktiv", "Actif"),  # [D]
        ("INDISPUTE", "In dispute", "Strittig", "En litige"),  # [D]
        ("EXPORTED", "Exported", "Übergeben", "Exporté"),  # [D]
        ("CLOSED", "Closed", "Erledigt", "Clos"),  # [D]
    ],
}

# Which types of e-mail, phone and address a record of this type may have (constructed); all others have the rest.
CONTACT_TYPES = {"email": {"queries", "work"}, "phone": {"order_phone", "office"}, "address": {"order", "work"}}
ONLY_CONTACTS = {"queries", "order_phone", "order"}
