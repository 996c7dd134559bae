// The piano roll: notes and keys light up, it scrolls along, a click plays from there, and bars are marked by dragging.
function makeRoll(root, { seekTo, mark, resized }) {
  const canvas = root.querySelector(".canvas");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let strip, lanes, playhead, notes = [], keys = new Map(), options = [], bars = [], quarter = 1, room = 1;
  let held = false, drag = null;

  function draw(html, data) {
    canvas.innerHTML = html;
    bars = data.bars;
    strip = canvas.querySelector(".strip");
    lanes = canvas.querySelector(".lanes");
    playhead = canvas.querySelector(".playhead");
    notes = [...canvas.querySelector(".notes").children];
    keys = new Map([...canvas.querySelectorAll("[data-pitch]")].map((key) => [Number(key.dataset.pitch), key]));
    options = [...canvas.querySelectorAll("[role=option]")];
    held = false;
    sizes.disconnect();
    sizes.observe(strip);
    measure();
  }

  // Asked of the browser once a size, not once a frame: each question lays the page out.
  function measure() {
    quarter = lanes.clientWidth / bars.at(-1)[0];
    room = strip.clientWidth - lanes.offsetLeft;
    resized();
  }
  const sizes = new ResizeObserver(measure);

  function follow(x) {
    playhead.style.transform = `translateX(${x * quarter}px)`;
    const at = x * quarter - strip.scrollLeft;
    if (held || (calm.matches && at >= 0 && at < room * 0.9)) return;
    strip.scrollLeft = x * quarter - room / 3;
  }

  const quartersAt = (clientX) => (clientX - lanes.getBoundingClientRect().left) / quarter;
  const barAt = (clientX) => {
    const x = quartersAt(clientX);
    return Math.max(1, Math.min(bars.length - 1, bars.filter(([start]) => start <= x).length));
  };

  // Marks bars `first` to `last`, counted from 1; none when they are null.
  function showMarked(first, last) {
    const marked = canvas.querySelector(".marked");
    marked.hidden = first === null;
    if (first !== null) {
      marked.style.setProperty("--x", bars[first - 1][0]);
      marked.style.setProperty("--w", bars[last][0] - bars[first - 1][0]);
    }
    options.forEach((option, i) => option.setAttribute("aria-selected", first !== null && first <= i + 1 && i + 1 <= last));
  }

  canvas.addEventListener("pointerdown", (event) => {
    held = true;
    if (event.button !== 0 || !event.target.closest(".ruler, .lanes")) return;
    const onRuler = Boolean(event.target.closest(".ruler"));
    // A finger on the lanes scrolls; on the numbers it marks.
    drag = { x: event.clientX, bar: barAt(event.clientX), onRuler, marking: false, mayMark: onRuler || event.pointerType === "mouse" };
    if (drag.mayMark) strip.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drag?.mayMark || (!drag.marking && Math.abs(event.clientX - drag.x) < 6)) return;
    drag.marking = true;
    const { left, right } = strip.getBoundingClientRect();
    if (event.clientX > right - 24) strip.scrollLeft += 16;
    if (event.clientX < left + lanes.offsetLeft + 24) strip.scrollLeft -= 16;
    const bar = barAt(event.clientX);
    showMarked(Math.min(bar, drag.bar), Math.max(bar, drag.bar));
  });
  canvas.addEventListener("pointerup", (event) => {
    if (!drag) return;
    const { bar, marking, onRuler } = drag;
    drag = null;
    const here = barAt(event.clientX);
    if (marking || onRuler) mark(Math.min(bar, here), Math.max(bar, here));
    else seekTo(quartersAt(event.clientX));
  });
  canvas.addEventListener("pointercancel", () => { drag = null; });
  for (const type of ["wheel", "touchmove"]) canvas.addEventListener(type, () => { held = true; }, { passive: true });

  canvas.addEventListener("keydown", (event) => {
    const here = options.indexOf(event.target) + 1;
    if (!here) return;
    const to = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 1, End: options.length }[event.key];
    if (to) {
      const bar = Math.max(1, Math.min(options.length, to));
      options[here - 1].tabIndex = -1;
      options[bar - 1].tabIndex = 0;
      options[bar - 1].focus();
      held = true;
      if (event.shiftKey) extend(here, bar);
    } else if (event.key === " " || event.key === "Enter") mark(here, here);
    else if (event.key === "Escape") mark(null, null);
    else return;
    event.preventDefault();
  });
  // From the marked bar at the other end, as in a text.
  function extend(from, to) {
    const marked = options.flatMap((option, i) => (option.getAttribute("aria-selected") === "true" ? [i + 1] : []));
    const anchor = marked.length ? (marked[0] === from ? marked.at(-1) : marked[0]) : from;
    mark(Math.min(anchor, to), Math.max(anchor, to));
  }

  return {
    draw,
    follow,
    showMarked,
    release() { held = false; },
    light(note, on) { notes[note]?.classList.toggle("lit", on); },
    press(pitch, hands) {
      const key = keys.get(pitch);
      key?.classList.toggle("right", hands.has(0));
      key?.classList.toggle("left", hands.has(1));
    },
  };
}
