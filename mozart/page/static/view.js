// One sound, and what follows it. `element`, `trigger`, `props` and `watch` are Gradio's.
const root = element.querySelector(".piece");
const one = (selector) => root.querySelector(selector);
let audio = one("audio");
const HUSH = "data:audio/wav;base64,UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=";

// No piece is shown when `piece` is null; `passage` is the marked bars: first and last, from 1, and their seconds.
let piece = null, passage = null, lit = new Set(), frame = 0, once = null, longest = 0, told = -1;

const score = makeScore(root, (note) => playFrom(piece.notes[note][0]));
const roll = makeRoll(root, { seekTo: (x) => playFrom(secondsAt(x)), mark: markBars, resized: () => draw() });

// ---- what is shown

function show(data) {
  const { state, text } = data ?? { state: "empty" };
  const before = root.dataset.state;
  root.dataset.state = state;
  one(".message").hidden = state === "piece";
  for (const part of [".player", ".roll"]) one(part).hidden = state !== "piece";
  if (state === "piece") return showPiece(data, before === "piece");
  silence();
  unlight();
  piece = null;
  one(".score").hidden = true;
  one(".sentence").textContent = text ?? (state === "progress" ? "Composing" : props.invitation);
  one(".sentence").setAttribute("role", state === "error" ? "alert" : "status");
  one(".done").hidden = one(".stop").hidden = state !== "progress";
  one(".stop").disabled = false;
  if (data?.total) one(".done").value = data.done / data.total;
  else one(".done").removeAttribute("value");
}

function showPiece(data, wasThere) {
  const growing = wasThere && piece?.growing && piece.sound && data.sound && piece;
  const goesOn = wasThere && piece?.sound && piece.sound === data.sound;
  const sheetGoesOn = goesOn && String(piece.pages) === String(data.pages);
  if (!goesOn && !growing) silence();
  unlight(); // what is drawn may stay
  piece = data;
  longest = Math.max(0, ...piece.notes.map(([start, stop]) => stop - start));
  one(".title").textContent = piece.title;
  one(".about").textContent = piece.about;
  one(".whole").textContent = clock(Math.round(piece.seconds));
  one(".position").max = piece.seconds;
  one(".play").disabled = !piece.sound;
  one(".legend .opening").hidden = !piece.opening;
  one(".legend .shared").hidden = !piece.shared;
  told = -1;
  if (!goesOn) roll.draw(piece.roll, piece);
  one(".score").hidden = !piece.pages.length;
  if (!sheetGoesOn) score.draw(piece.pages, piece.notes.map((note) => note[3]));
  if (growing) takeOver(growing.seconds);
  else if (!goesOn) arrive();
  draw();
}

function arrive() {
  const [first, last] = piece.marked ?? [null, null];
  setPassage(first, last);
  if (!piece.sound) return;
  audio.src = piece.sound;
  audio.defaultPlaybackRate = audio.playbackRate = Number(one(".speed input").value);
  audio.currentTime = Math.max(0, passage?.from ?? 0);
  if (!piece.autoplay) return;
  play();
  // The space bar shall pause, not press again the button that asked for the piece.
  if (document.activeElement?.matches("body, button")) one(".play").focus({ preventScroll: true, focusVisible: false });
}

// The whole piece has come while its beginning plays, up to `end`: the same music goes on from where it is.
async function takeOver(end) {
  const before = audio, next = audio.cloneNode(), mine = piece;
  setPassage(null, null);
  hear(next);
  next.volume = 0;
  next.src = piece.sound;
  root.append(next);
  const stays = () => piece?.sound === mine.sound && audio === before && before.isConnected;
  try {
    await new Promise((ready, failed) => { next.oncanplaythrough = ready; next.onerror = failed; });
    if (stays() && (!before.paused || before.ended)) await start();
  } catch { /* what follows plays it all the same */ }
  if (!stays()) return next.remove();
  if (next.paused) {
    // The beginning has been paused; or this browser lets no other element sound: then the piece goes on a moment later.
    const plays = !before.paused || before.ended;
    next.remove();
    const now = Math.min(before.currentTime, end);
    before.src = mine.sound;
    before.currentTime = now;
    return plays ? play() : draw();
  }
  audio = next;
  root.dataset.playing = "";
  const began = performance.now();
  (function fade() {
    const share = Math.min(1, (performance.now() - began) / 120);
    [next.volume, before.volume] = [share, 1 - share];
    if (share < 1 && !next.paused) return requestAnimationFrame(fade);
    next.volume = 1;
    before.pause();
    before.remove();
  })();
  follow();

  async function start() {
    next.playbackRate = next.defaultPlaybackRate = before.playbackRate;
    next.preservesPitch = true;
    next.loop = before.loop;
    // Two sounds do not start at one moment: how late the second one is shows how much further on it must begin.
    let lag = before.ended ? 0 : 0.05;
    for (let round = 0; round < 5 && stays(); round++) {
      next.currentTime = Math.min(before.currentTime, end) + lag;
      if (next.paused) await next.play();
      if (before.ended) return;
      await new Promise((ready) => setTimeout(ready, 150));
      const late = before.currentTime - next.currentTime;
      if (Math.abs(late) < 0.01) return;
      lag += late;
    }
  }
}

