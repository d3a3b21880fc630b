// The field for a clock set by hand follows the browser's clock until somebody changes it.
"use strict";

const field = document.querySelector("input[data-zone]");

if (field) {
  const inZone = new Intl.DateTimeFormat("sv-SE", {
    timeZone: field.dataset.zone, year: "numeric", month: "2-digit", day: "2-digit",
    hour: "2-digit", minute: "2-digit", second: "2-digit",
  });
  const follow = () => { field.value = inZone.format(new Date()).replace(" ", "T"); };
  follow();
  const following = setInterval(follow, 1000);
  for (const change of ["focus", "input"]) field.addEventListener(change, () => clearInterval(following));
}
