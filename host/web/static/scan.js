// The marks and names of the scan page: counted, and kept when the table is drawn anew or reloaded.
"use strict";

const KEPT = "mbuslink-scan";

// What somebody has marked or typed, by the name of the field; of one scan only.
let touched = new Map();
let caret = null;

const scan = () => document.getElementById("scan-progress").dataset.scan ?? "";
const marks = () => [...document.querySelectorAll('#found-table input[type="checkbox"]')];
const fields = () => [...document.querySelectorAll("#found-table input")];

function load() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT));
    if (kept?.scan === scan()) touched = new Map(kept.fields);
  } catch { /* nothing was kept */ }
}

function keep() {
  sessionStorage.setItem(KEPT, JSON.stringify({ scan: scan(), fields: [...touched] }));
}

function remember(field) {
  touched.set(field.id, field.type === "checkbox" ? field.checked : field.value);
}

function count() {
  const button = document.getElementById("found-add");
  if (!button) return;
  const all = marks();
  const number = all.filter((mark) => mark.checked).length;
  button.textContent = (number === 1 ? button.dataset.one : button.dataset.many).replace("%(num)s", number);
  button.disabled = number === 0;
  document.getElementById("marking").hidden = all.length === 0;
}

function apply() {
  for (const field of fields()) {
    if (!touched.has(field.id)) continue;
    if (field.type === "checkbox") field.checked = touched.get(field.id);
    else field.value = touched.get(field.id);
  }
  const field = document.activeElement;
  if (caret && field?.id === caret.id) field.setSelectionRange(caret.start, caret.end);
  caret = null;
  count();
}

function markAll(checked) {
  for (const mark of marks()) {
    mark.checked = checked;
    remember(mark);
  }
  keep();
  count();
}

addEventListener("input", ({ target }) => {
  if (!target.closest("#found-table")) return;
  remember(target);
  keep();
  count();
});
addEventListener("click", ({ target }) => {
  if (target.id === "mark-all") markAll(true);
  if (target.id === "mark-none") markAll(false);
});
addEventListener("htmx:wsBeforeMessage", () => {
  const field = document.activeElement;
  const isText = field?.closest("#found-table") && field.type === "text";
  caret = isText ? { id: field.id, start: field.selectionStart, end: field.selectionEnd } : null;
});
addEventListener("htmx:wsAfterMessage", () => {
  const kept = sessionStorage.getItem(KEPT);
  if (kept && JSON.parse(kept).scan !== scan()) touched = new Map();
  apply();
});
load();
apply();
