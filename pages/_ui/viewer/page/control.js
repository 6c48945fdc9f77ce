// Keys, history and address belong to the page, not to an element: they stand once, while a viewer is on the page. Of
// several viewers the first one has them; when it leaves, the next one.

const VIEWERS = [];
let listening = null; // ends every listener of the page

const isInControl = (state) => VIEWERS[0] === state && location.pathname === OWN.viewersPath; // else the page is left

function enterPage(state) {
  VIEWERS.push(state);
  Object.assign(OWN, { viewers: VIEWERS.length, viewersPath: location.pathname });
  if (VIEWERS.length === 1) listen();
}

function leavePage(state) {
  const wasInControl = isInControl(state);
  VIEWERS.splice(VIEWERS.indexOf(state), 1);
  OWN.viewers = VIEWERS.length;
  if (!VIEWERS.length) listening.abort(), sayWhatIsShown("");
  else if (wasInControl) addressWritten(VIEWERS[0]);
}

function listen() {
  listening = new AbortController();
  const { signal } = listening, on = (target, kind, act) => target.addEventListener(kind, act, { signal });
  on(document, "keydown", (event) => digitKey(VIEWERS[0], event));
  on(document, "keydown", (event) => VIEWERS.forEach((state) => escapeKey(state, event)));
  on(document, "pointerdown", (event) => VIEWERS.forEach((state) => closeOutside(state, event)));
  on(document, "pointermove", (event) => VIEWERS.forEach((state) => leaveUnseen(state, event)));
  on(document.documentElement, "pointerleave", (event) => VIEWERS.forEach((state) => leaveUnseen(state, event)));
  on(window, "blur", (event) => VIEWERS.forEach((state) => leaveUnseen(state, event)));
  on(KNOWN.changed, "change", () => VIEWERS.forEach(drawVerdicts));
  on(document, "fullscreenchange", () => VIEWERS.forEach(leaveWithScreen));
  on(window, "popstate", () => isInControl(VIEWERS[0]) && travelled(VIEWERS[0]));
  if (window.navigation) on(window.navigation, "currententrychange", (event) => addressChanged(VIEWERS[0], event));
  else {
    const timer = setInterval(() => addressWritten(VIEWERS[0]), 500);
    signal.addEventListener("abort", () => clearInterval(timer));
  }
}

// A pointer may leave a panel without a word: with the window, or because the panel goes from under it.
function leaveUnseen({ panes }, event) {
  if (panes?.isHovered && !panes.press && !event.composedPath().includes(panes.stage)) leavePanel(panes);
}

function closeOutside(state, event) {
  const { menu, looks, lookButton } = state.node, path = event.composedPath();
  if (menu.open && !path.includes(menu)) menu.open = false;
  if (isNarrow() && !looks.hidden && !path.includes(looks) && !path.includes(lookButton)) showLooks(state, false);
}
