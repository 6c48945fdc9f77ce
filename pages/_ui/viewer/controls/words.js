// What the panels show, in words: the sentence above them, the scale of the colours, the exact caption, and how to read
// it all. The sentences are the server's (gradcam_core/sentences.py): nothing is worded twice.

function buildSaying(state) {
  const { node } = state;
  node.sentence = el("p", { className: "sentence", role: "status" });
  node.reserve = el("div", { className: "reserve", "aria-hidden": "true" });
  return el("div", { className: "saying" }, node.sentence, node.reserve);
}

function buildWords(state) {
  const { node } = state;
  node.caption = el("p", { className: "caption" });
  node.notes = el("div", { className: "notes" });
  node.howToRead = el("div", { className: "about" });
  node.whatItSaw = el("div", { className: "about saw" });
  return el("div", { className: "words" },
    node.caption, node.notes,
    folded("How to read this", node.howToRead),
    folded("What the model saw", node.whatItSaw),
    folded(IS_TOUCH ? "Fingers and keys" : "Keys", buildKeys(state)),
  );
}

const folded = (title, body) => el("details", {}, el("summary", { textContent: title }), body);

function drawWords(state) {
  const one = chosen(state), { sentence, caption } = state.node;
  if (sentence.textContent !== one.sentence) sentence.replaceChildren(...saying(state, one)); // a live region speaks when it changes
  if (caption.textContent !== one.caption) caption.replaceChildren(one.label, ...withTerms(state, one.caption.slice(one.label.length)));
  describePanes(state.panes, state.view.alt, one.sentence);
  drawBar(state);
  drawRemedies(state);
  drawPresented(state);
}

const saying = (state, one) => [...openingOf(one), ...withTerms(state, one.sentence.slice(one.opening.length))];

// What the network says of the class, its label marked.
function openingOf({ opening, short }) {
  const at = opening.indexOf(short, "It says ".length);
  return [opening.slice(0, at), el("strong", { textContent: short }), opening.slice(at + short.length)];
}

// Room for the longest sentence of the classes whose maps are here, so that no choice among them moves the page.
function reserveSentences(state) {
  const sentences = state.view.classes.map(({ sentence = "" }) => el("p", { className: "sentence", textContent: sentence }));
  state.node.reserve.replaceChildren(...sentences);
}

// From nothing, or the most against the class, to the value of the last colour, with its unit.
function drawBar(state) {
  const bar = state.node.legend, { look, panes } = state, [low, high] = legendEnds(state);
  bar.toggleAttribute("data-empty", !(panes.map.scale > 0)); // it keeps its place
  const [first, ramp, last] = bar.children, of = JSON.stringify([coreLook(state), look.view, panes.map.isSigned]);
  first.textContent = low;
  last.textContent = high;
  if (ramp.dataset.of !== of) ramp.style.background = `linear-gradient(to right, ${rampOf(panes).join()})`;
  ramp.dataset.of = of;
  bar.setAttribute("aria-label", `Colour bar: from ${low} to ${high}`);
}

// What the first and the last of the colours mean. Where the overlay stands alone it may have none of the heatmap's.
function legendEnds({ look, panes, view, registry }) {
  const largest = `${figures(panes.map.scale)} ${view.unit}`, whose = !view.isOfClass ? "every class's" : look.scale === "shared" ? "shared" : "this class's most";
  const endsOf = (wanted) => registry.look.find(({ name }) => name === wanted).choices.find(({ value }) => value === look[wanted]).ends ?? ["", ""];
  const ofColours = panes.map.isSigned ? ["Blue", "red"] : endsOf("colormap"), alone = look.view === "side" ? ["", ""] : endsOf("overlay");
  const most = alone[1] || ofColours[1];
  if (panes.map.isSigned) return [`${ofColours[0]}: ${figures(-panes.map.scale)} against`, `${most}: ${largest} for (${whose})`];
  return [`${alone[0] || ofColours[0]}: no ${view.noun}`, `${most}: ${largest} (${whose})`];
}

// What belongs to the view and to no class.
function drawAbout(state) {
  const { view, node } = state;
  node.linkNote.textContent = view.linkNote;
  node.notes.replaceChildren(...view.notes.map((textContent) => el("p", { textContent })));
  node.howToRead.replaceChildren(...view.how.map((textContent) => el("p", { textContent })));
  const input = el("img", { alt: view.saw.alt, width: view.saw.size[0], height: view.saw.size[1] });
  URL.revokeObjectURL(state.inputAddress);
  input.src = state.inputAddress = URL.createObjectURL(new Blob([view.blob.input], { type: "image/webp" }));
  node.whatItSaw.replaceChildren(input, el("div", {}, ...view.saw.sentences.map((textContent) => el("p", { textContent }))));
}

const KEYS = [
  ["1 … 9", "choose a prediction, anywhere on the page"],
  ["← →", "the next and the former prediction in the list; while presenting the next and the former picture"],
  ["Arrows on a panel", "move a pointer that reads values; with Shift they draw a box"],
  ["Enter on a panel", "keep a point, or take it back"],
  ["Esc", "take back the kept point or box"],
  ["+ − 0 on a panel and while presenting", "zoom in, out, and back to the whole image; so does the wheel with Ctrl"],
  ["↑ ↓, Home while presenting", "the former and the next class; the likeliest"],
  ["v, o, Esc while presenting", "the next view; the original while the key is held; leave"],
];

const GESTURES = [
  ["Tap a panel", "keep a point and read its value"],
  ["Drag across a panel", "draw a box, or move the swipe"],
  ["Tap a dotted word", "what it means"],
];

function buildKeys(state) {
  const rows = [...(IS_TOUCH ? GESTURES : []), ...KEYS].flatMap(([keys, what]) => [el("dt", { textContent: keys }), el("dd", { textContent: what })]);
  const box = el("input", { type: "checkbox", checked: hasDigitKeys() });
  box.onchange = () => {
    if (!keepDigitKeys(box.checked)) say(state, "This browser keeps no settings: the choice holds until the page is left.");
  };
  const label = el("label", { className: "switch" }, box, " Keys 1 to 9 choose predictions");
  return el("div", { className: "about" }, el("dl", {}, ...rows), label);
}
