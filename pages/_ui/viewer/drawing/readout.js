// What stands at this place? The raw value under a pixel, and the share of the evidence in a box, in words.

const IDLE = IS_TOUCH
  ? "Tap a panel to read its value there; drag across it to draw a box; hold the overlay to see the original."
  : "Point at a panel to read its values; click to keep a point, drag to draw a box.";
const IDLE_ZOOMED = IS_TOUCH
  ? "Drag to move the image; tap to read a value; two fingers zoom."
  : "Drag to move the image, with Shift to draw a box; click to keep a point.";

// Say what the pointer, the kept point or the box stands on, and draw the marks in every panel.
function read(panes) {
  if (!panes.map) return;
  const said = panes.words(panes);
  panes.readout.textContent = said || idleWords(panes);
  panes.readout.toggleAttribute("data-idle", !said);
  placeMarks(panes);
}

function markWords(panes) {
  const { pointer, pin, box } = panes.marks;
  const parts = [pin && `Kept: ${pointWords(panes, pin)}`, box && boxWords(panes, box), pointer && pointWords(panes, pointer)];
  return parts.filter(Boolean).join("\n");
}

const idleWords = (panes) => (panes.idle && isZoomed(panes) ? IDLE_ZOOMED : panes.idle);

// A pixel of the copy on screen, in pixels of the kept image.
function inImage({ geometry }, at) {
  const [width, height] = geometry.shown, [wide, high] = geometry.size;
  return [Math.floor(((at.x + 0.5) * wide) / width), Math.floor(((at.y + 0.5) * high) / height)];
}

function pointWords(panes, at) {
  const [x, y] = inImage(panes, at), found = valueAt(panes, at), { scale } = panes.map;
  if (!found) return `x ${x}, y ${y}: the model never saw this place`;
  const share = scale > 0 ? `, ${Math.round(clamp(found.value / scale, 0, 1) * 100)}\u00a0% of the scale` : "";
  const against = found.value < 0 ? " (speaks against the class)" : "";
  return `x ${x}, y ${y}: ${figures(found.value)} ${panes.geometry.unit}${share}${against}, cell row ${found.row + 1}, column ${found.column + 1}`;
}

// The raw, signed value under the centre of a pixel of the kept image, and its cell; null where the model saw nothing.
function valueAt(panes, at) {
  const { shown, size, seen, window, cells, shift } = panes.geometry, { values } = panes.map;
  const [left, top, right, bottom] = seen, [x0, y0, x1, y1] = window, [rows, columns] = cells;
  if (at.x < left || at.x >= right || at.y < top || at.y >= bottom) return null;
  const [x, y] = inImage(panes, at), [width, height] = shown, [wide, high] = size;
  const across = cellAt(((x + 0.5) * width) / wide - 0.5, [x0, x1], columns, shift[0]);
  const down = cellAt(((y + 0.5) * height) / high - 0.5, [y0, y1], rows, shift[1]);
  const row = (r) => mixed(values[r * columns + Math.floor(across)], values[r * columns + Math.ceil(across)], across % 1);
  const value = mixed(row(Math.floor(down)), row(Math.ceil(down)), down % 1);
  return { value, row: Math.min(Math.floor(down + 0.5), rows - 1), column: Math.min(Math.floor(across + 0.5), columns - 1) };
}

const mixed = (a, b, share) => a * (1 - share) + b * share;

// The evidence itself, made when the first box wants it.
function valuesNow(panes) {
  const { geometry, grid, map, made } = panes, of = evidenceKey(map);
  if (made.values?.of === of) return made.values.value;
  const [width, height] = geometry.shown, value = new Float32Array(width * height);
  evidence(geometry, grid, { ...map, isSigned: false }, new Uint16Array(width * height), value);
  made.values = { of, value };
  return value;
}

// The share of the evidence within the box, over the copy on screen; NaN where there is no evidence.
function shareWithin(panes, { left, top, right, bottom }) {
  const [width, height] = panes.geometry.shown, value = valuesNow(panes);
  let inside = 0, all = 0;
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      all += value[i];
      if (y >= top && y < bottom && x >= left && x < right) inside += value[i];
    }
  return inside / all;
}

function boxWords(panes, box) {
  const [width, height] = panes.geometry.shown, [wide, high] = panes.geometry.size;
  const across = Math.round(((box.right - box.left) * wide) / width), down = Math.round(((box.bottom - box.top) * high) / height);
  const share = shareWithin(panes, box);
  const area = ((box.right - box.left) * (box.bottom - box.top)) / (width * height);
  const noun = panes.geometry.noun ?? "evidence", ofEvidence = Number.isFinite(share) ? `${percent(share)} of the ${noun}` : `no ${noun}`;
  return `Box of ${across} × ${down} pixels: ${ofEvidence} on ${percent(area)} of the picture`;
}
