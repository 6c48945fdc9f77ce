// What can be done here? One cue on a first visit, over the page so that it moves nothing; a choice ends it.

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
  node.cue.hidden = true;
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
