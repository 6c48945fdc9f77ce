// Streamlit calls this for every message; the element and its state stay the same.

const STATES = new WeakMap();
const NARROW = matchMedia("(max-width: 640px)"); // as the styles have it

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".hp");
  if (!root || !data) return undefined;
  withStyle(root);
  if (!STATES.has(root)) STATES.set(root, begin(newState(root)));
  receive(STATES.get(root), unpack(data));
  return () => end(root);
}

function begin(state) {
  const { root, node } = state;
  state.path = location.pathname;
  buildStage(state);
  buildFilm(state);
  Object.assign(node, { says: el("h1", { className: "sentence" }), caveat: el("p", { className: "caveat" }), note: el("p", { className: "small" }), sinks: el("div", { className: "sinks" }) });
  const left = el("div", { className: "seen" }, state.panes.stage, node.bar, state.panes.foot);
  root.replaceChildren(node.says, node.caveat, buildControls(state), node.note, el("div", { className: "beside" }, left, node.film));
  listen(state);
  return state;
}

function listen(state) {
  state.listening = new AbortController();
  const on = (target, kind, act) => target?.addEventListener(kind, act, { signal: state.listening.signal });
  on(window, "popstate", () => travelled(state));
  on(window.navigation, "currententrychange", (event) => addressWritten(state, event));
  on(EXCHANGE.arrived, "change", () => takePart(state));
  on(document, "fullscreenchange", () => showPresenting(state));
  on(NARROW, "change", () => state.view && lookAgain(state));
  on(document, "keydown", (event) => letGo(state, event));
}

function letGo(state, event) {
  if (event.key !== "Escape" || event.defaultPrevented || state.choice?.token[0] !== "c" || document.querySelector("[data-testid=stPopoverBody]")) return;
  clearMarks(state.panes);
}

function end(root) {
  const state = STATES.get(root);
  if (!state) return;
  state.listening.abort();
  leaveBeside(state);
  Object.values(state.timer).forEach(clearTimeout);
  dropPanes(state.panes);
  STATES.delete(root);
}

// Nothing of a message is shown before its photo is decoded.
async function receive(state, view) {
  const number = ++state.incoming, isNew = state.view?.id !== view.id;
  if (!isNew && JSON.stringify(state.view.look) === JSON.stringify(view.look)) return; // all of it stands, and the keyboard where it is
  const pixels = state.view?.photo === view.photo ? null : await decoded(view.blob[view.photo], view.shown);
  if (state.incoming !== number) return;
  state.palettes = unpackPalettes(view.colormaps, view.blob.tables);
  setLook(state.panes, lookOf(state, view));
  showView(state, view, pixels, isNew);
}

// On a narrow screen the overlay stands alone; the original is there while it is held.
function lookOf({ palettes }, { look }) {
  const shown = { ...look, view: NARROW.matches ? "overlay" : "side" };
  return { ...shown, key: JSON.stringify(shown), colours: palettes[look.colormap], diverging: palettes.diverging };
}

function lookAgain(state) {
  setLook(state.panes, lookOf(state, state.view));
  showChoice(state);
}

function showView(state, view, pixels, isNew) {
  const { node, panes } = state, former = state.view;
  if (isNew) {
    clearTimeout(state.timer.part);
    Object.assign(state, { parts: new Map(), shifts: new Map(), refused: new Map(), wanted: "", shown: null, cells: null });
    Object.assign(panes.marks, { pointer: null, pin: null });
  }
  state.view = view;
  if (!state.node.menu) buildTakeAwayOf(state, view);
  keepBlobs(state, view.blob);
  [node.says.textContent, node.caveat.textContent] = view.says;
  if (pixels) setImage(panes, { ...view, cells: [1, 1], shift: [0, 0], unit: "" }, pixels), resetZoom(panes), (state.cells = null);
  state.choice = soundChoice(view, choiceFor(state, former));
  describePanes(panes, view.alt, "What the chosen token looks at. Arrow keys walk over the patches, Enter keeps one.");
  state.root.toggleAttribute("data-empty", !chosenBlock(state));
  drawFilm(state);
  showChoice(state);
  writeChoice(state, "replaceState");
  state.root.dataset.shown = view.id;
}

// Of a new element, or after Back and Forward, what the address says; else what was chosen, as far as it means something
// in another image or model.
function choiceFor(state, former) {
  const { view, choice, address } = state, isByAddress = !former || address.isTravelled, [image, model] = former?.imageAndModel ?? [];
  address.isTravelled = false;
  if (isByAddress) return firstChoice(state);
  if (model !== view.imageAndModel[1]) return { show: choice.show, direction: choice.direction, hide: choice.hide };
  return image === view.imageAndModel[0] ? choice : { ...choice, token: "read" };
}
