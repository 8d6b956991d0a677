// What the pages do beyond links and forms. Every page reads without it.

import { hydrate as hydrateCharts, paintSeries } from "storekeeper/charts";
import * as format from "storekeeper/format";
import { follow } from "storekeeper/progress";
import { tail } from "storekeeper/tail";

const ICONS = { good: "ok", warn: "warning", bad: "error", info: "info" };

function enliven(root) {
  localizeTimes(root);
  paintSeries(root);
  hydrateCharts();
  all(root, "[data-events]").forEach((run) => follow(run, toast));
  all(root, "[data-tail]").forEach(tail);
  all(root, ".toast").forEach(makeDismissible);
}

// A swapped part may itself be what is looked for.
function all(root, selector) {
  const inside = [...root.querySelectorAll(selector)];
  return root.matches?.(selector) ? [root, ...inside] : inside;
}

function localizeTimes(root) {
  const now = Date.now();
  all(root, "time[data-show]").forEach((time) => {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.valueOf())) return;
    const relative = time.dataset.show === "ago";
    time.textContent = relative ? format.ago(moment, now) : format.localTime(moment);
    time.title = format.exactTime(moment);
  });
}

// Toasts

function icon(name) {
  const SVG = "http://www.w3.org/2000/svg";
  const sprite = document.querySelector("svg.icon use").getAttribute("href").split("#")[0];
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

export function toast(tone, text) {
  const place = document.getElementById("toasts");
  if (!place) return;
  // A part that is asked for again and again fails again and again; telling it once is enough.
  if ([...place.children].some((shown) => shown.textContent.trim() === text)) return;
  const box = document.createElement("div");
  box.className = `toast ${tone}`;
  const words = document.createElement("p");
  words.textContent = text;
  box.append(icon(ICONS[tone]), words);
  place.append(box);
  makeDismissible(box);
}

function makeDismissible(box) {
  if (box.querySelector("button")) return;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "button quiet square";
  close.setAttribute("aria-label", box.parentElement.dataset.closeLabel);
  close.append(icon("close"));
  close.addEventListener("click", () => box.remove());
  box.append(close);
  // An error stays until it is read; the rest goes by itself unless someone is at it.
  if (box.classList.contains("bad")) return;
  setTimeout(() => box.matches(":hover, :focus-within") || box.remove(), 8000);
}

// Copying

async function copy(button) {
  const use = button.querySelector("use");
  const idle = use.getAttribute("href");
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    toast("warn", "The browser does not allow copying here. Select the text and copy it.");
    return;
  }
  use.setAttribute("href", idle.replace(/#.*/, "#check"));
  button.classList.add("done");
  toast("good", "Copied.");
  setTimeout(() => {
    use.setAttribute("href", idle);
    button.classList.remove("done");
  }, 1500);
}

// Dialogs: browsers without invoker commands get the two that the pages use.

function command(button) {
  const dialog = document.getElementById(button.getAttribute("commandfor"));
  if (button.getAttribute("command") === "show-modal") dialog.showModal();
  else dialog.close();
}

document.addEventListener("click", (event) => {
  const copier = event.target.closest("[data-copy]");
  if (copier) copy(copier);
  const invoker = event.target.closest("[commandfor]");
  if (invoker && !("commandForElement" in HTMLButtonElement.prototype)) command(invoker);
});

document.addEventListener("change", (event) => {
  event.target.closest("form[data-auto-submit]")?.requestSubmit();
});

document.addEventListener("submit", (event) => {
  // A second press while the first is under way would do it twice.
  const form = event.target;
  if (form.method === "post") setTimeout(() => form.querySelectorAll("[type=submit]").forEach((b) => (b.disabled = true)));
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("[type=submit]:disabled").forEach((b) => (b.disabled = false));
});

// What is not asked for stays out of the URL, so that it can be shared as it is.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.verb !== "get") return;
  for (const [name, value] of [...detail.formData]) if (value === "") detail.formData.delete(name);
});
// What is typed while an answer is on its way would be gone with the part that it replaces: that answer is dropped, the one to all of it follows.
const asked = new WeakMap();
const filled = (form) => new URLSearchParams(new FormData(form)).toString();
document.addEventListener("htmx:configRequest", ({ detail: { elt } }) => {
  if (elt.matches(".table-filter")) asked.set(elt, filled(elt));
});
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const form = detail.requestConfig.elt;
  if (asked.has(form) && asked.get(form) !== filled(form)) detail.shouldSwap = false;
});
document.addEventListener("htmx:load", (event) => enliven(event.detail.elt));
// A link that was swapped away takes the keyboard's place with it: go on from the part that came.
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (document.activeElement !== document.body || detail.requestConfig?.elt.tagName !== "A") return;
  if (detail.elt.id !== detail.target.id) return;
  detail.elt.tabIndex = -1;
  detail.elt.focus({ preventScroll: true });
});
document.addEventListener("htmx:responseError", (event) => {
  toast("bad", `The server answered ${event.detail.xhr.status}. What you see is unchanged; try again or reload the page.`);
});
document.addEventListener("htmx:sendError", () => {
  toast("bad", "The server can not be reached. What you see is unchanged; try again in a moment.");
});
setInterval(() => localizeTimes(document), 30_000);

// The session cookie is Secure: without HTTPS a browser drops it and sign-in would lead back here without a word.
if (!window.isSecureContext) document.querySelectorAll("[data-insecure]").forEach((part) => (part.hidden = false));

// Run before htmx has seen the page, so that times and colors do not jump; htmx:load then finds them done.
enliven(document.documentElement);
