// An element of pane sets alone: images and maps that the server sends, drawn and to be read. No classes, no address.

const ELEMENTS = new WeakMap(); // what stands in each root: its pane sets, and the number of its last message

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".hp");
  if (!root || !data) return undefined;
  withStyle(root);
  if (!ELEMENTS.has(root)) ELEMENTS.set(root, { sets: [], photos: new Map(), messages: 0 });
  drawSets(root, ELEMENTS.get(root), unpack(data));
  return () => ELEMENTS.get(root)?.sets.forEach(({ panes }) => dropPanes(panes));
}

// Nothing of a message is shown before all of its photos are decoded.
async function drawSets(root, element, message) {
  const number = ++element.messages, { photos } = element;
  const fresh = message.sets.filter(({ photo }) => !photos.has(photo));
  const pixels = await Promise.all(fresh.map(({ photo, shown }) => decoded(message.blob[photo], shown)));
  if (element.messages !== number) return;
  fresh.forEach(({ photo }, place) => photos.set(photo, pixels[place]));
  for (const photo of photos.keys()) if (!message.sets.some((set) => set.photo === photo)) photos.delete(photo);
  const palettes = unpackPalettes(message.colormaps, message.blob.tables);
  arrange(root, element, message.sets);
  message.sets.forEach((set, place) => drawSet(element.sets[place], set, { message, palettes, photos }));
  root.dataset.shown = message.id;
}

// As many pane sets of these panels as the message has; those that are there keep their marks.
function arrange(root, element, sets) {
  element.sets.splice(sets.length).forEach(({ panes }) => dropPanes(panes));
  sets.forEach(({ panels }, place) => {
    if (element.sets[place]?.panels === panels.join()) return;
    if (element.sets[place]) dropPanes(element.sets[place].panes);
    const panes = buildPanes(panels, { idle: "" }), title = el("figcaption", { className: "title" });
    const node = el("figure", { className: "set" }, title, panes.stage, panes.foot);
    panes.onZoom = () => zoomTogether(element, place);
    element.sets[place] = { panels: panels.join(), panes, title, node, photo: null };
  });
  root.replaceChildren(...element.sets.map(({ node }) => node));
}

// Sets of one image show the same part of it.
function zoomTogether({ sets }, place) {
  const { panes, photo } = sets[place];
  for (const other of sets) {
    if (other.panes === panes || other.photo !== photo) continue;
    other.panes.zoom = panes.zoom;
    layZoom(other.panes);
  }
}

function drawSet(entry, set, { message, palettes, photos }) {
  const { panes } = entry, isNew = entry.photo !== set.photo;
  entry.photo = set.photo;
  entry.title.textContent = set.title;
  entry.title.hidden = !set.title;
  setImage(panes, set, isNew ? photos.get(set.photo) : null);
  panes.map = { ...set.map, values: unpackMaps(set.cells, message.blob[set.map.blob])[0] };
  setLook(panes, { ...set.look, colours: palettes[set.look.colormap], diverging: palettes.diverging });
  describePanes(panes, set.alt, set.title);
  if (isNew) clearMarks(panes), resetZoom(panes);
  else read(panes);
  paint(panes);
}
