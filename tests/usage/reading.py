"""The usage page as its reader sees it."""


def tiles(page):
    """What it counts, without its own figures → the figure."""
    found = page.one("div", cls="tiles").all("div")
    return {one.one("span").text: one.one("b").text for one in found}


def tile(page, words):
    [figure] = [figure for label, figure in tiles(page).items() if words in label]
    return figure


def region(page, name):
    return page.one("div", role="region", **{"aria-label": name})


def rows(page, name="Who and what"):
    """First cell, and what is beside it."""
    return [
        [cell.text for cell in row.children if not isinstance(cell, str)]
        for row in region(page, name).one("tbody").all("tr")
    ]


def calls(page):
    return {row[0]: row[1] for row in rows(page)}


def bars(page, unit="Calls in ten minutes"):
    head = region(page, unit).head
    return head, rows(page, unit)


def chips(page):
    return [one.text for one in page.all("a", cls="chip")]
