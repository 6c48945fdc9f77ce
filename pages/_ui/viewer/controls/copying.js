// Copying, also where a browser lets no page do it by itself, as on a page that came over plain http: what was to be
// copied then stands there, selected, with a word on what to do.

const WHY = () => (isSecureContext ? "This browser did not let the page copy." : "Over plain http a browser lets no page copy (https can).");

async function copyText(state, text, done) {
  if (text === UNWRITTEN) return say(state, "These lines are just being written. Copy them in a moment.");
  hideByHand(state);
  try {
    await navigator.clipboard.writeText(text);
    say(state, done);
  } catch {
    copyByHand(state, text, done);
  }
}

// There is an older way to copy, which needs no https; it may fail without a word, so that the text stands there too.
function copyByHand(state, text, done) {
  const field = el("textarea", { readOnly: true, value: text, rows: Math.min(6, text.split("\n").length + 1), "aria-label": "To copy" });
  const words = showByHand(state, field);
  field.focus();
  field.select();
  const isCopied = document.execCommand("copy");
  words.textContent = `${isCopied ? "Copied. If it can't be pasted, copy it here" : `${WHY()} It is selected here`}: press Ctrl+C, or hold it and choose Copy.`;
  say(state, isCopied ? done : "Copy it where it is selected.");
}

// A picture has no older way: the browser's own menu does it.
function copyPictureByHand(state, canvas) {
  const picture = el("img", { src: canvas.toDataURL("image/png"), alt: "The picture to copy" });
  showByHand(state, picture).textContent = `${WHY()} Right-click the picture here, or hold it, and choose Copy; or download it below.`;
  say(state, "Copy the picture where it is shown.");
}

// Show it at the top of the menu, and give the paragraph for what to do with it.
function showByHand(state, node) {
  hideByHand(state);
  const words = el("p", { className: "small" });
  state.node.byHand = el("div", { className: "by-hand" }, words, node);
  state.node.menu.lastChild.prepend(state.node.byHand);
  state.node.byHand.scrollIntoView({ block: "nearest" });
  return words;
}

function hideByHand({ node }) {
  node.byHand?.remove();
}
