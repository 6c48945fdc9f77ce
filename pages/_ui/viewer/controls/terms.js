// Words of the field, explained in one sentence where they stand: underlined with dots, to be pointed at, tapped, or
// opened with Enter. Screen readers hear the sentence with the word.

const TERMS = {
  evidence: "What in the picture raised the network's score for this class, as the method finds it.",
  logit: "The network's raw score for a class, from which its probability is made: the larger, the surer.",
  layer: "The place inside the network where the map is read. Late layers know whole things, but only roughly where.",
  class: "One of the things that this network tells apart; it is counted from 0.",
};
const TERM = new RegExp(`\\b(${Object.keys(TERMS).join("|")})\\b`);

function buildTerms(state) {
  const { node } = state;
  node.explained = el("p", { className: "explained", popover: "auto" });
  const heard = Object.entries(TERMS).map(([word, textContent]) => el("span", { id: `${state.name}-term-${word}`, textContent }));
  return el("div", {}, node.explained, el("div", { hidden: true }, ...heard));
}

// A text as nodes, of which the first of each of these words explains itself.
function withTerms(state, text, known = new Set()) {
  const nodes = [];
  for (let found = TERM.exec(text); found; found = TERM.exec(text)) {
    const [word] = found;
    nodes.push(text.slice(0, found.index), known.has(word) ? word : term(state, word));
    known.add(word);
    text = text.slice(found.index + word.length);
  }
  return [...nodes, text];
}

function term(state, word, textContent = word) {
  const button = el("button", { type: "button", className: "term", textContent, "aria-describedby": `${state.name}-term-${word}` });
  button.onclick = () => explain(state, button, word);
  button.onpointerenter = ({ pointerType }) => pointerType === "mouse" && explain(state, button, word);
  button.onpointerleave = ({ pointerType }) => pointerType === "mouse" && state.node.explained.hidePopover();
  return button;
}

// Under the word, or over it where there is no room.
function explain({ node: { explained } }, button, word) {
  explained.textContent = TERMS[word];
  explained.showPopover();
  const at = button.getBoundingClientRect(), own = explained.getBoundingClientRect();
  explained.style.left = `${clamp(at.left, 8, Math.max(8, innerWidth - own.width - 8))}px`;
  explained.style.top = `${at.bottom + own.height + 8 < innerHeight ? at.bottom + 6 : at.top - own.height - 6}px`;
}
