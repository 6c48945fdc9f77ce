// What can be done here? One cue on a first visit, under the class that it speaks of. A choice ends it; its place stays,
// so that nothing moves.

const CUE_SHOWN = "heatproof.cue";

function buildCue() {
  return el("p", { className: "cue", hidden: true });
}

// Once in the life of a browser; one that keeps nothing shows it on every visit.
function showCue({ node, view, look }) {
  if (Math.min(view.classes.length, look.k) < 2 || isStored(CUE_SHOWN)) return;
  const isTouch = IS_TOUCH || !hasDigitKeys();
  node.cue.textContent = `${isTouch ? "Tap the second class," : "Press 2,"} and watch the evidence move.`;
  node.cue.hidden = false;
}

function hideCue({ node }) {
  node.cue.dataset.over = "";
}

// Whether this was said before; from now on it is.
function isStored(name) {
  try {
    const was = localStorage.getItem(name) !== null;
    localStorage.setItem(name, "yes");
    return was;
  } catch {
    return false;
  }
}
