// The panels: original, heatmap and overlay, as canvases of the same size.

const PANES = { original: "Original", heatmap: "Heatmap", overlay: "Overlay" };
const MARKS = ["cross", "pin", "box"];

function buildStage(s) {
  s.pane = {};
  const figuresOf = Object.entries(PANES).map(([name, title]) => {
    const canvas = el("canvas", { className: "picture", width: 1, height: 1 });
    const frame = el("div", { className: "frame", role: "application", tabIndex: 0 }, canvas);
    frame.dataset.pane = name;
    frame.append(...MARKS.map((mark) => el("span", { className: `mark ${mark}` })));
    s.pane[name] = { canvas, frame, context: canvas.getContext("2d", { willReadFrequently: true }) };
    return el("figure", { className: `pane ${name}` }, frame, el("figcaption", { textContent: title }));
  });
  s.pane.overlay.frame.prepend(buildUnder(s));
  s.pane.overlay.frame.after(buildSwipe(s));
  s.stage = el("div", { className: "stage" }, ...figuresOf);
  return s.stage;
}

// In the swipe the overlay lies over a second copy of the original and is cut at the line between them.
function buildUnder(s) {
  const canvas = el("canvas", { className: "under", width: 1, height: 1 });
  canvas.setAttribute("aria-hidden", "true");
  s.under = { canvas, context: canvas.getContext("2d") };
  return canvas;
}

function buildSwipe(s) {
  s.swipe = el("input", { type: "range", className: "swipe", min: 0, max: 100, step: 1, "aria-label": "Where the swipe cuts" });
  s.swipe.oninput = () => {
    s.split = Number(s.swipe.value);
    layOut(s);
  };
  return s.swipe;
}

// Give every canvas the image's size and the original its pixels.
function fitStage(s, pixels) {
  const [width, height] = s.view.shown;
  for (const { canvas } of [...Object.values(s.pane), s.under]) {
    canvas.width = width;
    canvas.height = height;
  }
  s.photo = new Uint32Array(pixels.data.buffer);
  s.steps = new Uint16Array(width * height);
  s.pane.original.context.putImageData(pixels, 0, 0);
  s.under.context.putImageData(pixels, 0, 0);
  s.stage.style.setProperty("--ratio", width / height);
  s.stage.dataset.shape = width / height > 2.2 ? "wide" : height / width > 1.6 ? "tall" : "usual";
  for (const name of ["heatmap", "overlay"]) {
    const image = new ImageData(width, height);
    s.pane[name].image = image;
    s.pane[name].pixels = new Uint32Array(image.data.buffer);
  }
}

// The raw value that gets the last colour: the map's own maximum, or the largest of the likeliest classes' maps.
function scaleOf(s, one) {
  if (one.note) return 0;
  return s.look.scale === "shared" && s.view.shared > 0 ? s.view.shared : one.maximum;
}

// What the evidence on screen is made of.
const aboutNow = (s) => `${s.view.id} ${s.index} ${scaleOf(s, chosen(s))}`;

function paint(s) {
  const { view, look, steps } = s, one = chosen(s), scale = scaleOf(s, one), about = aboutNow(s);
  if (s.painted !== about) {
    evidence(view, s.grid, view.cams.get(one.index), scale, steps);
    s.painted = about;
    s.contour = s.heated = null;
  }
  const colours = s.palettes[look.colormap], cut = cutOf(look.threshold / 100);
  if (look.contour && !one.note && s.contour?.share !== look.contour) {
    s.contour = { share: look.contour, line: contourOf(view, steps, look.contour / 100) };
  }
  const line = look.contour && !one.note ? s.contour?.line : null;
  const heated = `${look.colormap} ${cut} ${look.contour}`;
  if (look.view === "side" && s.heated !== heated) {
    paintHeatmap(s.pane.heatmap.pixels, view, steps, colours, cut);
    show(s.pane.heatmap, line);
    s.heated = heated;
  }
  paintOverlay(s.pane.overlay.pixels, view, s.photo, steps, colours, cut, look.opacity / 100);
  show(s.pane.overlay, line);
  s.root.dataset.shown = `${view.question} ${one.index}`;
}

function show(pane, line) {
  if (line) drawContour(pane.pixels, line);
  pane.context.putImageData(pane.image, 0, 0);
}

// At the next frame, however often it is asked for.
function repaint(s) {
  s.frame ||= requestAnimationFrame(() => {
    s.frame = 0;
    if (s.view) paint(s);
  });
}

function layOut(s) {
  s.stage.dataset.view = s.look.view;
  s.stage.style.setProperty("--split", `${s.split}%`);
  s.swipe.hidden = s.look.view !== "swipe";
  s.pane.overlay.frame.parentElement.lastChild.textContent = s.look.view === "swipe" ? "Original | Overlay" : PANES.overlay;
  s.swipe.value = s.split;
}
