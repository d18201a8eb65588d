// Leaving by key and in place, the cover, answers by key, the warning before the end, and no page from the browser's
// memory. Everything works without this file, too, but with more taps.
"use strict";
(() => {
  const { body } = document;
  const { visit, leave, closed, awake } = body.dataset;
  const COVER_AFTER = 120000;
  const WARN_BEFORE = 120000;

  // A page brought back from memory would show answers of a visit that may be over: ask for it anew.
  // What it showed is hidden at once: the server may be slow, or gone.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    document.documentElement.hidden = true;
    location.reload();
  });

  // Pages of a visit tell each other of it, so that one tab's end clears all, and one tab's life keeps all.
  if (visit === undefined) return;
  const tabs = "BroadcastChannel" in window ? new BroadcastChannel("guide") : { postMessage() {} };
  if (!leave) {
    // The page after the end. Where another tab's end led here, all is said, and a new visit may have begun there.
    if (name !== "told") tabs.postMessage({ visit });
    name = "";
    return;
  }

  // Once: each tick after the end would send the slow answer to the one before it away.
  let cleared = false;
  const clear = (to) => {
    if (cleared) return;
    cleared = true;
    document.documentElement.hidden = true;
    location.replace(to);
  };
  const go = () => {
    // Two tabs that end at once must not turn each other away from leaving.
    tabs.onmessage = null;
    tabs.postMessage({ visit: "" });
    clear(leave);
  };
  document.querySelector("a.leave")?.addEventListener("click", (event) => { event.preventDefault(); go(); });

  // Time is read from the clock, not counted: a sleeping machine counts nothing.
  let end = Date.now() + body.dataset.left * 1000;
  const tell = () => tabs.postMessage({ visit, end });
  tabs.onmessage = ({ data }) => {
    if (data.visit !== visit) { name = "told"; clear(closed); }
    else end = Math.max(end, data.end);
  };
  tell();

  let shifts = [];
  addEventListener("keydown", ({ key, repeat, timeStamp }) => {
    if (key !== "Shift") shifts = [];
    else if (!repeat) shifts = [...shifts, timeStamp].filter((at) => timeStamp - at < 2000);
    if (shifts.length >= 3) go();
  });

  // The cover. That it is on outlasts a reload, in the state of this entry of the history and nowhere else.
  const cover = document.getElementById("cover");
  if (!cover) {
    // This page is a cover itself.
    setInterval(() => { if (Date.now() >= end) go(); }, 1000);
    addEventListener("keydown", ({ key }) => { if (key === "Escape") document.querySelector(".leaflet a").click(); });
    return;
  }
  let before = null;
  const put = (on) => {
    if (on === !cover.hidden) return;
    if (on) before = { focus: document.activeElement, scroll: scrollY };
    cover.hidden = !on;
    body.classList.toggle("covered", on);
    history.replaceState(on ? "covered" : null, "");
    if (on) { scrollTo(0, 0); cover.focus(); return; }
    before?.focus.focus({ preventScroll: true });
    scrollTo(0, before?.scroll ?? 0);
    tick();
  };
  document.querySelector(".way.cover").addEventListener("click", (event) => { event.preventDefault(); put(true); });
  cover.querySelector("button").addEventListener("click", () => put(false));

  let touched = Date.now();
  for (const kind of ["pointerdown", "pointermove", "keydown", "scroll"]) {
    addEventListener(kind, () => { touched = Date.now(); }, { passive: true, capture: true });
  }

  const warning = document.getElementById("idle");
  const clock = warning.querySelector("b");
  const tick = () => {
    const left = end - Date.now();
    if (left <= 0) { go(); return; }
    const seconds = Math.ceil(left / 1000);
    warning.hidden = left > WARN_BEFORE;
    clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (Date.now() - touched >= COVER_AFTER) put(true);
  };
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", tick);
  document.getElementById("awake").addEventListener("click", async () => {
    const answer = await fetch(awake, { cache: "no-store" });
    if (!answer.ok) { go(); return; }
    end = Date.now() + (await answer.json()).seconds * 1000;
    tell();
    tick();
  });

  const signs = [...document.querySelectorAll(".sign")];
  const primary = document.querySelector("main button.primary");
  const focusOn = (sign) => (sign?.querySelector("input:checked") ?? sign?.querySelector("input") ?? primary)?.focus();
  const isSeen = (sign) => sign.getClientRects().length > 0;

  addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    if (key === "Escape" && !isOpen()) { put(cover.hidden); return; }
    if (!cover.hidden) return;
    // A digit answers the question that has the focus, and no other: speech input and stray keys would answer, too.
    const sign = target.closest?.(".sign");
    const chosen = sign?.querySelectorAll("input[type=radio]")[key - 1];
    if (chosen) {
      event.preventDefault();
      chosen.checked = true;
      focusOn(signs.slice(signs.indexOf(sign) + 1).find(isSeen));
    } else if (target === body && key === "ArrowRight") {
      focusOn(signs.find(isSeen));
    } else if (target === body && key === "Enter") {
      primary?.click();
    }
  });
  const isOpen = () => CSS.supports("selector(:popover-open)") && document.querySelector(":popover-open");

  if (history.state === "covered") put(true);
})();
