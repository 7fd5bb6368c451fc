"""The MARC records of a book that is ours only while it is lent: as short as Alma takes them."""

from pymarc import Field, Indicators, Record, Subfield
from pymarc.marcxml import record_to_xml

BIB_LEADER = "     nam a22     7i 4500"
BIB_008 = f"{'':6}nuuuuuuuuxx {'':17}und d"  # no date known, no language known
HOLDING_LEADER = "     nx  a22     1n 4500"
HOLDING_008 = "1011252u    8   4001uueng0000000"


def bib_xml(title: str, author: str, mark: str, note: str) -> str:
    """A bib, suppressed from publishing. mark: goes into 035, by which it is found again; note: for staff, 590."""
    record = Record(leader=BIB_LEADER)
    record.add_field(Field(tag="008", data=BIB_008))
    record.add_field(_field("035", "  ", ("a", mark)))
    if author:
        record.add_field(_field("100", "1 ", ("a", author)))
    record.add_field(_field("245", "10" if author else "00", ("a", title)))
    record.add_field(_field("590", "  ", ("a", note)))
    return _wrapped("bib", record)


def holding_xml(library: str, location: str, note: str) -> str:
    """A holding in this location, both codes; suppressed from publishing. note: for staff, 852 x."""
    record = Record(leader=HOLDING_LEADER)
    record.add_field(Field(tag="008", data=HOLDING_008))
    record.add_field(_field("852", "8 ", ("b", library), ("c", location), ("x", note)))
    return _wrapped("holding", record)


def _field(tag: str, indicators: str, *subfields: tuple[str, str]) -> Field:
    return Field(tag=tag, indicators=Indicators(*indicators), subfields=[Subfield(*one) for one in subfields])


def _wrapped(kind: str, record: Record) -> str:
    inner = record_to_xml(record, namespace=False).decode()
    return f"<{kind}><suppress_from_publishing>true</suppress_from_publishing>{inner}</{kind}>"
