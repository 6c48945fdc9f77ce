// What the panels show, in words: the sentence, the scale of the colours, the exact caption, and how to read it all.

function buildWords(s) {
  s.said = {
    sentence: el("p", { className: "sentence", role: "status" }),
    caption: el("p", { className: "caption" }),
    notes: el("div", { className: "notes" }),
    how: el("div", { className: "about" }),
    saw: el("div", { className: "about saw" }),
  };
  const { sentence, caption, notes, how, saw } = s.said;
  return el("div", { className: "words" },
    sentence, s.scales, caption, notes,
    folded("How to read this", how),
    folded("What the model saw", saw),
    folded("Keys", buildKeys(s)),
  );
}

const folded = (title, body) => el("details", {}, el("summary", { textContent: title }), body);

function drawWords(s) {
  const one = chosen(s);
  setText(s.said.sentence, one.sentence);
  setText(s.said.caption, one.caption);
  for (const [name, { frame }] of Object.entries(s.pane)) {
    const about = name === "original" ? s.view.alt : one.sentence;
    frame.setAttribute("aria-label", `${PANES[name]}. ${about}`);
  }
  drawBar(s);
  drawPresented(s);
}

// A live region speaks when it changes; the same words again are no change.
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// From no evidence to the value of the last colour, with its unit; a mark where the colours begin.
function drawBar(s) {
  const one = chosen(s), scale = scaleOf(s, one), bar = s.legend;
  bar.hidden = !(scale > 0);
  if (bar.hidden) return;
  const colours = s.palettes[s.look.colormap];
  const stops = Array.from({ length: 25 }, (_, i) => {
    const colour = colours[i * (STEPS / 24)];
    return `rgb(${colour & 255} ${(colour >>> 8) & 255} ${(colour >>> 16) & 255})`;
  });
  const ramp = el("span", { className: "ramp" });
  ramp.style.background = `linear-gradient(to right, ${stops.join()})`;
  ramp.style.setProperty("--cut", `${s.look.threshold}%`);
  const largest = `${figures(scale)} ${s.view.unit}`;
  bar.replaceChildren(el("span", { textContent: "0" }), ramp, el("span", { textContent: largest }));
  bar.setAttribute("aria-label", `Colour bar: from 0 to ${largest}`);
}

// What belongs to the view and to no class.
function drawAbout(s) {
  const { view, said } = s;
  said.notes.replaceChildren(...view.notes.map((textContent) => el("p", { textContent })));
  said.how.replaceChildren(...view.how.map((textContent) => el("p", { textContent })));
  const input = el("img", { alt: view.saw.alt, width: view.saw.size[0], height: view.saw.size[1] });
  URL.revokeObjectURL(s.inputAddress);
  input.src = s.inputAddress = URL.createObjectURL(new Blob([view.blob.input], { type: "image/webp" }));
  said.saw.replaceChildren(input, el("div", {}, ...view.saw.sentences.map((textContent) => el("p", { textContent }))));
}

const KEYS = [
  ["1 … 9", "choose a prediction, anywhere on the page"],
  ["← →", "the next and the former prediction, in the list and while presenting"],
  ["Arrows on a panel", "move a pointer that reads values; with Shift they draw a box"],
  ["Enter, Esc on a panel", "keep a point; clear points and boxes"],
  ["Home, Esc while presenting", "back to the likeliest class; leave"],
];

function buildKeys(s) {
  const rows = KEYS.flatMap(([keys, what]) => [el("dt", { textContent: keys }), el("dd", { textContent: what })]);
  const box = el("input", { type: "checkbox", checked: s.hasDigitKeys });
  box.onchange = () => {
    s.hasDigitKeys = box.checked;
    try {
      localStorage.setItem("heatproof-digit-keys", box.checked ? "on" : "off");
    } catch {
      s.notice.textContent = "This browser keeps no settings: the choice holds until the page is left.";
    }
  };
  const label = el("label", { className: "switch" }, box, " Keys 1 to 9 choose predictions");
  return el("div", { className: "about" }, el("dl", {}, ...rows), label);
}
