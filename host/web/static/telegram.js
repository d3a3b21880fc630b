// The telegram explained: a record that is pointed at or focused lights up its bytes, and back.
"use strict";

function light(event) {
  const section = event.target.closest?.(".telegram");
  const part = event.target.closest?.("[data-part]")?.dataset.part;
  for (const lit of document.querySelectorAll(".lit")) lit.classList.remove("lit");
  if (!section || !part) return;
  for (const element of section.querySelectorAll(`[data-part="${part}"]`)) element.classList.add("lit");
}

addEventListener("mouseover", light);
addEventListener("focusin", light);
