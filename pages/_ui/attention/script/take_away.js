// What is taken away of the map on the stage: whose it is, of which block, and what is left out; `onScreen` as
// controls/take_away.js wants it.

const FILES = (globalThis[Symbol.for("heatproof.attention_files")] ??= { ask: null, message: null, arrived: new EventTarget() });

// The menu takes its place once the first message says what there is.
function buildTakeAwayOf(state, { formats, linkNote }) {
  state.registry = { formats };
  state.send = (_, value) => isPageLeft() || FILES.ask?.(value);
  state.node.taking.replaceWith(buildTakeAway(state));
  state.root.append(state.node.notice);
  state.node.linkNote.textContent = linkNote;
  FILES.arrived.addEventListener("change", () => takeFile(state), { signal: state.listening.signal });
}

// What is drawn now, as the server is to draw it; null where nothing is.
function onScreen(state) {
  const { shown, choice, view } = state;
  if (!shown) return null;
  const { show, block, head, direction } = choice, scale = SHOWS[show].isOfCells && !shown.colours ? shown.scale : null;
  return { view: view.id, choice: { show, block, head, direction, token: tokenKept(state), hidden: hiddenCells(state) }, look: { ...lookNow(state), scale } };
}

// Whatever the pointer stands on: a file is of what is kept.
function tokenKept({ choice: { show, token }, cells }) {
  return token === "read" && SHOWS[show].isOfCells ? `c${middleCell(cells)}` : token;
}

const hiddenCells = (state) => (isHiding(state) ? [...knownSinks(state)].flatMap((isSink, cell) => (isSink ? [cell] : [])) : null);

function lookNow({ view: { look } }) {
  const { colormap, overlay, opacity, threshold, contour } = look;
  return { colormap, overlay, opacity, threshold, contour };
}

// Where there is no map there is nothing to take away.
function takeAwayFollows(state) {
  if (!state.node.menu) return;
  state.node.menu.hidden = !state.shown && !state.wanted;
  followCode(state);
}

function takeFile(state) {
  if (!FILES.message || !state.view) return;
  const answer = unpack(FILES.message);
  takeReply(state, answer, answer.blob.file);
}

// What is written on a picture that is copied, and beside its colours.
function pictureWords(state) {
  return { title: sentenceOf(state, null), caption: [state.view.name, "Heatproof"].join(" · ") };
}

function legendEnds({ node: { bar } }) {
  const [low, , high] = bar.children;
  return [low.textContent, high.textContent];
}