function silence() {
  cancelAnimationFrame(frame);
  audio.pause();
  once = null;
  one(".waiting").hidden = true;
}

// ---- the sound

function play() {
  once = null;
  if (passage && looping() && !within(audio.currentTime)) audio.currentTime = Math.max(0, passage.from);
  score.release();
  roll.release();
  audio.play().then(() => { one(".waiting").hidden = true; }, (refused) => {
    // Before the first press on a page a browser lets nothing sound. (AbortError: another piece came.)
    if (refused.name === "NotAllowedError") one(".waiting").hidden = false;
  });
}

function playFrom(seconds) {
  audio.currentTime = Math.max(0, Math.min(seconds, piece.seconds));
  play();
}

function toggle() {
  if (!piece?.sound) return;
  if (!audio.paused) return audio.pause();
  if (audio.ended) audio.currentTime = looping() && passage ? passage.from : 0;
  play();
}

const looping = () => one(".loop").getAttribute("aria-pressed") === "true";
const within = (seconds) => seconds >= passage.from - 0.01 && seconds < passage.to;

function keepWithin() {
  const now = audio.currentTime;
  if (once !== null && now >= once) audio.pause();
  else if (looping() && passage && !audio.paused && now >= passage.to) audio.currentTime = Math.max(0, passage.from);
}

// ---- what follows the sound

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
const flip = (points) => points.map(([x, y]) => [y, x]);
// What lies at `x` on the line through `points`, which ascend.
function along(x, points) {
  let i = 1;
  while (i < points.length - 1 && points[i][0] <= x) i++;
  const [[x0, y0], [x1, y1]] = [points[i - 1], points[i]];
  return y0 + ((x - x0) * (y1 - y0)) / (x1 - x0);
}
const secondsAt = (quarters) => along(quarters, piece.clock);
const quartersAt = (seconds) => along(seconds, flip(piece.clock));
const barAt = (seconds) => Math.max(1, Math.min(piece.bars.length - 1, piece.bars.filter(([, start]) => start <= seconds + 0.005).length));

// The index of the first note that begins later than `seconds`.
function later(seconds) {
  let low = 0, high = piece.notes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (piece.notes[middle][0] > seconds) high = middle;
    else low = middle + 1;
  }
  return low;
}

function draw() {
  if (!piece) return;
  const now = audio.currentTime;
  const sounding = new Set();
  const end = later(now);
  if (now > 0 || !audio.paused)
    for (let i = later(now - longest); i < end; i++) if (piece.notes[i][1] > now) sounding.add(i);
  for (const note of lit) if (!sounding.has(note)) light(note, false, sounding);
  for (const note of sounding) if (!lit.has(note)) light(note, true, sounding);
  lit = sounding;
  if (end) score.follow(end - 1);
  roll.follow(quartersAt(now));
  // Ten times a second is smooth enough for a slider, and every change costs a style and a paint.
  if (Math.abs(now - told) < 0.1 && !audio.paused) return;
  told = now;
  one(".now").textContent = clock(now);
  const position = one(".position");
  position.value = now;
  position.style.setProperty("--done", Math.min(1, now / (piece.seconds || 1)));
  const spoken = `bar ${number(barAt(now))}, ${Math.floor(now)} of ${Math.round(piece.seconds)} seconds`;
  if (position.getAttribute("aria-valuetext") !== spoken) position.setAttribute("aria-valuetext", spoken);
}

function light(note, on, sounding) {
  const pitch = piece.notes[note][2];
  score.light(note, on);
  roll.light(note, on);
  roll.press(pitch, new Set([...sounding].map((i) => piece.notes[i]).filter((other) => other[2] === pitch).map((other) => other[3])));
}

function unlight() {
  for (const note of lit) light(note, false, new Set());
  lit = new Set();
}

function follow() {
  cancelAnimationFrame(frame);
  if (!root.isConnected || audio.paused) return;
  keepWithin();
  draw();
  frame = requestAnimationFrame(follow);
}

