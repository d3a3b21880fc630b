// A time zone that nobody has set yet, and that the computer does not know: the browser's is offered.
"use strict";

const zone = document.querySelector('[data-zone-is-free] [list="zones"]');
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
const known = document.querySelectorAll("#zones option");

if (zone && !zone.value && [...known].some((one) => one.value === here)) zone.value = here;
