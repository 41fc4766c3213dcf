// Comfort only: everything is readable without this.
"use strict";
const all = (what, within = document) => Array.from(within.querySelectorAll(what));
const make = (tag, set) => Object.assign(document.createElement(tag), set);

// --- sorting: a click on a column's title sorts by it, a third one restores the order.
const number = (text) => {
  const found = text.replace(/−/g, "-").match(/^[^\d-]{0,2}(-?\d[\d.]*(e[+-]?\d+)?)/i);
  return found ? parseFloat(found[1]) : NaN;
};
const summary = (row) => /^(average|mean|total|sum)\b/i.test(row.cells[0].textContent);
const compare = (a, b, down) => {
  const x = number(a), y = number(b);
  if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1; // words and gaps last
  const order = Number.isNaN(x) ? a.localeCompare(b) : x - y;
  return down ? -order : order;
};
for (const table of all("table")) {
  const heads = all("thead th", table), body = table.tBodies[0];
  const rows = Array.from(body.rows);
  // A group's name stands in its first row only; elsewhere it is needed in each.
  const fill = () => {
    let above = "";
    for (const row of rows) {
      if (row.cells[0].textContent) above = row.cells[0].textContent;
      else row.cells[0].textContent = above;
    }
  };
  heads.forEach((head, column) => {
    const button = make("button", { type: "button" });
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const now = head.getAttribute("aria-sort");
      const next = now === "ascending" ? "descending" : now === "descending" ? null : "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      fill();
      const cell = (row) => row.cells[column].textContent.trim();
      if (next) head.setAttribute("aria-sort", next);
      const sorted = next
        ? rows.slice().sort((a, b) => summary(a) - summary(b) || compare(cell(a), cell(b), next === "descending"))
        : rows;
      body.append(...sorted);
    });
  });
}

// --- methods: on and off in all curves. gnuplot names what it draws; so do the hover points.
const named = (node, method) => {
  const text = node.textContent;
  return text === method || text.startsWith(method + " at ") || text.startsWith(method + ": ");
};
for (const input of all("[data-method]")) {
  input.addEventListener("change", () => {
    for (const title of all(".paper g > title, .paper circle > title"))
      if (named(title, input.dataset.method)) title.parentNode.classList.toggle("off", !input.checked);
  });
}

// --- search: rows, figures, claims and datasets that do not have all the words are hidden.
const places = all("main figure, main .claim, main tbody tr, #datasets > details, main .section li");
const text = new Map();
const found = document.getElementById("found");
const search = document.getElementById("search");
const opened = new Set(); // by the search: folded again when it ends
const find = () => {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const hits = new Set();
  for (const place of places) {
    if (!text.has(place)) {
      const head = place.matches("tr") ? place.closest("table").caption.textContent : "";
      text.set(place, (place.textContent + " " + head + " " + place.id).toLowerCase());
    }
    if (words.every((word) => text.get(place).includes(word))) hits.add(place);
  }
  for (const place of places) place.hidden = words.length > 0 && !hits.has(place);
  // What holds a hit stays, opened; what holds none goes.
  for (const place of hits)
    for (let e = place.parentElement; words.length > 0 && e; e = e.parentElement) {
      e.hidden = false;
      if (e.nodeName === "DETAILS" && !e.open) {
        e.open = true;
        opened.add(e);
      }
    }
  for (const block of all("main > section, main > .section, .block"))
    block.hidden = words.length > 0 && !places.some((place) => block.contains(place) && !place.hidden);
  if (words.length === 0) {
    for (const folded of opened) folded.open = false;
    opened.clear();
  }
  found.textContent = words.length > 0 ? hits.size + (hits.size === 1 ? " match" : " matches") : "";
};
search.addEventListener("input", find);

// --- figures: enlarged in a dialog; saved as they are here.
const dialog = make("dialog", {});
const bar = dialog.appendChild(make("div", { className: "zoom" }));
const name = bar.appendChild(make("b", {}));
let scale = 1, picture = null, place = null;
const fit = () => {
  const svg = picture.querySelector("svg"), box = svg.viewBox.baseVal;
  const room = Math.min((dialog.clientWidth - 20) / box.width, (dialog.clientHeight - 90) / box.height);
  svg.style.cssText = "max-width:none;min-width:0;width:" + box.width * room * scale + "px";
};
const resize = (by) => () => {
  scale = by ? Math.min(Math.max(scale * by, 0.5), 8) : 1;
  fit();
};
for (const [label, title, act] of [["−", "Smaller", resize(1 / 1.4)], ["+", "Larger", resize(1.4)], ["Fit", "Fit", resize(0)], ["Close", "Close", () => dialog.close()]]) {
  const button = bar.appendChild(make("button", { type: "button", textContent: label, title }));
  button.setAttribute("aria-label", title);
  button.addEventListener("click", act);
}
document.body.append(dialog);
dialog.addEventListener("close", () => {
  const svg = picture.querySelector("svg");
  svg.style.cssText = picture.dataset.style;
  place.replaceWith(picture);
});
const enlarge = (figure) => {
  picture = figure.querySelector(".paper");
  const svg = picture.querySelector("svg");
  picture.dataset.style = svg.style.cssText;
  name.textContent = picture.getAttribute("aria-label");
  place = make("div", {});
  place.style.height = picture.offsetHeight + "px";
  picture.replaceWith(place);
  dialog.append(picture);
  dialog.showModal();
  scale = 1;
  fit();
};
window.addEventListener("resize", () => dialog.open && fit());

const save = (blob, file) => {
  const link = make("a", { href: URL.createObjectURL(blob), download: file });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};
const source = (figure) => {
  const svg = figure.querySelector("svg").cloneNode(true);
  svg.removeAttribute("style");
  svg.removeAttribute("class");
  const plain = new XMLSerializer().serializeToString(svg).replace(/var\(--c\w+,(#\w+)\)/g, "$1");
  return new Blob([plain], { type: "image/svg+xml" });
};
for (const figure of all("figure")) {
  const svg = figure.querySelector(".paper svg"), links = figure.querySelector(".links");
  if (!svg) continue;
  const button = make("button", { type: "button", textContent: "enlarge" });
  button.addEventListener("click", () => enlarge(figure));
  links.prepend(button, " ");
  for (const link of all("a", links))
    if (link.textContent === "svg")
      link.addEventListener("click", (event) => {
        event.preventDefault();
        save(source(figure), figure.id + ".svg");
      });
}

// --- where nothing hovers, a tap shows a point's value.
const tip = document.body.appendChild(make("div", { id: "tip" }));
document.addEventListener("click", (event) => {
  const title = event.target.nodeName === "circle" && event.target.querySelector("title");
  tip.style.display = title ? "block" : "none";
  if (!title) return;
  tip.textContent = title.textContent;
  (dialog.open ? dialog : document.body).append(tip);
  tip.style.left = Math.min(event.pageX + 8, window.innerWidth - 150) + "px";
  tip.style.top = (dialog.open ? event.clientY : event.pageY) + 8 + "px";
});

// --- on paper nothing stays folded but the list of all runs.
window.addEventListener("beforeprint", () => {
  for (const folded of all("main details, header details")) if (!folded.querySelector(":scope > pre")) folded.open = true;
});
// --- a link to something folded opens it.
const unfold = () => {
  const goal = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let e = goal; e; e = e.parentElement) if (e.nodeName === "DETAILS") e.open = true;
  if (goal) goal.scrollIntoView();
};
window.addEventListener("hashchange", unfold);
unfold();
document.querySelector(".toolbar").hidden = false;
