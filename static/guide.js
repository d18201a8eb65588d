// Leaving by key and in place, the warning before the end, and no page from the browser's memory.
// Everything else works without this file.
"use strict";
(() => {
  const body = document.body;
  const leave = body.dataset.leave;

  // A page brought back from memory would show answers of a visit that may be over: ask for it anew.
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  if (!leave) return;

  const go = () => {
    document.documentElement.hidden = true;
    location.replace(leave);
  };
  document.querySelector("a.leave").addEventListener("click", (event) => { event.preventDefault(); go(); });

  let shifts = [];
  addEventListener("keydown", (event) => {
    if (event.key !== "Shift") { shifts = []; return; }
    if (event.repeat) return;
    shifts = [...shifts, event.timeStamp].filter((at) => event.timeStamp - at < 2000);
    if (shifts.length >= 3) go();
  });

  // Time is read from the clock, not counted: a sleeping machine counts nothing.
  const idle = Number(body.dataset.idle) * 1000;
  const warning = document.getElementById("idle");
  let since = Date.now();
  setInterval(() => {
    const left = since + idle - Date.now();
    if (left <= 0) go();
    else warning.hidden = left > 120000;
  }, 1000);
  document.getElementById("awake").addEventListener("click", async () => {
    const answer = await fetch(body.dataset.awake, { cache: "no-store" });
    if (answer.ok) { since = Date.now(); warning.hidden = true; } else go();
  });
})();
