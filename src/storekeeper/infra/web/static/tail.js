// What comes in, told by Server-Sent Events. The part that shows it asks the server for itself, with its filters.

export function tail(part) {
  if (part.dataset.following) return;
  part.dataset.following = "yes";
  const events = new EventSource(part.dataset.tail);
  let known = false;
  events.addEventListener("operations", () => {
    if (!part.isConnected) events.close();
    else if (known) window.htmx.trigger(part, "operations-arrived");
    known = true; // the first tells what the page shows already
  });
}
