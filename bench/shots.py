"""`make shots`: the screenshots that the docs show, taken in Chromium from a demo of its own, into docs/shots/.

The same pictures each time: a new demo institution, the pages in a fixed order, and one fixed time and port put in the
place of what differs from run to run.
"""

import shutil
import sys
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, StorageState, ViewportSize, sync_playwright

from bench import busy_day, stack

FOLDER = stack.ROOT / "docs" / "shots"
SIZE: ViewportSize = {"width": 1360, "height": 860}
NARROW: ViewportSize = {"width": 390, "height": 844}
KILOBYTES = 150
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars")
ALONE = ("--disable-background-networking", "--disable-component-update", "--disable-sync")
LENT = {
    "number": "HUB-2041",
    "partner": "Harbourton University",
    "patron": "hu-900017",
    "group": "GUEST",
    "until": "2027-12-31",
    "barcode": "DCB-2041",
    "title": "The Salt Routes of the North",
    "author": "Okoro, A.",
    "material": "BOOK",
    "policy": "",
    "location": "STACKS",
    "library": "MAIN",
    "desk": "DEFAULT_CIRC_DESK",
    "pickup_library": "SCI",
    "pickup_desk": "",
}
FIXED = """() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text; (text = texts.nextNode()); ) {
    text.data = text.data.replace(/\\b\\d\\d:\\d\\d:\\d\\d\\b/g, "09:41:00");
    text.data = text.data.replace(/\\b\\d+ h \\d+ min\\b/g, "14 h 19 min");
    text.data = text.data.replace(/\\b\\d+ min ago\\b/g, "just now").replace(/127\\.0\\.0\\.1:\\d+/g, "127.0.0.1:8001");
  }
}"""


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        sys.exit("The screenshots need Chromium: apt-get install chromium")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with stack.folder() as data, stack.demo(data / "demo") as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*QUIET, *ALONE])
        try:
            _take(browser, address)
            busy_day.fill(data / "demo")
            _shot(_signed_in(browser, address, "admin"), f"{address}/usage/?period=24h", "usage")
        finally:
            browser.close()


def _take(browser: Browser, address: str) -> None:
    _take_desk(browser, address)
    page = _signed_in(browser, address, "eresources")
    addresses = _addresses(page, address)
    for name, where in addresses.items():
        _shot(page, where, name)
    _shot(page, _indexed(page, addresses["collections"]), "titles")
    state = page.context.storage_state()
    _shot(_page(browser, SIZE, "dark", state), addresses["collections"], "collections-dark")
    _shot(_page(browser, NARROW, "light", state), addresses["service"], "service-390")


def _take_desk(browser: Browser, address: str) -> None:
    """Somebody who is blocked, and a book that is being lent to a partner's reader."""
    page = _signed_in(browser, address, "circulation")
    _shot(page, f"{address}/patrons/s100013/", "patron")
    page.goto(f"{address}/circulation/direct/new/")
    page.get_by_label("a virtual one, made for it").check()
    for name, value in LENT.items():
        control = page.locator(f"[name={name}]")
        is_list = control.evaluate("one => one.tagName") == "SELECT"
        (control.select_option if is_list else control.fill)(value)
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("button", name="Find or make the patron").click()
    page.get_by_label("Last name").fill("Partner")
    for name in ("Make the patron", "Make the item", "Place the hold", "Scan it in: it goes out"):
        page.get_by_role("button", name=name, exact=True).click()
    page.get_by_role("status").filter(has_text="Done:").wait_for()
    _shot(page, page.url.partition("#")[0].partition("?")[0], "direct")


def _signed_in(browser: Browser, address: str, who: str) -> Page:
    page = _page(browser, SIZE, "light")
    page.goto(f"{address}/accounts/login/")
    page.fill("[name=username]", who)
    page.fill("[name=password]", "demo")
    page.click("form button")
    return page


def _page(
    browser: Browser, size: ViewportSize, scheme: Literal["light", "dark"], state: StorageState | None = None
) -> Page:
    """A page of a new browser window; `state`: the cookies of the sign-in."""
    return browser.new_context(
        viewport=size, color_scheme=scheme, reduced_motion="reduce", locale="en-GB", storage_state=state
    ).new_page()


def _addresses(page: Page, address: str) -> dict[str, str]:
    """The pages' addresses: the first e-collection, which is the largest, its service, that one's first portfolio."""
    found = {"home": f"{address}/", "collections": f"{address}/ecollections/"}
    for name, above in {"collection": "collections", "service": "collection", "portfolio": "service"}.items():
        page.goto(found[above])
        found[name] = str(page.locator("tbody a").first.evaluate("link => link.href"))
    return found | {"edit": f"{found['portfolio']}edit/"}


def _indexed(page: Page, collections: str) -> str:
    """The second e-collection, of 1,200 titles, is indexed; the address of a search in it."""
    page.goto(collections)
    page.locator("tbody tr").nth(1).locator("a").first.click()
    page.locator("tbody a").first.click()
    page.wait_for_url("**/services/*/")
    collection, service = page.url.split("/")[-4], page.url.split("/")[-2]
    search = f"{page.url.partition('/ecollections/')[0]}/ecollections/titles/?c={collection}&s={service}"
    page.goto(search)
    page.locator("form.reading button").click()
    page.wait_for_url("**/jobs/*/")
    page.locator("#state .status.good").wait_for(timeout=60_000)
    return f"{search}&q=journal"


def _shot(page: Page, address: str, name: str) -> None:
    page.goto(address, wait_until="networkidle")
    page.evaluate(FIXED)
    page.evaluate("scrollTo(0, 0)")
    file: Path = FOLDER / f"{name}.png"
    page.screenshot(path=file, animations="disabled", caret="hide", type="png")
    size = file.stat().st_size / 1000
    print(f"{file.relative_to(stack.ROOT)} {size:.0f} kB{'' if size <= KILOBYTES else f', above {KILOBYTES} kB'}")


if __name__ == "__main__":
    main()
