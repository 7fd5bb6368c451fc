"""Finds out how the bytes of a text became bytes, without being told."""

import codecs
from collections.abc import Iterable

from charset_normalizer import from_bytes
from django.utils.translation import gettext as _

from ecollections.loading.raw import Unreadable

SAMPLE = 64 * 1024  # bytes that are looked at
SURE = 0.9  # share of the letters that must be at home in a language
MARKS = frozenset("“”„‘’‚–—…€§©®™°«»·•¡¿\xa0\xad")

# The letters that are not English of the languages that a one-byte encoding is used for. What comes first wins when two
# explain a sample equally well.
WESTERN = (
    "äöüß",
    "àâæçèéêëîïôœùûüÿ",
    "áéíóúüñªº",
    "àáâãçéêíóôõúü",
    "àèéìíòóùúî",
    "åäöæøéü",
    "áéèëïíóöúü",
    "áðéíóúýþæö",
    "äõöü",
    "àçèéíïòóúü",
)
RUSSIAN = "абвгдежзийклмнопрстуфхцчшщъыьэюяё"
CENTRAL = (
    "ąćęłńóśźż",
    "áčďéěíňóřšťúůýž",
    "áčďéíľňóôšťúýž",
    "áéíóöőúüű",
    "čćđšž",
    "ăâîşţ",
)
LANGUAGES = (
    *(("cp1252", letters) for letters in WESTERN),
    *(("cp1250", letters) for letters in CENTRAL),
    ("cp1255", "אבגדהוזחטיךכלםמןנסעףפץצקרשת"),  # before Russian, whose small letters have the same bytes
    ("cp1251", RUSSIAN),
    ("cp1251", "абвгґдежзийклмнопрстуфхцчшщьюяєії"),
    ("cp1251", "абвгдежзийклмнопрстуфхцчшђјљњћџ"),
    ("cp1253", "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰ"),
    ("cp1254", "çğıöşüâîûİ"),
    ("cp1257", "ąčęėįšųūž"),
    ("cp1257", "āčēģīķļņšūž"),
    ("koi8-r", RUSSIAN),
    ("cp1256", "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيپچژگ"),
    *(("iso8859-2", letters) for letters in CENTRAL),
    ("cp850", WESTERN[0]),
    ("mac-roman", WESTERN[0]),
    ("mac-roman", WESTERN[1]),
)


def is_one_byte(encoding: str) -> bool:
    return encoding.startswith(("cp125", "iso8859", "koi8", "mac-", "cp850", "cp437"))


def given(encoding: str) -> str:
    """The name Python has for an encoding that somebody chose. Raises Unreadable when it is none for tables."""
    try:
        name = codecs.lookup(encoding).name
        plain = "".join(map(chr, range(32, 127)))
        if name.startswith("utf-16") or plain.encode("ascii").decode(name) == plain:
            return {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "ascii": "utf-8"}.get(name, name)
    except (LookupError, ValueError):
        pass
    raise Unreadable(_("There is no encoding “%(name)s”. Choose another one.") % {"name": encoding[:40]})


def by_mark(head: bytes) -> str:
    """The encoding that the first bytes tell: of a byte order mark, or of the many zero bytes of UTF-16; else ""."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if head.startswith(mark):
            return name
    evens, odds = head[::2].count(0), head[1::2].count(0)
    if max(evens, odds) > len(head) // 20 and min(evens, odds) * 10 < max(evens, odds):
        return "utf-16-le" if odds > evens else "utf-16-be"
    return ""


def found(lines: Iterable[bytes]) -> str:
    """The encoding of these lines, where most of them have the same: what UTF-8 explains is UTF-8."""
    good = bad = 0
    sample: list[bytes] = []
    size = 0
    for line in lines:
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
            good += 1
        except UnicodeDecodeError:
            bad += 1
            if size < SAMPLE:
                sample.append(line[:1000])
                size += len(sample[-1])
    return "utf-8" if good >= bad else guessed(b"\n".join(sample))


def guessed(sample: bytes) -> str:
    """The encoding of bytes that are no UTF-8."""
    texts = {name: sample.decode(name, errors="replace") for name, _letters in LANGUAGES}
    scores = [(_score(texts[name], letters), name) for name, letters in LANGUAGES]
    scores.append((_score(texts["cp1252"], "".join(WESTERN)), "cp1252"))  # several of them in one file
    best, name = max(scores, key=lambda found: found[0])
    if best >= SURE:
        return name
    match = from_bytes(sample).best()
    try:
        return given(match.encoding) if match else "cp1252"
    except Unreadable:
        return "cp1252"


def _score(text: str, letters: str) -> float:
    """The share of what is not ASCII that is a letter of the language, or a mark, and stands where it may."""
    known = frozenset(letters + letters.upper())
    fitting = total = 0
    before = " "
    for here in text:
        if not here.isascii():
            total += 1
            if here in known:
                fitting += not (here.isupper() and before.islower()) and not _changes_script(before, here)
            else:
                fitting += here in MARKS
        before = here
    return fitting / total if total else 0.0


def _changes_script(before: str, here: str) -> bool:
    """Whether a letter of another script follows an English one."""
    return here > "ɏ" and before.isascii() and before.isalpha()
