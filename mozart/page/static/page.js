// What the page does without its server: it counts presses, starts and ends the sound, keeps address and piece together.
window.mozart = (() => {
  // Buttons whose press is counted at once: Stop, a millisecond later, must know of it before Gradio asks for its number.
  const MAKERS = "#compose, .preset, #continue, #drafts, #undo, [id^=keep_]";
  const begun = [];
  let presses = 0, waiting = 0;
  const all = (selector) => [...document.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);

  function update() {
    const busy = waiting > 0 || all("audio").some((audio) => !audio.paused);
    const stop = one("#stop");
    if (stop && stop.disabled === busy) stop.disabled = !busy;
    document.body.classList.toggle("mozart-composing", waiting > 0);
  }

  function say(detail) {
    one("#piece .piece")?.dispatchEvent(new CustomEvent("piece", { detail }));
  }

  function reveal(selector) {
    const place = one(selector)?.getBoundingClientRect();
    if (place && (place.top < 0 || place.top > innerHeight * 0.6)) one(selector).scrollIntoView({ block: "start" });
  }

  function count() {
    presses += 1;
    waiting += 1;
    update();
    return presses;
  }

  // Something is under way that Stop can end: its number.
  function wait() {
    return begun.shift() ?? count();
  }

  // A press that makes a piece.
  function press() {
    for (const audio of all("audio")) audio.pause();
    say({ state: "progress", text: "Composing" });
    reveal("#piece");
    return wait();
  }

  // A visit by a link is a press too, where it names a piece.
  function follow() {
    if (!new URLSearchParams(location.search).has("seed")) { waiting += 1; return 0; }
    return press();
  }

  function done() {
    waiting = Math.max(0, waiting - 1);
    update();
  }

  // The number of the latest press: it ends, and all before it.
  function stop() {
    for (const audio of all("audio")) audio.pause();
    if (waiting) say({ state: "progress", text: "Stopping" });
    return presses;
  }

  // The address is the piece's, so that a reload, or coming back, brings it back. What begins with two underscores is Gradio's.
  function address(query) {
    const kept = [...new URLSearchParams(location.search)].filter(([name]) => name.startsWith("__"));
    const search = [query, new URLSearchParams(kept).toString()].filter(Boolean).join("&");
    history.replaceState(history.state, "", location.pathname + (search && `?${search}`));
  }

  // The first page of the sheet music as a picture: black on white, whatever the theme, and nothing lit.
  async function picture(name) {
    const page = one("#piece .pages svg").cloneNode(true), { width, height } = page.viewBox.baseVal;
    const margin = 0.04 * width, around = 2 * (width + 2 * margin);
    const canvas = Object.assign(document.createElement("canvas"), { width: around, height: 2 * (height + 2 * margin) });
    for (const lit of page.querySelectorAll(".lit")) lit.classList.remove("lit");
    page.style.color = "black";
    page.setAttribute("width", 2 * width);
    page.setAttribute("height", 2 * height);
    const drawn = new Image();
    drawn.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(page))}`;
    await drawn.decode();
    const context = canvas.getContext("2d");
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(drawn, 2 * margin, 2 * margin);
    const link = document.createElement("a");
    link.href = canvas.toDataURL("image/png");
    link.download = name;
    link.click();
  }

  document.addEventListener("play", (event) => {
    // In a view the whole piece takes over from its beginning.
    const view = event.target.closest(".piece");
    for (const audio of all("audio")) if (audio !== event.target && !(view && view.contains(audio)) && !audio.paused) audio.pause();
    update();
  }, true);
  for (const name of ["pause", "ended", "emptied"]) document.addEventListener(name, () => setTimeout(update), true);
  document.addEventListener("click", (event) => {
    if (event.target.closest?.(MAKERS)) begun.push(count());
  }, true);
  document.addEventListener("click", async (event) => {
    const copy = event.target.closest?.("[data-copy]");
    if (copy) {
      const link = location.origin + location.pathname + copy.dataset.copy;
      try { await navigator.clipboard.writeText(link); copy.nextElementSibling.textContent = "Copied"; }
      catch { copy.nextElementSibling.textContent = link; }
    }
    const tab = event.target.closest?.("[data-tab]");
    if (tab) {
      const found = all("[role=tab]").find((one) => one.textContent.trim() === tab.dataset.tab);
      found?.click();
      found?.scrollIntoView({ block: "start" });
    }
    const wanted = event.target.closest?.("[data-picture]");
    if (wanted) await picture(wanted.dataset.picture);
    const more = event.target.closest?.("#choose_more");
    if (more) {
      const open = document.body.classList.toggle("mozart-settings");
      more.setAttribute("aria-expanded", String(open));
    }
  });
  // Gradio draws the buttons when it is ready.
  new MutationObserver((_, observer) => { if (one("#stop")) { update(); observer.disconnect(); } })
    .observe(document.documentElement, { childList: true, subtree: true });
  return { press, wait, follow, done, stop, address, reveal };
})();
