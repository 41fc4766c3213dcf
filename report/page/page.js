// Comfort only: everything is readable without this.
"use strict";
// A click on a column's title sorts by it; numbers by their first number.
for (const table of document.querySelectorAll("table")) {
  const heads = table.querySelectorAll("thead th");
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.title = "Sort";
    while (head.firstChild) button.appendChild(head.firstChild);
    head.appendChild(button);
    let up = false;
    button.addEventListener("click", () => {
      up = !up;
      const body = table.tBodies[0];
      const key = (row) => {
        const text = row.cells[column].textContent.replace("−", "-");
        const number = parseFloat(text);
        return Number.isNaN(number) ? text : number;
      };
      const rows = Array.from(body.rows).sort((a, b) => {
        const x = key(a), y = key(b);
        if (typeof x !== typeof y) return typeof x === "number" ? -1 : 1;
        return (x < y ? -1 : x > y ? 1 : 0) * (up ? 1 : -1);
      });
      rows.forEach((row) => body.appendChild(row));
    });
  });
}
// Where nothing hovers, a tap shows a point's value.
const tip = document.createElement("div");
tip.id = "tip";
document.body.appendChild(tip);
document.addEventListener("click", (event) => {
  const title = event.target.nodeName === "circle" && event.target.querySelector("title");
  tip.style.display = title ? "block" : "none";
  if (!title) return;
  tip.textContent = title.textContent;
  tip.style.left = Math.min(event.pageX + 8, window.innerWidth - 150) + "px";
  tip.style.top = event.pageY + 8 + "px";
});
// On paper nothing stays folded but the list of all runs.
window.addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("main details, header details")) folded.open = true;
});
// A link to something folded opens it.
const unfold = () => {
  const goal = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let e = goal; e; e = e.parentElement) if (e.nodeName === "DETAILS") e.open = true;
};
window.addEventListener("hashchange", unfold);
unfold();
