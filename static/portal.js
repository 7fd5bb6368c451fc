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
  if (event.detail.target.id !== "results" || !said) return;
  const news = event.detail.target.querySelector("[data-says], td.empty, .pager > span");
  said.textContent = news?.dataset.says || news?.textContent.trim() || "";
});

// After paging, the top of the new rows comes into view, and the keyboard goes on from there.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target.id !== "results" || !event.detail.requestConfig.elt.closest(".pager")) return;
  const region = event.detail.target.querySelector(".scroll");
  region?.focus({ preventScroll: true });
  event.detail.target.scrollIntoView({ block: "start" });
});

// A row that was added or removed, what became of a press: the keyboard goes on there, but for who is at the desk's box.
document.addEventListener("htmx:afterSettle", () => {
  const next = document.querySelector("[data-focus]");
  next?.removeAttribute("data-focus");
  if (!document.activeElement?.closest("form[data-scan]")) next?.focus();
});

// What takes long says so, and is not read out until it is done.
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  const busy = detail.elt.querySelector(":scope > .busy");
  if (!busy) return;
  detail.elt.setAttribute("aria-busy", "true");
  document.getElementById("said").textContent = busy.textContent;
});
document.addEventListener("htmx:afterRequest", ({ detail }) => detail.elt.removeAttribute("aria-busy"));

// A folded part that was read says what it holds, no longer what reading it costs.
document.addEventListener("htmx:afterSettle", ({ target }) => {
  const news = target.querySelector("[data-summary]");
  const place = news?.closest("details[hx-get]")?.querySelector("summary .muted");
  if (place) place.textContent = news.dataset.summary;
});

// A link to what is folded opens it, in browsers too that do not by themselves.
document.addEventListener("click", ({ target }) => {
  const link = target.closest('a[href^="#"]');
  const fold = link && document.getElementById(link.hash.slice(1))?.closest("details");
  if (fold) fold.open = true;
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

// A new try clears the last error; a page that looks again by itself, when that went well.
const clearErrors = () => document.getElementById("errors")?.replaceChildren();
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.id !== "progress") clearErrors();
});
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.elt.id === "progress" && !event.detail.isError) clearErrors();
});

// A job's page that looks different all at once: the keyboard stays there, even if its button is gone.
let wasInJob = false;
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id === "state") wasInJob = event.detail.target.contains(document.activeElement);
});
document.addEventListener("htmx:afterSettle", () => {
  if (wasInJob && document.activeElement === document.body) document.getElementById("state")?.focus();
  wasInJob = false;
});

// No answer at all: the portal itself cannot be reached.
document.addEventListener("htmx:sendError", () => {
  const box = document.getElementById("errors");
  if (!box || box.textContent === document.body.dataset.offline) return;
  box.textContent = document.body.dataset.offline;
  showErrors();
});

// Ticked rows stay ticked over paging, sorting and a reload: this tab keeps their IDs, by the list's address.
const ticked = (list) => new Set(JSON.parse(sessionStorage.getItem(`ticked ${list}`) ?? "[]"));
const keepTicked = (list, ids) => sessionStorage.setItem(`ticked ${list}`, JSON.stringify([...ids]));

function showTicked() {
  const bar = document.getElementById("selection");
  if (!bar) return;
  const ids = ticked(bar.dataset.list);
  const boxes = [...document.querySelectorAll("input[name=pick]")];
  for (const box of boxes) {
    box.checked = ids.has(box.value);
    box.closest("tr").classList.toggle("picked", box.checked);
  }
  const here = new Set(boxes.map((box) => box.value));
  bar.elements.more.value = [...ids].filter((id) => !here.has(id)).join(" ");
  bar.querySelector("[data-count]").textContent = ids.size.toLocaleString(document.documentElement.lang);
  bar.querySelector("[data-some]").hidden = !ids.size;
  bar.querySelector("[data-none]").hidden = ids.size;
  for (const button of bar.querySelectorAll("[data-does]")) button.disabled = !ids.size;
  const all = document.querySelector("input[data-page]");
  if (!all) return;
  all.hidden = !boxes.length;
  all.checked = boxes.length && boxes.every((box) => box.checked);
  all.indeterminate = !all.checked && boxes.some((box) => box.checked);
}

document.addEventListener("change", ({ target }) => {
  const bar = document.getElementById("selection");
  if (!bar || !target.matches("input[name=pick], input[data-page]")) return;
  const ids = ticked(bar.dataset.list);
  const boxes = target.name === "pick" ? [target] : document.querySelectorAll("input[name=pick]");
  for (const box of boxes) ids[target.checked ? "add" : "delete"](box.value);
  keepTicked(bar.dataset.list, ids);
  showTicked();
});
document.addEventListener("click", ({ target }) => {
  if (!target.matches("[data-clear]")) return;
  keepTicked(target.form.dataset.list, []);
  showTicked();
});
// What was sent to a review is ticked no more.
document.addEventListener("submit", ({ target, submitter }) => {
  const ends = target.dataset.ends;
  if (ends && !submitter?.name.includes("recipe")) sessionStorage.removeItem(`ticked ${ends}`);
});
document.addEventListener("htmx:afterSettle", showTicked);
window.addEventListener("pageshow", showTicked); // also when the browser comes back to a page it kept

// A file that is too large is told so before it is sent.
document.addEventListener("change", ({ target }) => {
  if (!target.matches("input[data-most]")) return;
  const isTooLarge = [...target.files].some((file) => file.size > Number(target.dataset.most));
  target.setCustomValidity(isTooLarge ? target.dataset.tooLarge : "");
  if (isTooLarge) target.reportValidity();
});

// The desk's box: what was sent is overwritten by the next scan, and nobody's page stands there while another is looked
// for. A scan that waits for its turn keeps what it was, however much is typed meanwhile.
const scans = new WeakMap();
document.addEventListener(
  "submit",
  ({ target }) => {
    if (!target.matches("form[data-scan]")) return;
    scans.set(target, target.elements.q.value);
    target.elements.q.select();
  },
  true,
);
// A scanner types where the focus is and ends with Enter: its text reaches the box from its first letter on, which the
// browser types there, so that no blank and no Enter of it presses what happened to have the focus.
const TAKES_TEXT = "input:not([type=checkbox], [type=radio]), textarea, select";
document.addEventListener(
  "keydown",
  (event) => {
    const form = document.querySelector("form[data-scan]");
    if (!form || event.target.matches(TAKES_TEXT) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.length !== 1 || event.key === " ") return;
    const box = form.elements.q;
    box.focus();
    if (box.value === scans.get(form)) box.select(); // sent already
  },
  true,
);
document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (!detail.elt.matches("form[data-scan]")) return;
  if (scans.has(detail.elt)) detail.parameters.q = scans.get(detail.elt);
});
document.addEventListener("htmx:beforeSend", ({ detail }) => {
  if (detail.elt.matches("form[data-scan]")) document.getElementById("results").replaceChildren();
});

// Printing is the browser's: its button shows where there is one.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// What is to be copied is selected at least; its button shows where there are scripts.
const showCopying = () => {
  for (const button of document.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
};
showCopying();
document.addEventListener("htmx:afterSettle", showCopying);
document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy);
  window.getSelection().selectAllChildren(text);
  try {
    await navigator.clipboard.writeText(text.textContent);
  } catch {
    return; // not over plain HTTP, or not allowed
  }
  document.getElementById("said").textContent = button.textContent = button.dataset.copied;
});
