// The panels of a set show the same part of the image, larger. Marks lie in the image, so that they keep their pixels;
// what is drawn, read and taken away is the whole image as ever.

const MOST_ZOOM = 16;
const ZOOM_STEP = 1.5; // of a button and a key
const WHEEL_STEP = 0.0025; // of a wheel, per pixel that it turns: a notch of 100 is about a quarter larger
const LINE = 33; // pixels of a wheel that counts lines

const newZoom = () => ({ scale: 1, left: 0, top: 0 }); // and which shares of the image lie left of what is shown, and above

const isZoomed = (panes) => panes.zoom.scale > 1;

// Show the image at this scale; what stands at these shares of the panel stays there.
function zoomTo(panes, scale, across = 0.5, down = 0.5) {
  const { zoom } = panes, next = clamp(scale, 1, MOST_ZOOM), gain = 1 / zoom.scale - 1 / next;
  showPart(panes, { scale: next, left: zoom.left + across * gain, top: zoom.top + down * gain });
}

const zoomBy = (panes, factor, across, down) => zoomTo(panes, panes.zoom.scale * factor, across, down);

const resetZoom = (panes) => zoomTo(panes, 1);

// Move the image by these shares of the panel, as far as it goes; whether it moved.
function panBy(panes, across, down) {
  const { scale, left, top } = panes.zoom;
  showPart(panes, { scale, left: left - across / scale, top: top - down / scale });
  return panes.zoom.left !== left || panes.zoom.top !== top;
}

function showPart(panes, { scale, left, top }) {
  const most = 1 - 1 / scale, wasZoomed = isZoomed(panes);
  panes.zoom = { scale, left: clamp(left, 0, most), top: clamp(top, 0, most) };
  layZoom(panes);
  if (isZoomed(panes) !== wasZoomed) read(panes);
  panes.onZoom();
}

// Just so much that this pixel is on screen.
function showPixel(panes, at) {
  const { scale, left, top } = panes.zoom, [width, height] = panes.geometry.shown, part = 1 / scale, edge = 0.05 * part;
  const near = (place, start) => clamp(start, place - part + edge, place - edge);
  if (isZoomed(panes)) showPart(panes, { scale, left: near((at.x + 0.5) / width, left), top: near((at.y + 0.5) / height, top) });
}

function layZoom({ stage, zoom, split, button }) {
  const { scale, left, top } = zoom, isLarger = scale > 1;
  stage.toggleAttribute("data-zoomed", isLarger);
  stage.style.setProperty("--zoom", scale);
  stage.style.setProperty("--left", `${-left * scale * 100}%`);
  stage.style.setProperty("--top", `${-top * scale * 100}%`);
  stage.style.setProperty("--cut", `${(left + split / 100 / scale) * 100}%`); // where the swipe cuts, in the image
  if (!button.in) return;
  button.reset.textContent = `${scale.toFixed(isLarger && scale < 9.95 ? 1 : 0)}×`;
  button.reset.disabled = button.out.disabled = !isLarger;
  button.in.disabled = scale >= MOST_ZOOM;
}

// The row's buttons: the original while one is held, what is kept is taken back, and the zoom.
function buildFootButtons(panes) {
  const made = (name, textContent, title, act) => {
    panes.button[name] = el("button", { type: "button", className: "plain", textContent, title, "aria-label": title });
    panes.button[name].onclick = act;
    return panes.button[name];
  };
  const clear = made("clear", "Clear", "Take back the kept point or box (Esc)", () => takeBackKept(panes));
  clear.toggleAttribute("data-idle", true);
  return el("div", { className: "zooming", role: "group", "aria-label": "Zoom" }, panes.under ? buildHold(panes) : "", clear,
    made("out", "−", "Zoom out (−)", () => zoomBy(panes, 1 / ZOOM_STEP)),
    made("reset", "1×", "The whole image (0)", () => resetZoom(panes)),
    made("in", "+", "Zoom in (+), with the wheel and Ctrl, or with two fingers", () => zoomBy(panes, ZOOM_STEP)),
  );
}

// A key that zooms; whether it was one.
function zoomKey(panes, { key }) {
  if (key === "+" || key === "=") zoomBy(panes, ZOOM_STEP);
  else if (key === "-" || key === "_") zoomBy(panes, 1 / ZOOM_STEP);
  else if (key === "0") resetZoom(panes);
  else return false;
  return true;
}

// With Ctrl the wheel zooms (so does a pinch on a touchpad); without it moves an image that is larger than its panel,
// and at its end the page.
function wheel(panes, frame, event) {
  if (!panes.geometry) return;
  const box = frame.getBoundingClientRect(), unit = event.deltaMode ? LINE : 1;
  const right = (event.shiftKey && !event.deltaX ? event.deltaY : event.deltaX) * unit;
  const down = (event.shiftKey && !event.deltaX ? 0 : event.deltaY) * unit;
  const isZoom = event.ctrlKey || event.metaKey;
  if (isZoom) zoomBy(panes, Math.exp(-down * WHEEL_STEP * (Math.abs(down) < 50 ? 4 : 1)), ...placeIn(box, event));
  else if (!isZoomed(panes) || !panBy(panes, -right / box.width, -down / box.height)) return;
  event.preventDefault();
  if (panes.isHovered) point(panes, pixelUnder(panes, frame, event));
}

// Where in a panel, in shares of its sides.
const placeIn = (box, { clientX, clientY }) => [(clientX - box.left) / box.width, (clientY - box.top) / box.height];

// Two fingers: what lies under their middle stays there, and grows as they part.
function pinchTo(panes, frame) {
  const [a, b] = panes.fingers.values(), box = frame.getBoundingClientRect();
  const now = { clientX: (a.x + b.x) / 2, clientY: (a.y + b.y) / 2, apart: Math.hypot(a.x - b.x, a.y - b.y) || 1 }, former = panes.pinch;
  panes.pinch = now;
  if (!former) return;
  panBy(panes, (now.clientX - former.clientX) / box.width, (now.clientY - former.clientY) / box.height);
  zoomBy(panes, now.apart / former.apart, ...placeIn(box, now));
}
