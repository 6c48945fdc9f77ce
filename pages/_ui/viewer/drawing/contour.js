// The line round a share of the evidence, pixel for pixel as gradcam_core.rendering.contour draws it.

const WHITE = 0xffffffff;
const DARK = 0xff121212;

// The line round the smallest area that holds this share of the evidence for the class: 0 no line, 1 white, 2 dark. Null
// where there is none.
function contourOf([width, height], steps, share) {
  const counts = new Uint32Array(UNSEEN + 1);
  for (let i = 0; i < steps.length; i++) counts[steps[i]]++;
  let all = 0;
  for (let k = 1; k <= STEPS; k++) all += k * counts[NONE + k];
  if (!all || !share) return null;
  let level = STEPS, held = STEPS * counts[ALL];
  while (level > 1 && held < share * all) level--, (held += level * counts[NONE + level]);
  const mask = new Uint8Array(steps.length);
  for (let i = 0; i < steps.length; i++) mask[i] = steps[i] !== UNSEEN && steps[i] >= NONE + level ? 1 : 0;
  const radius = Math.max(1, Math.floor((Math.max(width, height) + 160) / 320));
  const inner = eroded(mask, width, height, radius), core = eroded(mask, width, height, 2 * radius);
  return mask.map((one, i) => (one && !inner[i] ? 1 : inner[i] && !core[i] ? 2 : 0));
}

// The pixels whose whole square of side 2 r + 1 lies in the mask.
function eroded(mask, width, height, r) {
  const wanted = 2 * r + 1, rows = new Uint8Array(mask.length), both = new Uint8Array(mask.length);
  for (let y = 0; y < height; y++)
    for (let x = 0, run = 0; x < width; x++) {
      run = mask[y * width + x] ? run + 1 : 0;
      if (run >= wanted) rows[y * width + x - r] = 1;
    }
  for (let x = 0; x < width; x++)
    for (let y = 0, run = 0; y < height; y++) {
      run = rows[y * width + x] ? run + 1 : 0;
      if (run >= wanted) both[(y - r) * width + x] = 1;
    }
  return both;
}

function drawContour(out, line) {
  for (let i = 0; i < out.length; i++) if (line[i]) out[i] = line[i] === 1 ? WHITE : DARK;
}
