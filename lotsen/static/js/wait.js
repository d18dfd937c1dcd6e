/* Renews what a page says of a job until it is through; without script a link on the page does the same. */

const EVERY_MS = 2000;

async function look() {
  const place = document.querySelector("[data-waits]");
  try {
    const answer = await fetch(location.href);
    // What stands in a template is never connected, so no style in it asks the security policy.
    const page = document.createElement("template");
    page.innerHTML = await answer.text();
    const fresh = page.content.querySelector("[data-waits]");
    if (!fresh) return location.reload();
    // Unchanged words would only be read aloud again.
    if (fresh.textContent !== place.textContent) place.replaceChildren(...fresh.childNodes);
  } catch {
    // The connection is gone for a moment: the next look may have it again.
  }
  setTimeout(look, EVERY_MS);
}

setTimeout(look, EVERY_MS);
