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
  const warning = document.getElementById("idle");
  let end = Date.now() + Number(body.dataset.left) * 1000;
  setInterval(() => {
    const left = end - Date.now();
    if (left <= 0) go();
    else warning.hidden = left > 120000;
  }, 1000);
  document.getElementById("awake").addEventListener("click", async () => {
    const answer = await fetch(body.dataset.awake, { cache: "no-store" });
    if (!answer.ok) { go(); return; }
    end = Date.now() + (await answer.json()).seconds * 1000;
    warning.hidden = true;
  });
})();
