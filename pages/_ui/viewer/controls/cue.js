// What can be done here? One cue on a first visit, under the class that it speaks of. A choice ends it; its place stays,
// so that nothing moves.

const CUE_SHOWN = "heatproof.cue";

function buildCue() {
  return el("p", { className: "cue", hidden: true });
}

// Once in the life of a browser; one that keeps nothing shows it on every visit.
function showCue(state) {
  const { node } = state;
  if (!isMoved(state) || isStored(CUE_SHOWN)) return;
  const isTouch = IS_TOUCH || !hasDigitKeys();
  node.cue.textContent = `${isTouch ? "Tap the second class," : "Press 2,"} and watch the ${state.view.noun} move.`;
  node.cue.hidden = false;
}

// Whether the second class shows another map: not where it is chosen already, where one of the two maps shows nothing, or
// where the method knows no classes.
function isMoved(state) {
  const { view, look, index } = state, second = view.classes[1];
  if (look.k < 2 || !second?.listed || second.index === index || second.note || chosen(state).note) return false;
  const [here, there] = [index, second.index].map((one) => view.cams.get(one));
  return there?.some((value, cell) => value !== here[cell]) ?? false;
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
