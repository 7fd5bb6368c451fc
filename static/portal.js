// Small helps for the keyboard; every page works without them.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    document.getElementById("find")?.focus();
  }
  if (event.key === "Escape") {
    const open = event.target.closest("details.account[open]");
    if (open) {
      open.removeAttribute("open");
      open.querySelector("summary").focus();
    }
  }
});

// After paging, the top of the new rows comes into view, and the keyboard goes on from there.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target.id !== "results" || !event.detail.requestConfig.elt.closest(".pager")) return;
  const region = event.detail.target.querySelector(".scroll");
  region?.focus({ preventScroll: true });
  event.detail.target.scrollIntoView({ block: "start" });
});

// What went wrong stands at the top, which may be out of sight.
const showErrors = () => document.getElementById("errors")?.scrollIntoView({ block: "center" });
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "errors") showErrors();
});

// A new try clears the last error.
document.addEventListener("htmx:beforeRequest", () => document.getElementById("errors")?.replaceChildren());

// No answer at all: the portal itself cannot be reached.
document.addEventListener("htmx:sendError", () => {
  const box = document.getElementById("errors");
  if (!box) return;
  box.textContent = document.body.dataset.offline;
  showErrors();
});
