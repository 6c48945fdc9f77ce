// A pane set: an image, one map over it, and what is read from them, as panels of one size. It is given all it draws,
// stands any number of times in a document, and is as wide as its place.

const PANES = { original: "Original", heatmap: "Heatmap", overlay: "Overlay" };

const TINY = 64; // pixels: an image of at most so many is shown in squares, for smoothed its edges smear over several cells

// Everything that a pane set knows.
function newPaneSet() {
  return {
    stage: null, // the node that holds the panels
    readout: null, // the node that says what the pointer and the marks stand on
    foot: null, // the row below the panels: the readout, and the buttons of the zoom and of what is kept
    button: {}, // those buttons: clear, out, reset, in
    swipe: null, // the slider under the overlay; null where there is no overlay
    under: null, // the copy of the original under the overlay; null likewise
    pane: {}, // the panels by name: frame, plane (the whole image in it), canvas, context, caption; image and pixels of those that are painted
    geometry: null, // of the image: shown, size, seen, window, cells, shift, unit, noun, as the server tells them
    grid: null, // where its pixels lie between the cells of a map
    photo: null, // its pixels, packed
    steps: null, // the evidence at each pixel, in steps of the colour scale
    map: null, // what is drawn: key (which map it is), values (raw), scale (gets the last colour), isUsable, isSigned
    look: null, // how it is drawn: view, overlay, colormap (slugs), colours, diverging, opacity, threshold, contour (0 to 1)
    split: 50, // where the swipe cuts, in percent of the width
    marks: { pointer: null, pin: null, box: null, anchor: null }, // pixels; `anchor` is where a box of keys began
    zoom: newZoom(), // which part of the image the panels show: see zoom.js
    press: null, // the mouse button or finger that is down: see pointing.js
    pinch: null, // two fingers on a panel: where they were last
    fingers: new Map(), // where each finger on a panel is, by pointer
    isHovered: false, // whether it is a mouse that points, not the keys
    frame: 0, // the animation frame that was asked for
    made: { evidence: null, contour: null, shades: null, heatmap: null, values: null }, // of what each was made that is kept
    centre: null, // where cells are pointed at and not pixels: gives the pixel in the middle of the cell at a pixel
    cell: null, // the size of a cell then, in pixels
    words: markWords, // gives what the readout says; called whenever a mark has moved
    idle: IDLE, // what the readout says while there is nothing to read
    onPaint: () => {}, // called when the panels are painted
    onZoom: () => {}, // called when another part of the image is shown
  };
}

// A pane set with its nodes; `names` are the panels it has, `own` the fields that are not as usual.
function buildPanes(names = Object.keys(PANES), own = {}) {
  const panes = { ...newPaneSet(), ...own };
  panes.stage = el("div", { className: "stage" }, ...names.map((name) => buildPane(panes, name)));
  panes.stage.style.setProperty("--panes", names.length);
  if (panes.pane.overlay) {
    panes.pane.overlay.plane.prepend(buildUnder(panes));
    panes.pane.overlay.frame.after(buildSwipe(panes));
  }
  panes.readout = el("output", { className: "readout", textContent: panes.idle });
  panes.foot = el("div", { className: "foot" }, panes.readout, buildFootButtons(panes));
  layZoom(panes);
  return panes;
}

function buildPane(panes, name) {
  const canvas = el("canvas", { className: "picture", width: 1, height: 1 });
  const plane = el("div", { className: "plane" }, canvas, name === "original" ? "" : buildEdge(), ...buildMarks());
  const frame = el("div", { className: "frame", role: "application", tabIndex: 0 }, plane);
  const caption = el("figcaption", { textContent: PANES[name] });
  frame.dataset.pane = name;
  watchFrame(panes, frame);
  panes.pane[name] = { canvas, frame, plane, caption, context: canvas.getContext("2d", { willReadFrequently: true }) };
  return el("figure", { className: `pane ${name}` }, frame, caption);
}

// A second copy of the original lies under the overlay: the swipe cuts it open, and while it is held it is gone.
function buildUnder(panes) {
  const canvas = el("canvas", { className: "under", width: 1, height: 1 });
  canvas.setAttribute("aria-hidden", "true");
  panes.under = { canvas, context: canvas.getContext("2d") };
  return canvas;
}

function buildSwipe(panes) {
  panes.swipe = el("input", { type: "range", className: "swipe", min: 0, max: 100, step: 1, "aria-label": "Where the swipe cuts" });
  panes.swipe.oninput = () => {
    panes.split = Number(panes.swipe.value);
    layOut(panes);
  };
  return panes.swipe;
}

