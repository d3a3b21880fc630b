// The keys of the device: a short press sends one gesture, a key held for long enough another.
"use strict";

const SHORT_MS = 1000; // as firmware/panel/keys.py: what is longer, but not long enough, is nothing
const keys = document.querySelector(".panel-keys");
const letters = new Map([...keys.querySelectorAll(".key")].map((key) => [key.getAttribute("aria-keyshortcuts").toLowerCase(), key]));

let held = null; // the key that is down: { key, since, timer }

function send(gesture) {
  const values = { csrf: keys.elements.csrf.value, gesture };
  htmx.ajax("POST", keys.getAttribute("action"), { target: "#notice", swap: "innerHTML", values });
}

function down(key) {
  if (held) return;
  const timer = setTimeout(() => { send(key.dataset.held); up(true); }, Number(key.dataset.ms));
  held = { key, since: performance.now(), timer };
  key.classList.add("key--down");
}

function up(spent) {
  if (!held) return;
  const { key, since, timer } = held;
  held = null;
  clearTimeout(timer);
  key.classList.remove("key--down");
  if (!spent && performance.now() - since <= SHORT_MS) send(key.value);
}

function keyOf(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return null;
  if (event.key === " " || event.key === "Enter") return event.target.closest(".key");
  return letters.get(event.key.toLowerCase());
}

keys.addEventListener("pointerdown", (event) => {
  const key = event.target.closest(".key");
  if (!key || event.button !== 0) return;
  key.setPointerCapture(event.pointerId);
  down(key);
});
keys.addEventListener("pointerup", () => up(false));
keys.addEventListener("pointercancel", () => up(true));
keys.addEventListener("contextmenu", (event) => event.preventDefault()); // a long touch holds the key
keys.addEventListener("keydown", (event) => {
  const key = keyOf(event);
  if (!key) return;
  event.preventDefault();
  if (!event.repeat) down(key);
});
keys.addEventListener("keyup", (event) => {
  if (!keyOf(event)) return;
  event.preventDefault();
  up(false);
});
keys.addEventListener("focusout", () => up(true));
// What pointer and keyboard press is sent above; a click without either is a screen reader's.
keys.addEventListener("click", (event) => {
  const key = event.target.closest(".key");
  if (!key) return;
  event.preventDefault();
  if (event.detail === 0) send(key.value);
});
