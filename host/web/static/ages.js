// Ages go on while the page stands: "3 min ago", and grey once older than three cycles.
// The words are those of host/texts/locale.py (Words.age).
"use strict";

const TICK_MS = 5000;
const JUST_NOW_S = 5;
const UNITS = [
  ["year", 31536000], ["month", 2592000], ["week", 604800],
  ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1],
];

const root = document.documentElement;
const relative = new Intl.RelativeTimeFormat(root.dataset.locale, { style: "short", numeric: "always" });
// The server's clock counts, not the browser's.
const offsetS = Number(document.body.dataset.now) - Date.now() / 1000;

function ageText(seconds) {
  if (seconds < JUST_NOW_S) return document.body.dataset.justNow;
  const [unit, size] = UNITS.find(([name, size]) => seconds / size >= 2 || name === "second");
  return relative.format(-Math.round(seconds / size), unit);
}

function tick() {
  const nowS = Date.now() / 1000 + offsetS;
  for (const element of document.querySelectorAll("time[data-age]")) {
    const text = ageText(nowS - Date.parse(element.dateTime) / 1000);
    if (element.textContent !== text) element.textContent = text;
  }
  for (const element of document.querySelectorAll("[data-stale-s]")) {
    element.classList.toggle("stale", nowS - Number(element.dataset.at) > Number(element.dataset.staleS));
  }
}

tick();
setInterval(tick, TICK_MS);
addEventListener("htmx:wsAfterMessage", tick);