// What screen readers say of the panels.
function describePanes(panes, ofImage, ofMap) {
  for (const [name, { frame }] of Object.entries(panes.pane))
    frame.setAttribute("aria-label", `${PANES[name]}. ${name === "original" ? ofImage : ofMap}`);
}

// Another image, or other geometry of the same one: then `pixels` are null, for they are there.
function setImage(panes, geometry, pixels) {
  panes.geometry = geometry;
  panes.grid = gridOf(geometry);
  if (pixels) fit(panes, pixels);
  placeEdge(panes);
  panes.steps.fill(UNSEEN);
  panes.made = { evidence: null, contour: null, shades: null, heatmap: null, values: null };
}

// Give every canvas the image's size and the original its pixels.
function fit(panes, pixels) {
  const { width, height } = pixels, originals = [panes.pane.original, panes.under].filter(Boolean);
  for (const { canvas } of [...Object.values(panes.pane), ...originals]) Object.assign(canvas, { width, height });
  panes.photo = new Uint32Array(pixels.data.buffer);
  panes.steps = new Uint16Array(width * height);
  for (const { context } of originals) context.putImageData(pixels, 0, 0);
  for (const pane of [panes.pane.heatmap, panes.pane.overlay].filter(Boolean)) {
    pane.image = new ImageData(width, height);
    pane.pixels = new Uint32Array(pane.image.data.buffer);
  }
  panes.stage.style.setProperty("--ratio", width / height);
  panes.stage.toggleAttribute("data-tiny", Math.max(width, height) <= TINY);
  panes.stage.dataset.shape = width / height > 2.2 ? "wide" : height / width > 1.6 ? "tall" : "usual";
}

function setLook(panes, look) {
  panes.look = look;
  layOut(panes);
}

function layOut(panes) {
  const isSwipe = panes.look.view === "swipe";
  panes.stage.dataset.view = panes.foot.dataset.view = panes.look.view;
  if (!panes.swipe) return;
  panes.stage.style.setProperty("--split", `${panes.split}%`);
  layZoom(panes);
  panes.swipe.hidden = !isSwipe;
  panes.swipe.value = panes.split;
  const isHeld = isHeldNow(panes);
  panes.pane.overlay.caption.textContent = isHeld ? PANES.original : isSwipe ? "Original | Overlay" : PANES.overlay;
}

// At the next frame, however often it is asked for.
function repaint(panes) {
  panes.frame ||= requestAnimationFrame(() => {
    panes.frame = 0;
    if (panes.map) paint(panes);
  });
}

// Draw the map in its look now; what has not changed since is not made again.
function paint(panes) {
  const { geometry, look, map, steps, made, pane } = panes, of = evidenceKey(map);
  if (made.evidence !== of) {
    evidence(geometry, panes.grid, map, steps);
    Object.assign(made, { evidence: of, contour: null, heatmap: null });
  }
  const line = contourNow(panes), shades = shadesNow(panes), heatmapOf = `${made.shades.of} ${look.contour}`;
  if (pane.heatmap && look.view === "side" && made.heatmap !== heatmapOf) {
    paintHeatmap(pane.heatmap.pixels, steps, shades);
    show(pane.heatmap, line);
    made.heatmap = heatmapOf;
  }
  if (pane.overlay) {
    paintOverlay(pane.overlay.pixels, panes.photo, steps, mixOf(look, shades));
    show(pane.overlay, line);
  }
  panes.onPaint();
}

// What the evidence on screen is made of.
const evidenceKey = (map) => `${map.key} ${map.scale} ${map.isSigned}`;

// The colours of the steps, of the look and the kind of map on screen.
function shadesNow({ look, map, made }) {
  const of = map.isSigned ? `diverging ${look.threshold}` : `${look.colormap} ${look.threshold}`;
  if (made.shades?.of !== of) made.shades = { of, shades: shadesOf(look, map.isSigned) };
  return made.shades.shades;
}

function contourNow({ geometry, look, map, steps, made }) {
  if (!look.contour || !map.isUsable) return null;
  if (made.contour?.share !== look.contour) made.contour = { share: look.contour, line: contourOf(geometry.shown, steps, look.contour) };
  return made.contour.line;
}

function show(pane, line) {
  if (line) drawContour(pane.pixels, line);
  pane.context.putImageData(pane.image, 0, 0);
}

function dropPanes(panes) {
  cancelAnimationFrame(panes.frame);
}
