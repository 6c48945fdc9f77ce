// Steps to pixels, bit for bit as gradcam_core.rendering.overlays does it, in whole numbers: every step has its share of
// the image and of the image in grey (of 256), and a colour that is added. Two channels are counted at a time.

const UNSEEN_GREY = 96;
const FADED = [102, 0, 154 * 128], DARKENED = [0, 31, 52 * 256]; // image, grey and colour of what was not seen
const GREY = 0xffb4b4b4;
const HALVES = 0x800080, TWO = 0xff00ff;

const cutOf = (threshold) => Math.floor(threshold * STEPS + 0.5);

// The colour of every step; of hidden ones that of no evidence.
function shadesOf({ colours, diverging, threshold }, isSigned) {
  const shades = new Uint32Array(UNSEEN + 1), cut = cutOf(threshold), [against, favouring] = isSigned ? diverging : [null, colours];
  for (let k = 0; k <= STEPS; k++) {
    shades[NONE - k] = against ? against[k < cut ? 0 : k] : colours[0];
    shades[NONE + k] = favouring[k < cut ? 0 : k];
  }
  shades[UNSEEN] = (0xff000000 | (UNSEEN_GREY * 0x010101)) >>> 0;
  return shades;
}


// From 0 where there is no evidence, soon and then ever slower, to `most` where it is strongest.
const rising = (most, k) => Math.floor((2 * most * k * (2 * STEPS - k) + STEPS * STEPS) / (2 * STEPS * STEPS));

// By overlay: the shares of image, grey and colour at a step of so much evidence for and against, hidden or not.
const OVERLAYS = {
  evidence: (opacity, favouring, against) => {
    const above = rising(opacity, favouring + against);
    return [256 - above, 0, above];
  },
  even: (opacity, favouring, against, isHidden) => (isHidden ? [256, 0, 0] : [256 - opacity, 0, opacity]),
  spotlight: (opacity, favouring, against) => {
    const most = Math.min(2 * opacity, 256), away = most - rising(most, favouring), rest = 256 - rising(opacity, against);
    const grey = Math.floor((away * (256 - opacity) + 128) / 256);
    return [((256 - away) * rest) >> 8, (grey * rest) >> 8, 256 - rest];
  },
};

// What becomes of a pixel, by its step.
function mixOf({ overlay, opacity, threshold }, shades) {
  const mix = { image: new Uint16Array(UNSEEN + 1), grey: new Uint16Array(UNSEEN + 1), redBlue: new Uint32Array(UNSEEN + 1), green: new Uint32Array(UNSEEN + 1) };
  const cut = cutOf(threshold), whole = Math.floor(opacity * 256 + 0.5);
  for (let at = 0; at <= ALL; at++) {
    const k = Math.abs(at - NONE), isHidden = k < cut, size = isHidden ? 0 : k;
    const [image, grey, colour] = OVERLAYS[overlay](whole, at > NONE ? size : 0, at < NONE ? size : 0, isHidden);
    put(mix, at, image, grey, (shades[at] & TWO) * colour, ((shades[at] >>> 8) & 255) * colour);
  }
  const [image, grey, colour] = overlay === "spotlight" ? DARKENED : FADED;
  put(mix, UNSEEN, image, grey, colour * 0x10001, colour);
  return mix;
}

function put(mix, at, image, grey, redBlue, green) {
  mix.image[at] = image;
  mix.grey[at] = grey;
  mix.redBlue[at] = redBlue + HALVES;
  mix.green[at] = green + 128;
}

// Round all hues in sixteen steps, packed.
const colourful = (i) => [0, 1, 2].reduce((all, c) => all + Math.round(140 + 100 * Math.cos(2 * Math.PI * (i / 16 + c / 3))) * 256 ** c, 0xff000000);

// From the lowest value to the highest, as stops of a gradient: the colours of the heatmap, or where the overlay stands
// alone what it makes of a grey picture, or in the spotlight, which leaves a picture its own colours, of a colourful one.
function rampOf({ map, look }) {
  const shades = shadesOf(look, map.isSigned), first = map.isSigned ? 0 : NONE;
  const steps = Uint16Array.from({ length: 49 }, (_, i) => first + Math.round((i * (ALL - first)) / 48)), out = new Uint32Array(49);
  if (look.view === "side") paintHeatmap(out, steps, shades);
  else paintOverlay(out, Uint32Array.from(out, (_, i) => (look.overlay === "spotlight" ? colourful(i) : GREY)), steps, mixOf(look, shades));
  return Array.from(out, (colour) => `rgb(${colour & 255} ${(colour >>> 8) & 255} ${(colour >>> 16) & 255})`);
}

function paintHeatmap(out, steps, shades) {
  for (let i = 0; i < out.length; i++) out[i] = shades[steps[i]];
}

function paintOverlay(out, photo, steps, { image, grey, redBlue, green }) {
  for (let i = 0; i < out.length; i++) {
    const k = steps[i], p = photo[i], share = image[k], dim = grey[k];
    let two = Math.imul(p & TWO, share) + redBlue[k], one = Math.imul((p >>> 8) & 255, share) + green[k];
    if (dim) {
      const luma = Math.imul((77 * (p & 255) + 150 * ((p >>> 8) & 255) + 29 * ((p >>> 16) & 255) + 128) >> 8, dim);
      two += luma * 0x10001;
      one += luma;
    }
    out[i] = 0xff000000 | ((two >>> 8) & TWO) | (one & 0xff00);
  }
}
