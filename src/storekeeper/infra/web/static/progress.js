// Long work, kept live from Server-Sent Events. The browser reconnects by itself; the server sends the whole state.

import { write } from "storekeeper/format";

export function follow(run, toast) {
  if (run.dataset.following) return;
  run.dataset.following = "yes";
  const events = new EventSource(run.dataset.events);
  const closeWhenGone = () => run.isConnected || events.close();

  events.addEventListener("progress", (event) => {
    closeWhenGone();
    show(run, JSON.parse(event.data));
  });
  events.addEventListener("done", (event) => {
    events.close();
    const last = JSON.parse(event.data);
    show(run, last);
    toast(last.status === "succeeded" ? "good" : "warn", `${run.getAttribute("aria-label")}: ${last.error || last.status}`);
    // Parts that depend on the result ask for it with hx-trigger="run-ended from:body".
    run.dispatchEvent(new CustomEvent("run-ended", { bubbles: true, detail: last }));
  });
}

function show(run, facts) {
  const bar = run.querySelector("progress");
  if (typeof facts.fraction === "number") bar.value = facts.fraction;
  else if (facts.fraction === null) bar.removeAttribute("value");
  run.querySelectorAll("[data-field]").forEach((field) => {
    const value = facts[field.dataset.field];
    if (value === undefined) return;
    field.textContent = write(value, field.dataset.unit);
    if (field.dataset.unit === "bytes" && value !== null) field.title = `${write(value, "count")} bytes`;
  });
}
