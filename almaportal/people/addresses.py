"""A patron's ID in an address: it may be anything, "a/b" and "50%" too.

Web servers undo the percent-encoding of a path once before Django sees it, so "/" and "%" are encoded once more.
"""


class PatronId:
    """Converter of a path's part: `<patron:user_id>`."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        return value.replace("%2F", "/").replace("%25", "%")

    def to_url(self, value: str) -> str:
        return value.replace("%", "%25").replace("/", "%2F")
