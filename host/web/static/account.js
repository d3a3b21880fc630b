// The menu of the user: it closes when the reader goes elsewhere, by pointer or by keyboard.
"use strict";

const menu = document.querySelector(".account");

if (menu) {
  const leave = (event) => { if (!menu.contains(event.target)) menu.open = false; };
  addEventListener("pointerdown", leave);
  addEventListener("focusin", leave);
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}
