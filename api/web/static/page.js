"use strict";
// Every view is a whole page at its own address, made by the server, and works without this
// script. It only spares a reload: when a live form changes, the parts of the page that depend on
// it are fetched and put in place, and the address follows.

let running = null;
let waiting = 0;
let shown = location.pathname + location.search;

// Fetch an address and put its parts in the place of ours; false if that could not be done.
async function renew(url) {
  running?.abort();
  const mine = (running = new AbortController());
  const main = document.querySelector("main");
  main.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(url, { signal: mine.signal, headers: { Accept: "text/html" } });
    if (answer.redirected) {
      location.assign(url); // we were signed out meanwhile
      return true;
    }
    if (!answer.headers.get("Content-Type")?.startsWith("text/html")) return false;
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    const parts = [...document.querySelectorAll("[data-part]")];
    const others = parts.map((part) => next.getElementById(part.id));
    if (mine.signal.aborted) return true;
    if (!parts.length || others.includes(null)) return false;
    const focused = document.activeElement?.id;
    const open = [...document.querySelectorAll("[data-part] details[id][open]")].map((d) => d.id);
    parts.forEach((part, i) => part.replaceWith(document.adoptNode(others[i])));
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus();
    const said = next.getElementById("said");
    if (said) document.getElementById("said").textContent = said.textContent;
    document.title = next.title;
    offer();
    return true;
  } catch (error) {
    return error.name === "AbortError";
  } finally {
    if (running === mine) main.removeAttribute("aria-busy");
    refreshed();
  }
}

// The address that a form leads to, without what was left empty.
function address(form) {
  const url = new URL(form.action);
  const filled = [...new FormData(form)].filter(([, value]) => value !== "");
  url.search = new URLSearchParams(filled).toString();
  return url;
}

// Go to an address that differs from ours only in what was chosen; going back undoes the choice.
async function follow(url) {
  if (url.pathname + url.search !== shown) history.pushState(null, "", url);
  shown = url.pathname + url.search;
  if (!(await renew(url))) location.assign(url);
}

window.addEventListener("popstate", () => {
  if (location.pathname + location.search !== shown) location.reload();
});

// A part that says so is fetched again after so many milliseconds, as long as it says so.
function refreshed() {
  clearTimeout(waiting);
  const part = document.querySelector("[data-refresh]");
  if (part) {
    waiting = setTimeout(async () => {
      if (document.hidden || !(await renew(location.href))) refreshed();
    }, Number(part.dataset.refresh));
  }
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-live]");
  if (form) follow(address(form));
});

document.addEventListener("submit", (event) => {
  if (event.target.matches("form[data-live]")) {
    event.preventDefault();
    follow(address(event.target));
  }
});

document.addEventListener("reset", (event) => {
  if (event.target.matches("form[data-live]")) {
    event.preventDefault();
    location.assign(event.target.action);
  }
});

// A live link is to the same page asked otherwise.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-live]");
  if (!link || event.button || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  follow(new URL(link.href));
});

// In a matrix, arrows go from cell to cell.
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
document.addEventListener("keydown", (event) => {
  const step = STEPS[event.key];
  const cell = event.target.closest?.("table.matrix td");
  if (!step || !cell || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const rows = cell.closest("table").rows;
  for (
    let row = cell.parentElement.rowIndex + step[0], column = cell.cellIndex + step[1];
    rows[row]?.cells[column];
    row += step[0], column += step[1]
  ) {
    const link = rows[row].cells[column].querySelector("a");
    if (link) return link.focus();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.closest?.("details.menu")) {
    event.target.closest("details.menu").removeAttribute("open");
  }
});

// The address of a view is copied by its link, and its tables and drawings can be saved.
document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[data-copy]");
  if (!link || !navigator.clipboard || event.button || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  await navigator.clipboard.writeText(location.href);
  document.getElementById("said").textContent = "The link is copied";
  link.dataset.copied = "";
});

function save(name, media, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: media }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

// A cell of a matrix is saved as what is said of it. What a spreadsheet would compute is quoted.
function csv(table) {
  const text = (cell) => (cell.querySelector(".tip")?.textContent ?? cell.innerText).trim().replace(/\s+/g, " ");
  const field = (words) => `"${words.replace(/^[=+@-]/, "'$&").replaceAll('"', '""')}"`;
  return [...table.rows].map((row) => [...row.cells].map((cell) => field(text(cell))).join(",") + "\r\n").join("");
}

// A drawing is saved with the look that it has on the page.
const LOOK = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-family", "font-size", "font-weight", "text-anchor", "paint-order"];
function svg(drawing) {
  const copy = drawing.cloneNode(true);
  const copies = copy.querySelectorAll("*");
  drawing.querySelectorAll("*").forEach((each, i) => {
    const style = getComputedStyle(each);
    for (const name of LOOK) copies[i].setAttribute(name, style.getPropertyValue(name));
  });
  const ground = document.createElementNS(copy.namespaceURI, "rect");
  for (const name of ["width", "height"]) ground.setAttribute(name, "100%");
  ground.setAttribute("fill", getComputedStyle(document.body).backgroundColor);
  copy.prepend(ground);
  return new XMLSerializer().serializeToString(copy);
}

const SAVED = {
  CSV: ["main table", "text/csv", "csv", csv],
  SVG: ["main svg.drawing", "image/svg+xml", "svg", svg],
};
function offer() {
  const place = document.getElementById("exports");
  place.replaceChildren();
  for (const [kind, [chosen, media, ending, write]] of Object.entries(SAVED)) {
    const found = () => [...document.querySelectorAll(chosen)].filter((each) => each.getClientRects().length);
    if (!found().length) continue;
    const button = document.createElement("button");
    button.className = "quiet small";
    button.textContent = `${kind === "CSV" ? "tables" : "drawings"} as ${kind}`;
    button.addEventListener("click", () => {
      found().forEach((each, i) => save(`crosscurrent-${i + 1}.${ending}`, media, write(each)));
    });
    place.append(" ", button);
  }
}

offer();
refreshed();
