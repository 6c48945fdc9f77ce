// Sinks: what attention flows to without being a place of the image. Tokens before the cells, and cells that stand out by
// their size; on demand they are left out, and what remains is shared among the others.

const OUTLIERS = "outliers-0";

// By cell, whether it is a sink, as far as that is known.
function knownSinks({ parts, cells }) {
  const told = parts.get(OUTLIERS), none = new Uint8Array(cells.isSeen.length);
  return told?.length === none.length ? told : none;
}

// A row that is left sums to 1 again; a column is as it was.
function withoutSinks(state, { values, others }, isRow) {
  if (!state.refused.has(OUTLIERS) && !part(state, OUTLIERS)) return null;
  const sinks = knownSinks(state);
  for (let cell = 0; cell < values.length; cell++) if (sinks[cell]) values[cell] = 0;
  const left = sumOf(values);
  if (isRow && left > 0) for (let cell = 0; cell < values.length; cell++) values[cell] /= left;
  return { values, others: new Float32Array(others.length) };
}

const isHiding = ({ choice }) => choice.hide && !SHOWS[choice.show].isOfCells;

function sinkWords(state) {
  if (!isHiding(state)) return "";
  const told = state.parts.get(OUTLIERS), isKnown = told?.length === state.cells.isSeen.length;
  if (!told && !state.refused.has(OUTLIERS)) return ""; // on its way
  const count = sumOf(knownSinks(state)), tokens = chosenBlock(state).prefix;
  const left = [tokens && (tokens > 1 ? `the ${tokens} tokens that are no patch` : `the ${state.view.tokens[0]}`), count && (count > 1 ? `the ${count} patches whose features are far larger than the others\u2019` : "the patch whose features are far larger than the others\u2019")].filter(Boolean);
  const unknown = isKnown ? "" : " Which patches stand out by their size is not known here.";
  if (!left.length) return isKnown ? "There is no sink here: no token that is no patch, and no patch of unusual size." : `Nothing is left out.${unknown}`;
  const rest = state.choice.direction === "looks" ? "; the rest is shared among the others" : ""; // a column is as it was
  return `Left out: ${left.join(" and ")}${rest}.${unknown}`;
}

// A cross over each cell that is left out.
function markSinks(state) {
  const { panes, cells, view } = state, sinks = isHiding(state) ? [...knownSinks(state)] : [], [width, height] = view.shown;
  const key = `${cells.key} ${sinks.flatMap((isSink, cell) => (isSink ? [cell] : []))}`;
  if (state.node.sinks.dataset.of === key) return;
  state.node.sinks.dataset.of = key;
  panes.pane.overlay.plane.append(state.node.sinks);
  state.node.sinks.replaceChildren(...sinks.flatMap((isSink, cell) => {
    if (!isSink) return [];
    const { x, y } = middleOf(cells, cell), cross = el("span", { className: "sink" });
    cross.style.left = `${(100 * (x + 0.5)) / width}%`;
    cross.style.top = `${(100 * (y + 0.5)) / height}%`;
    return [cross];
  }));
}
