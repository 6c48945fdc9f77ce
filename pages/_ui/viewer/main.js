// Streamlit calls this for every message; the element and its state stay the same, and so does the person's look.

const STATES = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".hp");
  if (!root || !data) return undefined;
  let s = STATES.get(root);
  if (!s) STATES.set(root, (s = build(root)));
  s.tell = setStateValue;
  receive(s, unpack(data));
  return () => leave(s);
}

function build(root) {
  const s = { root, split: 50, listening: new AbortController(), palettes: {}, hasDigitKeys: wantsDigitKeys() };
  const stage = buildStage(s);
  buildTools(s);
  root.replaceChildren(buildClasses(s), s.tools, s.notice, stage, buildProbe(s), buildWords(s), buildPresenting(s));
  watchAddress(s);
  document.addEventListener("keydown", (event) => digitKey(s, event), { signal: s.listening.signal });
  document.addEventListener("pointerdown", (event) => closeOutside(s, event), { signal: s.listening.signal });
  document.addEventListener("fullscreenchange", () => leaveWithScreen(s), { signal: s.listening.signal });
  return s;
}

function wantsDigitKeys() {
  try {
    return localStorage.getItem("heatproof-digit-keys") !== "off";
  } catch {
    return true;
  }
}

function closeOutside(s, event) {
  if (s.menu.open && !event.composedPath().includes(s.menu)) s.menu.open = false;
}

// Nothing of a message is shown before all of it can be: the photo is decoded first.
async function receive(s, view) {
  if (view.reply) takeReply(s, view.reply, view.blob.reply);
  if (s.view?.id === view.id || s.coming === view.id) return;
  s.coming = view.id;
  const pixels = s.view?.photo === view.photo ? null : await decoded(view);
  if (s.coming !== view.id) return;
  s.coming = null;
  commit(s, view, pixels);
}

async function decoded(view) {
  const [width, height] = view.shown;
  const file = new Blob([view.blob.photo], { type: "image/webp" });
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, width, height);
}

function commit(s, view, pixels) {
  const former = s.view, address = addressNow();
  s.view = view;
  s.grid = gridOf(view);
  if (!former) start(s, address);
  const isSame = former && former.owner.join("\n") === view.owner.join("\n");
  const wanted = isSame ? s.pending?.index : undefined;
  const index = isSame ? (s.view.cams.has(wanted) ? wanted : s.index) : isAbout(view, address) ? classIn(address) : null;
  s.index = view.cams.has(index) ? index : view.classes[0].index;
  if (pixels) fitStage(s, pixels);
  if (!former || former.photo !== view.photo) clearMarks(s);
  drawAll(s);
  if (wanted !== undefined && wanted === s.index) settle(s), pushClass(s);
  else if (index !== null && index !== s.index && index < view.labels.length) ask(s, index);
  else settle(s);
  if (former) addressWritten(s);
}

// The first view: what does not change any more, and the look that the link asks for.
function start(s, address) {
  const tables = s.view.blob.tables;
  s.view.colormaps.forEach(({ slug }, place) => (s.palettes[slug] = palette(tables.subarray(place * 768, (place + 1) * 768))));
  s.look = lookOf(address, s.view.colormaps);
  fillTools(s);
}

function drawAll(s) {
  s.search.input.placeholder = `Search all ${s.view.labels.length.toLocaleString("en")} classes`;
  s.linkNote.textContent = s.view.linkNote;
  drawList(s);
  drawAbout(s);
  drawWords(s);
  read(s);
  s.painted = null;
  s.steps.fill(UNSEEN);
  paint(s);
  followCode(s);
}

function leave(s) {
  s.listening.abort();
  clearTimeout(s.timer);
  clearTimeout(s.wantedTimer);
  clearTimeout(s.codeTimer);
  cancelAnimationFrame(s.frame);
  URL.revokeObjectURL(s.inputAddress);
  STATES.delete(s.root);
}
