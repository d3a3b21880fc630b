// Filter and sort of the overview. Their state stands in the address (?q=heat&sort=-age).
"use strict";

const filter = document.getElementById("filter");
const table = document.getElementById("meters");

if (table) {
  const collator = new Intl.Collator(document.documentElement.dataset.locale, { numeric: true, sensitivity: "base" });
  const headers = [...table.tHead.rows[0].cells];
  const address = new URLSearchParams(location.search);
  let sort = address.get("sort") || "";
  filter.value = address.get("q") || "";

  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

  function cellKey(row, column) {
    const cell = row.cells[column];
    return cell.dataset.sort ?? cell.textContent.trim();
  }

  function compare(a, b) {
    if (a === "" || b === "") return (a === "") - (b === ""); // what is not known, last
    const [x, y] = [Number(a), Number(b)];
    return Number.isNaN(x) || Number.isNaN(y) ? collator.compare(a, b) : x - y;
  }

  function applySort() {
    const down = sort.startsWith("-");
    const column = headers.findIndex((header) => header.dataset.key === sort.replace("-", ""));
    headers.forEach((header, index) => {
      header.ariaSort = index === column ? (down ? "descending" : "ascending") : "none";
    });
    if (column < 0) return;
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const sorted = rows.map((row) => [cellKey(row, column), row]);
    sorted.sort(([a], [b]) => (a === "" || b === "" ? compare(a, b) : compare(a, b) * (down ? -1 : 1)));
    // Rows that already stand right are not moved: the reader's place stays.
    if (sorted.every(([, row], index) => row === rows[index])) return;
    const focused = document.activeElement;
    body.append(...sorted.map(([, row]) => row));
    focused.focus({ preventScroll: true });
  }

  function applyFilter() {
    const words = plain(filter.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of table.tBodies[0].rows) {
      const text = plain(row.textContent);
      row.hidden = !words.every((word) => text.includes(word));
      shown += !row.hidden;
    }
    const all = table.tBodies[0].rows.length;
    const output = document.getElementById("shown");
    output.textContent = words.length
      ? output.dataset.text.replace("{shown}", shown).replace("{all}", all) : "";
    document.getElementById("nothing").hidden = shown > 0;
    table.hidden = shown === 0;
  }

  function remember() {
    const state = new URLSearchParams();
    if (filter.value) state.set("q", filter.value);
    if (sort) state.set("sort", sort);
    history.replaceState(null, "", state.size ? `?${state}` : location.pathname);
    for (const field of document.querySelectorAll('.languages [name="page"]')) {
      field.value = location.pathname + location.search;
    }
  }

  function apply() {
    applySort();
    applyFilter();
  }

  function clear() {
    filter.value = "";
    applyFilter();
    remember();
    filter.focus();
  }

  filter.addEventListener("input", () => { applyFilter(); remember(); });
  filter.addEventListener("keydown", (event) => { if (event.key === "Escape") clear(); });
  document.getElementById("clear-filter").addEventListener("click", clear);
  for (const header of headers) {
    header.querySelector("button").addEventListener("click", () => {
      sort = sort === header.dataset.key ? `-${header.dataset.key}` : header.dataset.key;
      applySort();
      remember();
    });
  }
  addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      filter.focus();
      filter.select();
    }
  });
  // Rows are drawn anew while somebody chooses among them: what is chosen is kept here.
  const bar = document.getElementById("chosen");
  const chosen = new Set();

  function showChosen() {
    for (const box of table.querySelectorAll(".choose")) box.checked = chosen.has(box.value);
    for (const value of chosen) if (!table.querySelector(`.choose[value="${value}"]`)) chosen.delete(value);
    bar.hidden = chosen.size === 0;
    const count = document.getElementById("chosen-count");
    const meters = [...chosen].map((value) => ["meter", value]);
    document.getElementById("chosen-export").href = `/export?${new URLSearchParams(meters)}`;
    count.textContent = count.dataset.text.replace("{count}", chosen.size);
  }

  table.addEventListener("change", (event) => {
    if (!event.target.matches(".choose")) return;
    if (event.target.checked) chosen.add(event.target.value); else chosen.delete(event.target.value);
    showChosen();
  });
  document.getElementById("choose-none").addEventListener("click", () => { chosen.clear(); showChosen(); });
  addEventListener("htmx:wsAfterMessage", () => { apply(); showChosen(); });
  addEventListener("pageshow", () => { chosen.clear(); showChosen(); });
  apply();
}
