"""The institution's code tables, as `/conf/code-tables` serves them and as PUT and POST check them.

The names are Alma's. Codes marked [R] were seen in recorded answers, the others are plausible inventions; the
texts are ours.
"""

from typing import NamedTuple

from . import user_codes

LANGUAGES = {"en": "English", "de": "German", "fr": "French"}


class Code(NamedTuple):
    """One row of a table: the code and its description in the three languages of the institution."""

    code: str
    en: str
    de: str
    fr: str


_YES_NO = [Code("true", "Yes", "Ja", "Oui"), Code("false", "No", "Nein", "Non")]
_ONE_ZERO = [Code("1", "Yes", "Ja", "Oui"), Code("0", "No", "Nein", "Non")]

TABLES: dict[str, list[Code]] = {
    "BooleanYesNo": _YES_NO,  # [R] on proxy_enabled
    "BooleanYesNoNumericCode": _ONE_ZERO,
    "IsFree": _ONE_ZERO,
    "CollectionAccessType": [
        Code("current", "Current", "Laufend", "Courant"),
        Code("perpetual", "Perpetual", "Dauerhaft", "Perpétuel"),
        Code("current_and_perpetual", "Current and perpetual", "Laufend und dauerhaft", "Courant et perpétuel"),
    ],
    "CounterPlatform": [
        Code("QLM", "Quillmere Online", "Quillmere Online", "Quillmere en ligne"),
        Code("BKF", "Brackenfold Shelf", "Brackenfold-Regal", "Rayon Brackenfold"),
        Code("THD", "Thistledown Data", "Thistledown-Daten", "Données Thistledown"),
    ],
    "ElectronicBaseStatus": [
        Code("11", "Available", "Verfügbar", "Disponible"),  # [R]
        Code("10", "Not Available", "Nicht verfügbar", "Non disponible"),
    ],
    "ElectronicCollectionType": [
        Code("0", "Selective package", "Selektives Paket", "Bouquet sélectif"),  # [R]
        Code("1", "Aggregator package", "Aggregator-Paket", "Bouquet agrégateur"),
        Code("6", "Database", "Datenbank", "Base de données"),
    ],
    "ElectronicCollectionProcessType": [
        Code("new", "New", "Neu", "Nouveau"),
        Code("active", "Active", "Aktiv", "Actif"),
        Code("trial", "Trial", "Test", "Essai"),
    ],
    "ElectronicServiceType": [
        Code("getFullTxt", "Full Text", "Volltext", "Texte intégral"),
        Code("getSelectedFullTxt", "Selected Full Text", "Ausgewählter Volltext", "Texte intégral choisi"),
    ],
    "ElectronicUrlType": [
        Code("param", "Parser Parameters", "Parser-Parameter", "Paramètres de l'analyseur"),
        Code("dynamic", "Dynamic URL", "Dynamische URL", "URL dynamique"),
        Code("static", "Static URL", "Statische URL", "URL statique"),
    ],
    "ElectronicLinkingLevel": [
        Code("ARTICLE", "Article", "Artikel", "Article"),
        Code("JOURNAL", "Journal", "Zeitschrift", "Revue"),
        Code("BOOK", "Book", "Buch", "Livre"),
    ],
    "ElectronicLinkResolver": [
        Code("BULK", "Bulk parser", "Sammel-Parser", "Analyseur groupé"),
        Code("GENERIC", "Generic parser", "Allgemeiner Parser", "Analyseur générique"),
    ],
    "ElectronicMaterialType": [
        Code("BOOK", "Book", "Buch", "Livre"),  # [R]
        Code("JOURNAL", "Journal", "Zeitschrift", "Revue"),
        Code("DATABASE", "Database", "Datenbank", "Base de données"),
        Code("VIDEO", "Streaming video", "Streaming-Video", "Vidéo en flux"),
        Code("SCORE", "Score", "Noten", "Partition"),
    ],
    "PublicAccessModel": [
        Code("1U", "One user", "Ein Nutzer", "Un utilisateur"),
        Code("3U", "Three users", "Drei Nutzer", "Trois utilisateurs"),
        Code("UNLIMITED", "Unlimited users", "Unbegrenzte Nutzer", "Utilisateurs illimités"),
    ],
    "PortfolioCoverageInUse": [
        Code("0", "Only local", "Nur lokal", "Locale seulement"),  # [R]
        Code("1", "Only global", "Nur global", "Globale seulement"),
        Code("2", "Global or local", "Global oder lokal", "Globale ou locale"),
        Code("3", "Global and local", "Global und lokal", "Globale et locale"),
    ],
    "ProvenanceCode": [
        Code("GIFT", "Gift", "Geschenk", "Don"),
        Code("LICENSED", "Licensed", "Lizenziert", "Sous licence"),
    ],
    "UserGroups": [
        Code("STUDENT", "Students", "Studierende", "Étudiants"),
        Code("STAFF", "Staff", "Personal", "Personnel"),
        Code("FACULTY", "Faculty", "Lehrende", "Enseignants"),
        Code("GUEST", "Guests", "Gäste", "Invités"),
        Code("ALUMNI", "Alumni", "Ehemalige", "Anciens élèves"),
    ],
    "PROCESSTYPE": [
        Code("LOAN", "Loan", "Ausleihe", "Prêt"),  # [R]
        Code("TRANSIT", "Transit", "Unterwegs", "En transit"),  # [R]
        Code("HOLDSHELF", "Hold Shelf", "Abholregal", "Rayon des réservations"),
        Code("MISSING", "Missing", "Vermisst", "Manquant"),
        Code("ACQ", "Acquisition", "Erwerbung", "Acquisition"),
        Code("WORK_ORDER_DEPARTMENT", "In Process", "In Bearbeitung", "En traitement"),
        Code("TECHNICAL", "Technical - Migration", "Technisch", "Technique"),
        Code("LOST_LOAN", "Lost", "Verloren", "Perdu"),
        Code("CLAIM_RETURNED_LOAN", "Claimed Returned", "Angeblich zurück", "Déclaré rendu"),
        Code("REQUESTED", "Requested", "Bestellt", "Demandé"),
    ],
    "ItemPolicy": [
        Code("REGULAR", "Regular loan", "Normale Ausleihe", "Prêt normal"),
        Code("SHORT", "One week", "Eine Woche", "Une semaine"),
        Code("NOLOAN", "Not for loan", "Nicht ausleihbar", "Exclu du prêt"),
        Code("NOREQ", "No requests", "Keine Bestellung", "Sans réservation"),
        Code("BOOK", "Bookable", "Buchbar", "Réservable à date"),
    ],
    "PhysicalMaterialType": [
        Code("BOOK", "Book", "Buch", "Livre"),  # [R]
        Code("ISSUE", "Issue", "Heft", "Fascicule"),
        Code("DVD", "DVD", "DVD", "DVD"),
        Code("MAP", "Map", "Karte", "Carte"),
        Code("SCORE", "Score", "Noten", "Partition"),
    ],
    "RequestCancellationReasons": [
        Code(
            "CancelledAtPatronRequest", "Cancelled at patron's request", "Auf Wunsch storniert", "Annulée sur demande"
        ),
        Code("CannotBeFulfilled", "Cannot be fulfilled", "Nicht erfüllbar", "Ne peut être satisfaite"),
        Code("PatronNotInterested", "Patron not interested", "Kein Interesse mehr", "Usager non intéressé"),
        Code("RequestSwitched", "Request switched", "Bestellung getauscht", "Demande remplacée"),
    ],
}

TABLES |= {name: [Code(*row) for row in rows] for name, rows in user_codes.TABLES.items()}

_ROWS = {name: {row.code: row for row in rows} for name, rows in TABLES.items()}


def describe(table: str, code: str, lang: str = "en") -> str | None:
    """The text of a code in `lang` (English for a language the institution has not), None when unknown."""
    row = _ROWS[table].get(code)
    if row is None:
        return None
    return str(getattr(row, lang if lang in LANGUAGES else "en"))


def has(table: str, code: str) -> bool:
    """Whether the code is in the table."""
    return code in _ROWS[table]
