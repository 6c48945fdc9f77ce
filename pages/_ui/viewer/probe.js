// What stands at this place? Hover and keys read values, a click pins a point, a drag draws a box.

const IDLE = "Point at a panel to read its values; click to keep a point, drag to draw a box.";
const DRAGGED = 5; // screen pixels, from which on a press is a drag

function buildProbe(s) {
  s.readout = el("output", { className: "readout", textContent: IDLE });
  for (const { frame } of Object.values(s.pane)) watchFrame(s, frame);
  return s.readout;
}

function watchFrame(s, frame) {
  frame.onpointerdown = (event) => press(s, frame, event);
  frame.onpointermove = (event) => move(s, frame, event);
  frame.onpointerup = (event) => release(s, frame, event);
  frame.onpointercancel = () => takeBack(s);
  frame.onpointerleave = () => void (s.press || point(s, null));
  frame.onkeydown = (event) => probeKey(s, event);
  frame.onblur = () => {
    s.anchor = null;
    point(s, null);
  };
}

function pixelUnder(s, frame, event) {
  const box = frame.getBoundingClientRect(), [width, height] = s.view.shown;
  return {
    x: clamp(Math.floor(((event.clientX - box.left) / box.width) * width), 0, width - 1),
    y: clamp(Math.floor(((event.clientY - box.top) / box.height) * height), 0, height - 1),
  };
}

const isSwiping = (s, frame) => s.look.view === "swipe" && frame.dataset.pane === "overlay";

function press(s, frame, event) {
  if (!s.view || event.button) return;
  const former = { pin: s.pin, box: s.box, split: s.split };
  s.press = { from: pixelUnder(s, frame, event), x: event.clientX, y: event.clientY, isDrag: false, former };
  if (event.pointerType === "touch") return; // a finger may be about to scroll
  frame.setPointerCapture(event.pointerId);
  if (isSwiping(s, frame)) swipeTo(s, frame, event);
}

function move(s, frame, event) {
  if (!s.view) return;
  const at = pixelUnder(s, frame, event), isFinger = event.pointerType === "touch";
  if (!s.press) return point(s, isFinger ? null : at);
  const across = Math.abs(event.clientX - s.press.x), down = Math.abs(event.clientY - s.press.y);
  if (!s.press.isDrag && isFinger && down > across) return;
  s.press.isDrag ||= Math.hypot(across, down) >= DRAGGED;
  if (isSwiping(s, frame)) swipeTo(s, frame, event);
  else if (s.press.isDrag) setBox(s, s.press.from, at);
}

function release(s, frame, event) {
  const began = s.press;
  s.press = null;
  if (!began) return;
  if (isSwiping(s, frame)) swipeTo(s, frame, event);
  else if (!began.isDrag) pin(s, pixelUnder(s, frame, event));
}

// The browser took the gesture to scroll: all is as it was before the finger came down.
function takeBack(s) {
  if (!s.press) return;
  Object.assign(s, s.press.former);
  s.press = null;
  layOut(s);
  read(s);
}

function swipeTo(s, frame, event) {
  const box = frame.getBoundingClientRect();
  s.split = clamp(Math.round(((event.clientX - box.left) / box.width) * 100), 0, 100);
  layOut(s);
}

// Arrows move a pointer of their own; with Shift they draw a box from where it stood.
function probeKey(s, event) {
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!s.view || event.ctrlKey || event.metaKey || event.altKey) return;
  if (step) {
    const [width, height] = s.view.shown;
    const stride = Math.max(1, Math.round(Math.max(width, height) / 40));
    const from = s.at ?? s.pin ?? { x: width >> 1, y: height >> 1 };
    const to = { x: clamp(from.x + step[0] * stride, 0, width - 1), y: clamp(from.y + step[1] * stride, 0, height - 1) };
    s.anchor = event.shiftKey ? (s.anchor ?? from) : null;
    point(s, to);
    if (s.anchor) setBox(s, s.anchor, to);
  } else if (event.key === "Enter" || event.key === " ") pin(s, s.at ?? { x: s.view.shown[0] >> 1, y: s.view.shown[1] >> 1 });
  else if (event.key === "Escape" && (s.pin || s.box)) clearMarks(s);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function point(s, at) {
  s.at = at;
  read(s);
}

function pin(s, at) {
  s.pin = at;
  s.box = s.anchor = null;
  read(s);
}

function setBox(s, a, b) {
  s.box = {
    left: Math.min(a.x, b.x),
    top: Math.min(a.y, b.y),
    right: Math.max(a.x, b.x) + 1,
    bottom: Math.max(a.y, b.y) + 1,
  };
  s.pin = null;
  read(s);
}

function clearMarks(s) {
  s.pin = s.box = s.at = s.anchor = null;
  read(s);
}