// ---- marked bars

function setPassage(first, last) {
  passage = first === null ? null : { first, last, from: piece.bars[first - 1][1], to: piece.bars[last][1] };
  roll.showMarked(first, last);
  for (const part of [".passage .bars", ".from", ".clear"]) one(part).hidden = !passage;
  one(".again").hidden = !passage || !props.changeable;
  one(".hint").hidden = Boolean(passage);
  one(".passage .bars").textContent = passage ? nameBars(first, last) : "";
  const share = (seconds) => Math.min(1, seconds / (piece.seconds || 1));
  one(".position").style.setProperty("--from", passage ? Math.max(0, share(passage.from)) : 0);
  one(".position").style.setProperty("--to", passage ? share(passage.to) : 0);
}

const number = (bar) => bar + piece.first_number - 1;
const nameBars = (first, last) => (first === last ? `Bar ${number(first)}` : `Bars ${number(first)} to ${number(last)}`);

function markBars(first, last) {
  // Marking the one bar that is marked unmarks it.
  if (first !== null && passage?.first === first && passage.last === last && first === last) first = last = null;
  setPassage(first, last);
  say(passage ? `${one(".passage .bars").textContent} marked` : "No bars marked");
  trigger("select", { index: passage ? [first, last] : null, value: one(".passage .bars").textContent, first, last });
}

// ---- listening

const say = (text) => { one(".said").textContent = text; };

function hear(element) {
  const listen = (type, act) => element.addEventListener(type, () => { if (element === audio) act(); });
  listen("play", () => {
    for (const other of document.querySelectorAll(".piece audio")) if (!root.contains(other)) other.pause();
    window.lastPieceView = root;
    root.dataset.playing = "";
    one(".play").setAttribute("aria-label", "Pause");
    follow();
  });
  for (const type of ["pause", "ended"]) listen(type, () => {
    delete root.dataset.playing;
    one(".play").setAttribute("aria-label", "Play");
    draw();
  });
  listen("seeked", draw);
  listen("timeupdate", keepWithin); // no frames are drawn in a hidden tab
  listen("error", () => { if (piece?.sound && audio.src !== HUSH) say("The sound could not be loaded."); });
}
hear(audio);

one(".play").addEventListener("click", toggle);
one(".waiting").addEventListener("click", toggle);
one(".position").addEventListener("input", ({ target }) => {
  once = null;
  roll.release();
  score.release();
  audio.currentTime = target.value;
  draw();
});
one(".speed input").addEventListener("input", ({ target }) => {
  audio.preservesPitch = true;
  audio.defaultPlaybackRate = audio.playbackRate = Number(target.value);
  one(".speed output").textContent = `${Number(target.value)}×`;
});
one(".loop").addEventListener("click", ({ currentTarget }) => {
  currentTarget.setAttribute("aria-pressed", !looping());
  audio.loop = looping(); // the whole piece; marked bars end before
});
one(".from").addEventListener("click", () => { playFrom(passage.from); once = looping() ? null : passage.to; });
one(".clear").addEventListener("click", () => markBars(null, null));
one(".again").addEventListener("click", () => trigger("again", { first: passage.first, last: passage.last }));
one(".quote").addEventListener("click", () => { playFrom(piece.shared[0]); once = piece.shared[1]; });
one(".stop").addEventListener("click", ({ currentTarget }) => {
  currentTarget.disabled = true;
  one(".sentence").textContent = "Stopping";
  trigger("stop", {});
});

// The space bar plays and pauses the view that played last, or the first one, wherever it has no other meaning.
const TAKES_SPACE = "input:not([type=range]), textarea, select, button, a, summary, audio, video, [contenteditable], [role=option], [role=button], [role=tab]";
document.addEventListener("keydown", function onKey(event) {
  if (!root.isConnected) return document.removeEventListener("keydown", onKey);
  const shown = [...document.querySelectorAll(".piece[data-state=piece]")];
  const mine = shown.includes(window.lastPieceView) ? window.lastPieceView : shown[0];
  if (event.key !== " " || event.defaultPrevented || mine !== root || event.target.closest?.(TAKES_SPACE)) return;
  event.preventDefault();
  toggle();
});

// A page's own script says at a press what comes. A browser that allows a sound only in the press itself has allowed this element then.
root.addEventListener("piece", ({ detail }) => {
  silence();
  audio.src = HUSH;
  audio.play().catch(() => {});
  props.value = detail;
  show(detail);
});

watch("value", () => show(props.value));
show(props.value);
