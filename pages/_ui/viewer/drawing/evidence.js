// Values to steps of the evidence, bit for bit as gradcam_core.rendering.render does it: float32 where numpy has
// float32, halves rounded up. A step is from 0 (most against the class) over NONE to ALL (most for it), or UNSEEN.

const STEPS = 4080; // from no evidence to the most
const NONE = STEPS;
const ALL = 2 * STEPS;
const UNSEEN = ALL + 1;
const f32 = Math.fround;

// Where the centre of a pixel falls along one side, counted in cells from the centre of the first one, which look `shift`
// cells beside their squares: as InputGeometry.positions.
const cellAt = (pixel, [start, stop], count, shift) =>
  clamp(((pixel + 0.5 - start) / (stop - start)) * count - 0.5 - shift, 0, count - 1);

// Where the centres of the seen pixels fall between the centres of the cells, along one side.
function between(first, last, span, count, shift) {
  const n = last - first;
  const side = { below: new Int32Array(n), above: new Int32Array(n), share: new Float32Array(n) };
  for (let i = 0; i < n; i++) {
    const at = cellAt(first + i, span, count, shift);
    side.below[i] = Math.floor(at);
    side.above[i] = Math.min(side.below[i] + 1, count - 1);
    side.share[i] = at - side.below[i];
  }
  return side;
}

// Where the seen pixels of an image lie between the cells of its maps.
function gridOf(geometry) {
  const [left, top, right, bottom] = geometry.seen;
  const [x0, y0, x1, y1] = geometry.window;
  const [rows, columns] = geometry.cells, [across, down] = geometry.shift;
  return { x: between(left, right, [x0, x1], columns, across), y: between(top, bottom, [y0, y1], rows, down) };
}

// Evidence over the image, 0 or, of a signed map, -1 to 1, width x height: in steps into `steps`, as it is into `value`.
function evidence(geometry, grid, map, steps, value = null) {
  const { values, scale } = map, lowest = map.isSigned ? -1 : 0;
  const [width] = geometry.shown;
  const [rows, columns] = geometry.cells;
  const scaled = new Float32Array(rows * columns);
  if (scale > 0) for (let i = 0; i < scaled.length; i++) scaled[i] = clamp(f32(values[i] / f32(scale)), lowest, 1);
  const { x, y } = grid;
  const n = x.below.length;
  const across = new Float32Array(rows * n);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < n; i++) {
      const t = x.share[i];
      across[row * n + i] = f32(scaled[row * columns + x.below[i]] * f32(1 - t)) + f32(scaled[row * columns + x.above[i]] * t);
    }
  }
  const [left, top] = geometry.seen;
  for (let j = 0; j < y.below.length; j++) {
    const t = y.share[j], rest = f32(1 - t), a = y.below[j] * n, b = y.above[j] * n;
    let at = (top + j) * width + left;
    for (let i = 0; i < n; i++, at++) {
      const v = f32(f32(across[a + i] * rest) + f32(across[b + i] * t));
      if (value) value[at] = v;
      steps[at] = NONE + Math.floor(f32(f32(v * STEPS) + 0.5));
    }
  }
}

// A colour table of 256 entries as 4,081 packed colours, from no evidence to most, straight lines between the entries.
function palette(table) {
  const colours = new Uint32Array(STEPS + 1);
  for (let k = 0; k <= STEPS; k++) {
    const entry = Math.min(k >> 4, 254), part = k / 16 - entry;
    let packed = 255 << 24;
    for (let c = 0; c < 3; c++) {
      const low = table[entry * 3 + c], high = table[entry * 3 + 3 + c];
      packed |= Math.floor((high - low) * part + low + 0.5) << (8 * c);
    }
    colours[k] = packed >>> 0;
  }
  return colours;
}
