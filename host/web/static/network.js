// A change of the network on trial: counts down, and loads the page anew when the trial has ended.
// While the change has cut the page off, it goes on asking: after the time everything is as it was.
"use strict";

const ASK_MS = 2000;
const PATIENCE_MS = 1500;

const trial = document.getElementById("trial");

if (trial) {
  const text = trial.querySelector("[data-countdown]");
  const endsMs = Date.now() + Number(trial.dataset.leftMs);
  let leaving = false;
  addEventListener("submit", () => { leaving = true; });

  const count = () => {
    const left = Math.ceil((endsMs - Date.now()) / 1000);
    text.textContent = left > 0 ? text.dataset.text.replace("{seconds}", left) : text.dataset.over;
  };
  const ask = async () => {
    try {
      const answer = await fetch("/network/trial", { signal: AbortSignal.timeout(PATIENCE_MS) });
      const told = await answer.json();
      if (told.left_ms === null && !leaving) location.assign(trial.dataset.page);
    } catch {
      // cut off, or signed out: the countdown goes on
    }
  };
  setInterval(count, 1000);
  setInterval(ask, ASK_MS);
}
