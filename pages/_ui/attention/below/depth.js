// The table and the chart of all blocks; what is chosen on the stage is marked in both.

const BESIDE = (globalThis[Symbol.for("heatproof.attention_choice")] ??= { view: "", block: -1, head: 0, choose: null, changed: new EventTarget() });
const DEPTHS = new WeakMap(); // by root: the message on screen, and nodes

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".depth");
  if (!root || !data) return undefined;
  const depth = DEPTHS.get(root) ?? { root, message: "" }, message = JSON.stringify(data);
  DEPTHS.set(root, depth);
  if (depth.message !== message) build(depth, data);
  depth.message = message;
  depth.listening ??= listen(depth);
  mark(depth);
  return () => end(depth);
}

function build(depth, data) {
  Object.assign(depth, { id: data.id, rows: [], dots: [], meant: null });
  const part = (told, isThere, make) => el("section", {}, ...(isThere ? make(depth, told) : opening(told.title, told.says)));
  depth.root.replaceChildren(el("div", { className: "parts" },
    part(data.lens, data.lens.rows.length, buildLens), part(data.heads, data.heads.dots.length, buildChart)));
  if (depth.dots.length) listenToDots(depth);
  depth.root.dataset.shown = data.id;
}

function listen(depth) {
  const listening = new AbortController();
  BESIDE.changed.addEventListener("change", () => mark(depth), { signal: listening.signal });
  return listening;
}

function end(depth) {
  depth.listening?.abort();
  depth.listening = null;
}

function mark(depth) {
  const isSame = BESIDE.view === depth.id;
  markRows(depth, isSame ? BESIDE.block : -1);
  if (depth.dots.length) markDots(depth, isSame ? BESIDE.block : -1, BESIDE.head);
}

const opening = (title, says) => [el("h2", { textContent: title }), ...says.map((textContent, place) => el("p", { className: place ? "quiet" : "", textContent }))];
