// What the cells of a layer have in common: how alike each is to the pointed one, and all of them as colours. For networks
// of every kind.

const UNLIKE = 'Each patch\u2019s features beside the pointed one\u2019s: 1 is the same direction, 0 or less nothing in common. It is not about a class.';
const PAINTED = "The three directions in which the patches\u2019 features differ most, as red, green and blue: like colours, like features. It is not about a class.";

SHOWS.similarity = {
  title: "Similarity",
  note: UNLIKE,
  unit: "cosine",
  rows: ({ layers }) => layers,
  refusal: ({ layers }) => (layers.length ? "" : "No layer of this network has cells."),
  part: ({ block }) => `similarity-${block}`,
  map: similarityMap,
  words: similarityWords,
  isOfCells: true,
};
SHOWS.colours = {
  title: "Colours",
  note: PAINTED,
  unit: "",
  rows: SHOWS.similarity.rows,
  refusal: SHOWS.similarity.refusal,
  part: ({ block }) => `colours-${block}`,
  map: coloursMap,
  words: coloursWords,
  paint: paintColours,
  isOfCells: true,
};

// A cell's likeness to all others; without one the cell in the middle of what is seen.
function similarityMap(state, token) {
  const matrix = part(state, SHOWS.similarity.part(state.choice, state.view));
  if (!matrix) return null;
  const cell = token[0] === "c" ? Number(token.slice(1)) : middleCell(state.cells), cells = state.cells.isSeen.length, channels = matrix.length / cells;
  const values = new Float32Array(cells), own = matrix.subarray(cell * channels, (cell + 1) * channels);
  for (let other = 0, at = 0; other < cells; other++) {
    let sum = 0;
    for (let i = 0; i < channels; i++, at++) sum += own[i] * matrix[at];
    values[other] = clamp(sum, -1, 1);
  }
  return { values, others: [], scale: 1, bottom: "0 or less", top: "1", cell };
}

function middleCell({ isSeen, rows, columns }) {
  const middle = (rows >> 1) * columns + (columns >> 1);
  return isSeen[middle] ? middle : isSeen.indexOf(true);
}

function similarityWords({ shown, cells }) {
  const { cell, values } = shown, alike = brightest({ isSeen: cells.isSeen.map((isSeen, place) => isSeen && place !== cell) }, values);
  const most = alike < 0 ? "" : ` is most like ${cellWords(cells, alike)} (${figures(values[alike])})`;
  return `patch ${cellWords(cells, cell)}${most}.`;
}

function coloursMap(state) {
  const colours = part(state, SHOWS.colours.part(state.choice, state.view));
  return colours && { values: new Float32Array(state.cells.isSeen.length), others: [], scale: 0, colours };
}

function coloursWords({ shown, cells }) {
  return shown.token[0] === "c" ? `patch ${cellWords(cells, Number(shown.token.slice(1)))}.` : "like colours, like features.";
}

// Each seen pixel in the colour between its cells, over the image in grey so that its things can be told.
function paintColours(state) {
  const { panes, view, cells, shown } = state, { overlay } = panes.pane, { photo, grid } = panes, [width] = view.shown, [left, top] = view.seen;
  overlay.pixels.set(photo);
  if (state.shown?.colours) mixColours(overlay.pixels, photo, { grid, width, left, top, columns: cells.columns, colours: shown.colours });
  show(overlay, null);
  panes.onPaint();
}

function mixColours(out, photo, { grid, width, left, top, columns, colours }) {
  const { x, y } = grid;
  for (let j = 0; j < y.below.length; j++) {
    const above = y.below[j] * columns, under = y.above[j] * columns, down = y.share[j];
    for (let i = 0, at = (top + j) * width + left; i < x.below.length; i++, at++) {
      const p = photo[at], across = x.share[i], light = 0.55 + (77 * (p & 255) + 150 * ((p >>> 8) & 255) + 29 * ((p >>> 16) & 255)) / 145000;
      let packed = 0xff000000;
      for (let c = 0; c < 3; c++) {
        const upper = mixed(colours[3 * (above + x.below[i]) + c], colours[3 * (above + x.above[i]) + c], across);
        const lower = mixed(colours[3 * (under + x.below[i]) + c], colours[3 * (under + x.above[i]) + c], across);
        packed |= Math.round(mixed(upper, lower, down) * light) << (8 * c);
      }
      out[at] = packed;
    }
  }
}
