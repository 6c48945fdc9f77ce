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

// Nothing of a message is shown before all of it can be: the photo is decoded first, and a class that a person has
// chosen is waited for while the former result stays.
async function receive(s, view) {
  s.told = view.address;
  reconcileSoon(s);
  if (view.reply) takeReply(s, view.reply, view.blob.reply);
  if (s.coming === view.id) return;
  s.coming = null;
  if (s.view?.id === view.id) return dropWaiting(s);
  s.coming = view.id;
  const pixels = s.view?.photo === view.photo ? null : await decoded(view);
  if (s.coming !== view.id) return;
  s.coming = null;
  s.waiting = { view, pixels };
  showWaiting(s);
}

// Show the view that has come, if the class that is wanted came along; else ask for it first.
function showWaiting(s) {
  const { view, pixels } = s.waiting, index = indexFor(s, view);
  if (!view.cams.has(index)) return ask(s, index, { owner: view.owner });
  const wasAsked = s.pending && s.pending.index === index && !s.pending.isTravel;
  s.waiting = null;
  commit(s, view, pixels, index);
  settle(s);
  if (wasAsked) pushClass(s);
  else if (s.isShown) addressWritten(s);
  s.isShown = true;
}

function dropWaiting(s) {
  const wanted = s.pending;
  s.waiting = null;
  if (!wanted || !s.view.cams.has(wanted.index)) return;
  settle(s);
  if (wanted.index !== s.index) select(s, wanted.index);
  if (!wanted.isTravel) pushClass(s);
}

// The class to show of a view: what is asked for, else what is on screen, else what the address says, else the likeliest.
function indexFor(s, view) {
  const isSame = s.view && s.view.owner.join("\n") === view.owner.join("\n"), likeliest = view.classes[0].index;
  if (isSame) return s.pending?.index ?? s.index;
  const told = isAbout(view, addressNow()) ? classIn(addressNow()) : null;
  return view.cams.has(told) ? told : likeliest;
}

async function decoded(view) {
  const [width, height] = view.shown;
  const file = new Blob([view.blob.photo], { type: "image/webp" });
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, width, height);
}

function commit(s, view, pixels, index) {
  const former = s.view;
  s.view = view;
  s.index = index;
  s.grid = gridOf(view);
  if (!former) start(s, addressNow());
  if (pixels) fitStage(s, pixels);
  if (!former || former.photo !== view.photo) clearMarks(s);
  if (!former || former.labels.join("\n") !== view.labels.join("\n")) clearSearch(s);
  drawAll(s);
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
  s.tool.scale.input.lastChild.textContent = `Shared by the ${s.view.sharedBy} likeliest`;
  drawList(s);
  drawAbout(s);
  drawWords(s);
  read(s);
  s.steps.fill(UNSEEN);
  paint(s);
  followCode(s);
}

function leave(s) {
  s.listening.abort();
  clearTimeout(s.timer);
  clearTimeout(s.wantedTimer);
  clearTimeout(s.codeTimer);
  clearTimeout(s.quiet);
  clearTimeout(s.noticeTimer);
  cancelAnimationFrame(s.frame);
  URL.revokeObjectURL(s.inputAddress);
  STATES.delete(s.root);
}
