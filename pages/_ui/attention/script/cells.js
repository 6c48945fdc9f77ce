// Where the cells of a block lie in the image, by their number in raster order.

function cellsOf(view, { grid, prefix = 0, shift = [0, 0] }) {
  const [rows, columns] = grid, [x0, y0, x1, y1] = view.window, [left, top, right, bottom] = view.seen;
  const size = [(x1 - x0) / columns, (y1 - y0) / rows];
  const cells = { rows, columns, prefix, shift, size, window: view.window, seen: view.seen };
  const isWithin = ({ x, y }) => x >= left - 0.5 && x < right - 0.5 && y >= top - 0.5 && y < bottom - 0.5;
  cells.isSeen = Array.from({ length: rows * columns }, (_, cell) => isWithin(middleOf(cells, cell)));
  return cells;
}

// The pixel in the middle of a cell; it may lie between pixels.
function middleOf({ columns, shift, size, window: [x0, y0] }, cell) {
  const row = Math.floor(cell / columns), column = cell % columns;
  return { x: x0 + (column + 0.5 + shift[0]) * size[0] - 0.5, y: y0 + (row + 0.5 + shift[1]) * size[1] - 0.5 };
}

// The cell at a pixel; null where the model saw nothing.
function cellUnder({ rows, columns, shift, window: [x0, y0, x1, y1], seen: [left, top, right, bottom] }, at) {
  if (!at || at.x < left - 0.5 || at.x >= right || at.y < top - 0.5 || at.y >= bottom) return null;
  const row = Math.floor(cellAt(at.y, [y0, y1], rows, shift[1]) + 0.5), column = Math.floor(cellAt(at.x, [x0, x1], columns, shift[0]) + 0.5);
  return Math.min(row, rows - 1) * columns + Math.min(column, columns - 1);
}

const cellWords = ({ columns }, cell) => `row ${Math.floor(cell / columns) + 1}, column ${(cell % columns) + 1}`;

// The brightest cell over the image, and -1 where there is none.
function brightest({ isSeen }, values) {
  let best = -1;
  for (let cell = 0; cell < values.length; cell++) if (isSeen[cell] && (best < 0 || values[cell] > values[best])) best = cell;
  return best;
}
