// The card of one class of one view: its verdict, three lines, and how it was judged. Where a viewer stands above it, it
// follows what is on screen there: the card of another class or view is never seen under it. A card that is not here yet
// is awaited.

const CARDS = new WeakMap(); // by root: the last message, what is drawn, nodes, and what ends listening
const SHOWN = (globalThis[Symbol.for("heatproof.shown")] ??= { of: "", changed: new EventTarget() });

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".trust");
  if (!root || !data) return undefined;
  if (!CARDS.has(root)) CARDS.set(root, begin(root));
  CARDS.get(root).message = data;
  keepCards(data);
  return () => {
    CARDS.get(root)?.listening.abort();
    CARDS.delete(root);
  };
}

function begin(root) {
  const listening = new AbortController(), { signal } = listening;
  const status = el("p", { className: "heard", role: "status" }), body = el("section", { className: "body", "aria-label": "Does this heatmap deserve belief?" });
  root.replaceChildren(status, body);
  const card = { root, status, body, listening, message: null, drawn: "" };
  for (const { changed } of [SHOWN, KNOWN]) changed.addEventListener("change", () => card.message && draw(card), { signal });
  return card;
}

// Drawn anew only where something changed: what was unfolded stays so, and a status is not said twice.
function draw(card) {
  const { message, root, status, body } = card, of = SHOWN.of || `${message.question} ${message.index}`, one = KNOWN.cards.get(of);
  const text = JSON.stringify([of, one ?? message.awaited]);
  if (card.drawn === text) return;
  card.drawn = text;
  root.dataset.of = one ? of : "";
  root.dataset.verdict = one?.verdict ?? "awaited";
  const unfolded = [...body.querySelectorAll("details[open]")].map(({ className }) => className);
  body.replaceChildren(...(one ? buildCard(one, unfolded) : [buildAwaited(message)]));
  if (one && !one.isProvisional && status.textContent !== one.heard) status.textContent = one.heard;
}

const buildAwaited = ({ awaited }) => el("p", { className: "awaited" }, buildGlyph("awaited"), awaited);

function buildCard(one, unfolded) {
  const words = el("div", {}, el("h2", { textContent: one.title }), el("p", { className: "meaning", textContent: one.meaning }));
  const lines = el("ol", { className: "lines" }, ...one.lines.map((textContent) => el("li", { textContent })));
  const because = one.because.map((textContent) => el("p", { className: "because", textContent }));
  if (one.against) because.unshift(el("p", { className: "against", textContent: one.against }));
  const middle = el("div", { className: "middle" }, ...because, lines);
  if (one.note) middle.append(el("p", { className: "note", textContent: one.note }));
  const parts = [el("div", { className: "verdict" }, buildGlyph(one.verdict), words), middle];
  if (one.bars.length) parts.push(buildBars(one.bars));
  const top = el("div", { className: "top" }, ...parts);
  const folds = [fold("judged", "How this was judged", buildRule(one), unfolded)];
  if (one.numbers.length) folds.push(fold("numbers", "Numbers", buildNumbers(one), unfolded));
  return [top, el("div", { className: "folds" }, ...folds)];
}

// How likely the class is to the network with parts hidden: the sentence as a picture.
function buildBars(bars) {
  const row = ({ label, value, share }) => {
    const bar = el("span", { className: "bar" });
    bar.style.setProperty("--share", share);
    return el("div", { className: "row" }, el("dt", { textContent: label }), el("dd", {}, bar, el("span", { className: "value", textContent: value })));
  };
  return el("dl", { className: "bars" }, ...bars.map(row));
}

const fold = (name, title, body, unfolded) =>
  el("details", { className: name, open: unfolded.includes(name) }, el("summary", { textContent: title }), body);

const buildRule = ({ rule }) => el("div", { className: "text" }, ...rule.map((textContent) => el("p", { textContent })));

function buildNumbers({ columns, numbers, foot }) {
  const head = el("tr", {}, ...columns.map((textContent) => el("th", { scope: "col", textContent })));
  const rows = numbers.map(([name, ...values]) =>
    el("tr", {}, el("th", { scope: "row", textContent: name }), ...values.map((textContent) => el("td", { textContent, colSpan: values.length === 1 ? columns.length - 1 : 1 }))));
  return el("div", { className: "scroll", tabIndex: 0, role: "group", "aria-label": "Numbers" },
    el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows)), el("p", { textContent: foot }));
}

/* glyphs: told apart by their shape, whatever the colour */

const GLYPHS = {
  supported: [["path", { d: "M12 2.2 20 5v6.2c0 5-3.4 8.8-8 10.6-4.6-1.8-8-5.6-8-10.6V5z" }], ["path", { d: "m8 12 3 3 5.2-6" }]],
  mixed: [["circle", { cx: 12, cy: 12, r: 9.5 }], ["path", { d: "M12 2.5a9.5 9.5 0 0 0 0 19z", class: "full" }]],
  "not supported": [["path", { d: "M8 2.5h8l5.5 5.5v8L16 21.500H8L2.500 16V8z" }], ["path", { d: "m8.500 8.500 7 7m0-7-7 7" }]],
  "cannot tell": [["circle", { cx: 12, cy: 12, r: 9.5, "stroke-dasharray": "3.2 2.4" }], ["path", { d: "M9.300 9.600a2.800 2.800 0 1 1 4 2.500c-.9.4-1.300 1-1.300 2M12 17.200v.1" }]],
  provisional: [["circle", { cx: 12, cy: 12, r: 9.5, "stroke-dasharray": "1 3.3" }], ["path", { d: "M7.5 12v.1m4.500-.1v.1m4.500-.1v.1", class: "dots" }]],
  awaited: [["circle", { cx: 12, cy: 12, r: 9.5, class: "track" }], ["path", { d: "M12 2.500a9.500 9.500 0 0 1 9.500 9.500", class: "turning" }]],
};

function buildGlyph(verdict) {
  const make = (tag, attributes) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
  };
  const glyph = make("svg", { viewBox: "0 0 24 24", class: "glyph", "aria-hidden": "true" });
  glyph.append(...GLYPHS[verdict].map(([tag, attributes]) => make(tag, attributes)));
  return glyph;
}
