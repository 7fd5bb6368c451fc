"""What stands on the page of a job."""

CHANGING = {"verdict": "changes", "before": {"public_note": "Old"}, "after": {"public_note": "New"}}


def buttons(page):
    """Words → address of what can be done."""
    return {
        button.text: form.attrs["action"].split("/")[-2]
        for form in page.by_id("state").all("form", method="post")
        for button in form.all("button")
    }


def tally(page):
    """Words → count of the figures."""
    return {one.text.split(" ", 1)[1]: int(one.one("b").text) for one in page.one("ul", cls="tally").all("li")}
