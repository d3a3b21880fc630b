// The link indicator: what the browser itself knows about the live connection.
// The state of the logger and every other piece come from the server as HTML (host/web/live.py).
"use strict";

const SILENCE_MS = 30000; // the server sends the clock every 10 s: silence means a dead connection
const RETRY_MS = [500, 1000, 2000, 3000];

let lastHeard = Date.now();
let opened = false;
let line = null;

htmx.config.wsReconnectDelay = (tries) => RETRY_MS[Math.min(tries, RETRY_MS.length - 1)];

function showLive(state) {
  document.body.dataset.live = state;
  const lost = document.querySelector("[data-lost]");
  lost.hidden = state === "open" || !opened;
}

addEventListener("htmx:wsConnecting", () => showLive("connecting"));
addEventListener("htmx:wsOpen", (event) => {
  opened = true;
  lastHeard = Date.now();
  line = event.detail.socketWrapper;
  showLive("open");
});
addEventListener("htmx:wsClose", () => {
  opened = true;
  showLive("closed");
});

// A form that is on its way leads where its answer says, also when it ends the session.
let leaving = false;
addEventListener("submit", (event) => { leaving = !event.defaultPrevented; });
addEventListener("pageshow", () => { leaving = false; });

// A piece replaces its element: keep the keyboard's place in it, or near it where that is gone.
let places = [];
addEventListener("htmx:wsBeforeMessage", () => {
  lastHeard = Date.now();
  const element = document.activeElement;
  places = element?.id ? [`#${CSS.escape(element.id)}`] : [];
  const holders = [];
  for (let one = element?.parentElement; one; one = one.parentElement) if (one.id) holders.push(`#${CSS.escape(one.id)}`);
  if (holders.length && !element.id) places.push(`${holders[0]} ${element.localName}`);
  places.push(...holders);
});
addEventListener("htmx:wsAfterMessage", () => {
  const signIn = document.querySelector("[data-signed-out]")?.dataset.signedOut;
  if (signIn && !leaving) location.assign(`${signIn}&next=${encodeURIComponent(location.pathname + location.search)}`);
  if (document.querySelector("[data-reload]")) location.reload();
  for (const place of places) {
    if (document.activeElement !== document.body) break;
    document.querySelector(place)?.focus({ preventScroll: true });
  }
});

setInterval(() => {
  if (document.body.dataset.live === "open" && Date.now() - lastHeard > SILENCE_MS) {
    showLive("closed");
    line?.reconnect();
  }
}, 5000);
