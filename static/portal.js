// Small helps for the keyboard; every page works without them.
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
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

// What a search or another page brought is said to those who do not see it.
document.addEventListener("htmx:afterSettle", (event) => {
  const said = document.getElementById("said");
  if (event.detail.target.id === "results" && said)
    said.textContent = event.detail.target.querySelector("td.empty, .pager > span")?.textContent.trim() ?? "";
});

// After paging, the top of the new rows comes into view, and the keyboard goes on from there.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target.id !== "results" || !event.detail.requestConfig.elt.closest(".pager")) return;
  const region = event.detail.target.querySelector(".scroll");
  region?.focus({ preventScroll: true });
  event.detail.target.scrollIntoView({ block: "start" });
});

// A row that was added or removed: the keyboard goes on there.
document.addEventListener("htmx:afterSettle", () => {
  const next = document.querySelector("[data-focus]");
  next?.removeAttribute("data-focus");
  next?.focus();
});

// What was typed in a record's form is not left behind without a question.
let typed = false;
document.addEventListener("input", (event) => {
  if (event.target.closest("form.record")) typed = true;
});
document.addEventListener("submit", () => (typed = false));
window.addEventListener("beforeunload", (event) => {
  if (typed) event.preventDefault();
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
