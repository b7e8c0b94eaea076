"use strict";
// The page is complete without this script. It adds sorting by a click on a column head, a theme switch and a download.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = table.tHead.rows[table.tHead.rows.length - 1].cells;
  [...heads].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      sort(table.tBodies[0], column, down ? -1 : 1);
    });
  });
}

function sort(body, column, direction) {
  const key = (row) => row.cells[column].dataset.v;
  const order = (a, b) => {
    const left = key(a), right = key(b);
    if (!left || !right) return (left ? 0 : 1) - (right ? 0 : 1);   // not measured: last in both directions
    const x = left === "inf" ? Infinity : Number(left), y = right === "inf" ? Infinity : Number(right);
    if (Number.isNaN(x) || Number.isNaN(y)) return direction * left.localeCompare(right);
    return x === y ? 0 : direction * (x < y ? -1 : 1);
  };
  body.append(...[...body.rows].sort(order));
}

const controls = document.getElementById("controls");
const themes = { auto: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" };
const remembered = (() => { try { return localStorage.getItem("pushbench-theme"); } catch { return null; } })();
function show(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  button.textContent = themes[theme];
}
const button = document.createElement("button");
button.type = "button";
let theme = remembered in themes ? remembered : "auto";
show(theme);
button.addEventListener("click", () => {
  const names = Object.keys(themes);
  theme = names[(names.indexOf(theme) + 1) % names.length];
  try { localStorage.setItem("pushbench-theme", theme); } catch { /* a file: page may have no storage */ }
  show(theme);
});
controls.append(button);

const embedded = document.getElementById("result-data");
if (embedded) {
  const link = document.createElement("a");
  link.download = "result.json";
  link.textContent = "Download the data";
  link.href = URL.createObjectURL(new Blob([embedded.textContent], { type: "application/json" }));
  controls.append(link);
}
controls.hidden = false;
