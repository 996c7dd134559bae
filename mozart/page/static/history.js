// The pieces of this browser, the latest first, and the favourites. `element`, `props`, `trigger` and `watch` are Gradio's.
const KEY = "mozart-pieces", MOST = 12;

function load() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((piece) => typeof piece?.name === "string" && typeof piece.query === "string") : [];
  } catch { return []; }
}

function save(pieces) {
  // The favourites stay, whatever comes.
  let others = 0;
  const kept = pieces.filter((piece) => piece.star || ++others <= MOST);
  try { localStorage.setItem(KEY, JSON.stringify(kept)); } catch { /* a browser that keeps nothing */ }
  draw(kept);
}

function button(text, label, press) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  if (label) made.setAttribute("aria-label", label);
  made.addEventListener("click", press);
  return made;
}

function draw(pieces) {
  const root = element.querySelector(".history");
  root.replaceChildren();
  if (!pieces.length) return;
  const title = document.createElement("h2"), list = document.createElement("ol");
  title.textContent = "Your pieces";
  for (const piece of [...pieces.filter((piece) => piece.star), ...pieces.filter((piece) => !piece.star)]) {
    const item = document.createElement("li");
    const star = button(piece.star ? "★" : "☆", `Favourite: ${piece.name}`, () =>
      save(load().map((other) => (other.query === piece.query ? { ...other, star: !other.star } : other))));
    star.setAttribute("aria-pressed", String(Boolean(piece.star)));
    const name = button(piece.name, "", () => trigger("select", { query: piece.query }));
    name.className = "name";
    if (piece.query === props.value?.query) name.setAttribute("aria-current", "true");
    item.append(star, name);
    list.append(item);
  }
  root.append(title, list);
}

watch("value", () => {
  const now = props.value;
  if (!now) return draw(load());
  mozart.address(now.query);
  const pieces = load();
  if (!now.query) return draw(pieces); // it goes on from a file, which no link can name
  const known = pieces.find((piece) => piece.query === now.query);
  save([{ name: now.name, query: now.query, star: Boolean(known?.star) }, ...pieces.filter((piece) => piece !== known)]);
});
draw(load());
