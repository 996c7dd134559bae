// The sheet music: one page at a time. Every note head carries the index of its note in data-note.
function makeScore(root, seek) {
  const box = root.querySelector(".score");
  const [back, forward] = box.querySelectorAll("[data-turn]");
  let pages = [], heads = new Map(), pageOf = [], shown = 0, held = false;

  function draw(svgs, hands) {
    // A third of what verovio writes is indentation, and a browser makes a node of every piece of it.
    const tidied = svgs.map((svg) => `<div class="page-of">${svg.replace(/>\s+</g, "><")}</div>`);
    box.querySelector(".pages").innerHTML = tidied.join("");
    pages = [...box.querySelectorAll(".page-of")];
    heads = new Map();
    pageOf = [];
    pages.forEach((page, number) => {
      page.setAttribute("role", "img");
      page.setAttribute("aria-label", `Page ${number + 1} of ${pages.length}`);
      for (const head of page.querySelectorAll("[data-note]")) {
        const note = Number(head.dataset.note);
        head.classList.add(hands[note] ? "left" : "right");
        heads.set(note, [...(heads.get(note) ?? []), head]);
        pageOf[note] ??= number;
      }
    });
    // The box is as high as its highest page, so that what is below does not jump when a page is turned.
    const ratios = pages.map((page) => page.querySelector("svg").viewBox.baseVal).map((view) => view.height / view.width);
    box.style.setProperty("--ratio", Math.max(0, ...ratios));
    box.hidden = !pages.length;
    held = false;
    turn(0);
  }

  function turn(number) {
    shown = Math.max(0, Math.min(pages.length - 1, number));
    pages.forEach((page, i) => { page.hidden = i !== shown; });
    box.querySelector(".page").textContent = `${shown + 1} / ${pages.length}`;
    box.querySelector(".turn").hidden = pages.length < 2;
    back.setAttribute("aria-disabled", shown === 0);
    forward.setAttribute("aria-disabled", shown === pages.length - 1);
  }

  box.addEventListener("click", (event) => {
    const button = event.target.closest("[data-turn]");
    if (button) {
      // Whoever turns pages by hand reads on their own, until the sound arrives there.
      held = true;
      return turn(shown + Number(button.dataset.turn));
    }
    const note = nearest(event.clientX, event.clientY);
    if (note !== null) seek(note);
  });

  function nearest(x, y) {
    const reach = 40;
    let found = null, least = reach;
    for (const head of pages[shown]?.querySelectorAll("[data-note] > .notehead") ?? []) {
      const at = head.getBoundingClientRect();
      const distance = Math.hypot(x - at.left - at.width / 2, y - at.top - at.height / 2);
      if (distance < least) [least, found] = [distance, Number(head.parentElement.dataset.note)];
    }
    return found;
  }

  return {
    draw,
    release() { held = false; },
    light(note, on) { heads.get(note)?.forEach((head) => head.classList.toggle("lit", on)); },
    // `note` is the one that was struck last.
    follow(note) {
      const page = pageOf[note];
      if (page === undefined) return;
      if (page === shown) held = false;
      else if (!held) turn(page);
    },
  };
}