// Say what the pointer, the pinned point or the box stands on, and draw the marks in every panel.
function read(s) {
  if (!s.view) return;
  const parts = [s.at && pointWords(s, s.at), s.pin && `Kept: ${pointWords(s, s.pin)}`, s.box && boxWords(s, s.box)];
  s.readout.textContent = parts.filter(Boolean).join("  ·  ") || IDLE;
  placeMarks(s);
}

function placeMarks(s) {
  const [width, height] = s.view.shown, style = s.stage.style;
  const dot = (name, at) => {
    s.stage.toggleAttribute(`data-${name}`, Boolean(at));
    if (!at) return;
    style.setProperty(`--${name}-x`, `${((at.x + 0.5) / width) * 100}%`);
    style.setProperty(`--${name}-y`, `${((at.y + 0.5) / height) * 100}%`);
  };
  dot("cross", s.at);
  dot("pin", s.pin);
  s.stage.toggleAttribute("data-box", Boolean(s.box));
  if (!s.box) return;
  const { left, top, right, bottom } = s.box;
  style.setProperty("--box", `${(top / height) * 100}% ${(1 - right / width) * 100}% ${(1 - bottom / height) * 100}% ${(left / width) * 100}%`);
}

// A pixel of the copy on screen, in pixels of the kept image.
function inImage(s, at) {
  const [width, height] = s.view.shown, [wide, high] = s.view.size;
  return [Math.floor(((at.x + 0.5) * wide) / width), Math.floor(((at.y + 0.5) * high) / height)];
}

function pointWords(s, at) {
  const [x, y] = inImage(s, at), found = valueAt(s, at);
  if (!found) return `x ${x}, y ${y}: the model never saw this place`;
  const one = chosen(s), scale = scaleOf(s, one);
  const share = scale > 0 ? `, ${Math.round(clamp(found.value / scale, 0, 1) * 100)}\u00a0% of the scale` : "";
  const against = found.value < 0 ? " (speaks against the class)" : "";
  return `x ${x}, y ${y}: ${figures(found.value)} ${s.view.unit}${share}${against}, cell row ${found.row + 1}, column ${found.column + 1}`;
}

// The raw, signed value under the centre of a pixel of the kept image, and its cell; null where the model saw nothing.
function valueAt(s, at) {
  const [left, top, right, bottom] = s.view.seen, [x0, y0, x1, y1] = s.view.window, [rows, columns] = s.view.cells;
  if (at.x < left || at.x >= right || at.y < top || at.y >= bottom) return null;
  const [x, y] = inImage(s, at), [width, height] = s.view.shown, [wide, high] = s.view.size, cam = s.view.cams.get(s.index);
  const across = clamp((((x + 0.5) * width) / wide - x0) / (x1 - x0) * columns - 0.5, 0, columns - 1);
  const down = clamp((((y + 0.5) * height) / high - y0) / (y1 - y0) * rows - 0.5, 0, rows - 1);
  const row = (r) => mixed(cam[r * columns + Math.floor(across)], cam[r * columns + Math.ceil(across)], across % 1);
  const value = mixed(row(Math.floor(down)), row(Math.ceil(down)), down % 1);
  return { value, row: Math.min(Math.floor(down + 0.5), rows - 1), column: Math.min(Math.floor(across + 0.5), columns - 1) };
}

const mixed = (a, b, share) => a * (1 - share) + b * share;

// The evidence itself, made when the first box wants it.
function valuesNow(s) {
  const of = aboutNow(s);
  if (s.values?.of === of) return s.values.value;
  const [width, height] = s.view.shown, one = chosen(s), value = new Float32Array(width * height);
  evidence(s.view, s.grid, s.view.cams.get(one.index), scaleOf(s, one), new Uint16Array(width * height), value);
  s.values = { of, value };
  return value;
}

// The share of the evidence within the box, over the copy on screen; NaN where there is no evidence.
function shareWithin(s, { left, top, right, bottom }) {
  const [width, height] = s.view.shown, value = valuesNow(s);
  let inside = 0, all = 0;
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      all += value[i];
      if (y >= top && y < bottom && x >= left && x < right) inside += value[i];
    }
  return inside / all;
}

function boxWords(s, box) {
  const [width, height] = s.view.shown, [wide, high] = s.view.size;
  const across = Math.round(((box.right - box.left) * wide) / width), down = Math.round(((box.bottom - box.top) * high) / height);
  const share = shareWithin(s, box);
  const area = ((box.right - box.left) * (box.bottom - box.top)) / (width * height);
  const evidenceWords = Number.isFinite(share) ? `${percent(share)} of the evidence` : "no evidence";
  return `Box of ${across} × ${down} pixels: ${evidenceWords} on ${percent(area)} of the picture`;
}
