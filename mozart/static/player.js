// The playhead follows the sound, a click in the roll seeks, a button plays one passage, one player sounds at a time, and pages
// turn. Gradio patches a new piece into the elements of the old one, so nothing listens on an element, and nothing about a
// piece is remembered.
(() => {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  // Strips that someone scrolls by hand: left alone until the next start or seek.
  const held = new WeakSet();
  // Sounds of which a passage alone is played: where it ends, in seconds.
  const ends = new WeakMap();
  let frame = 0;

  const player = (node) => node.closest?.(".mozart-player");
  const on = (types, act) => types.split(" ").forEach((type) =>
    // Sounds' events do not bubble: the document hears them while they are on their way down.
    document.addEventListener(type, act, { capture: true, passive: true }));

  function draw(audio) {
    const strip = player(audio).querySelector(".mozart-strip");
    const roll = strip.querySelector(".mozart-roll");
    const x = audio.currentTime * roll.dataset.speed;
    roll.querySelector(".mozart-playhead").style.transform = `translateX(${x}px)`;
    const room = strip.clientWidth - (strip.scrollWidth - roll.clientWidth);
    const inSight = x >= strip.scrollLeft && x <= strip.scrollLeft + room;
    if (!held.has(strip) && !(inSight && (calm.matches || audio.paused))) strip.scrollLeft = x - room / 3;
  }

  function follow(audio) {
    cancelAnimationFrame(frame);
    const step = () => {
      if (!audio.isConnected || audio.paused) return;
      draw(audio);
      frame = requestAnimationFrame(step);
    };
    step();
  }

  function turn(button) {
    const score = button.closest(".mozart-score");
    const pages = [...score.querySelectorAll(".mozart-page")];
    const wanted = pages.findIndex((page) => !page.hidden) + Number(button.dataset.turn);
    const shown = Math.max(0, Math.min(pages.length - 1, wanted));
    pages.forEach((page, i) => { page.hidden = i !== shown; });
    score.querySelector("[aria-live]").textContent = `page ${shown + 1} of ${pages.length}`;
    const [back, forward] = score.querySelectorAll("[data-turn]");
    back.setAttribute("aria-disabled", shown === 0);
    forward.setAttribute("aria-disabled", shown === pages.length - 1);
  }

  on("play", ({ target }) => {
    if (!player(target)) return;
    document.querySelectorAll(".mozart-player audio").forEach((other) => { if (other !== target) other.pause(); });
    held.delete(player(target).querySelector(".mozart-strip"));
    follow(target);
  });

  // "emptied": another piece has taken the place of this one.
  on("seeking emptied ended", ({ target }) => {
    if (!player(target)) return;
    held.delete(player(target).querySelector(".mozart-strip"));
    draw(target);
  });

  on("timeupdate", ({ target }) => {
    if (target.currentTime >= ends.get(target)) target.pause();
  });
  on("pause emptied", ({ target }) => ends.delete(target));

  on("wheel touchmove pointerdown keydown", ({ target }) => {
    const strip = target.closest?.(".mozart-strip");
    if (strip) held.add(strip);
  });

  on("click", (event) => {
    const button = event.target.closest?.(".mozart-score [data-turn]");
    if (button) turn(button);
    const passage = event.target.closest?.(".mozart-player [data-from]");
    if (passage) {
      const sound = player(passage).querySelector("audio");
      sound.currentTime = passage.dataset.from;
      ends.set(sound, Number(passage.dataset.to));
      sound.play();
    }
    const roll = event.target.closest?.(".mozart-roll");
    const audio = roll && player(roll)?.querySelector("audio");
    if (audio) ends.delete(audio);
    if (audio) audio.currentTime = (event.clientX - roll.getBoundingClientRect().left) / roll.dataset.speed;
  });
})();
