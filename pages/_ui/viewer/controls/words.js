// What the panels show, in words: the sentence, the scale of the colours, the exact caption, and how to read it all.

function buildWords(state) {
  const { node } = state;
  node.sentence = el("p", { className: "sentence", role: "status" });
  node.caption = el("p", { className: "caption" });
  node.notes = el("div", { className: "notes" });
  node.howToRead = el("div", { className: "about" });
  node.whatItSaw = el("div", { className: "about saw" });
  return el("div", { className: "words" },
    node.sentence, node.scales, node.caption, node.notes,
    folded("How to read this", node.howToRead),
    folded("What the model saw", node.whatItSaw),
    folded("Keys", buildKeys(state)),
  );
}

const folded = (title, body) => el("details", {}, el("summary", { textContent: title }), body);

function drawWords(state) {
  const one = chosen(state);
  setText(state.node.sentence, one.sentence);
  setText(state.node.caption, one.caption);
  describePanes(state.panes, state.view.alt, one.sentence);
  drawBar(state);
  drawRemedies(state);
  drawPresented(state);
}

// A live region speaks when it changes; the same words again are no change.
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// From no evidence, or the most against the class, to the value of the last colour, with its unit.
function drawBar(state) {
  const { scale, isSigned } = state.panes.map, bar = state.node.legend;
  bar.hidden = !(scale > 0);
  if (bar.hidden) return;
  const ramp = el("span", { className: "ramp" });
  ramp.style.background = `linear-gradient(to right, ${rampOf(state.panes)})`;
  const largest = `${figures(scale)} ${state.view.unit}`, smallest = isSigned ? figures(-scale) : "0";
  bar.replaceChildren(el("span", { textContent: smallest }), ramp, el("span", { textContent: largest }));
  bar.setAttribute("aria-label", `Colour bar: from ${smallest} to ${largest}`);
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
  ["← →", "the next and the former prediction, in the list and while presenting"],
  ["Arrows on a panel", "move a pointer that reads values; with Shift they draw a box"],
  ["Enter, Esc on a panel", "keep a point; clear points and boxes"],
  ["Home, Esc while presenting", "back to the likeliest class; leave"],
];

function buildKeys(state) {
  const rows = KEYS.flatMap(([keys, what]) => [el("dt", { textContent: keys }), el("dd", { textContent: what })]);
  const box = el("input", { type: "checkbox", checked: hasDigitKeys() });
  box.onchange = () => {
    if (!keepDigitKeys(box.checked)) say(state, "This browser keeps no settings: the choice holds until the page is left.");
  };
  const label = el("label", { className: "switch" }, box, " Keys 1 to 9 choose predictions");
  return el("div", { className: "about" }, el("dl", {}, ...rows), label);
}
