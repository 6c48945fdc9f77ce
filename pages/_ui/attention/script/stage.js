// The stage: the original beside the map of the chosen token, drawn from what is here.

function buildStage(state) {
  state.panes = buildPanes(["original", "overlay"], { words: () => marksMoved(state), idle: "" });
  state.panes.centre = (at) => {
    const cell = state.cells && cellUnder(state.cells, at);
    return cell === null || !state.cells ? at : middleOf(state.cells, cell);
  };
  state.panes.onPaint = () => (state.root.dataset.painted = state.shown?.key ?? "");
  state.node.bar = el("div", { className: "bar", role: "img" }, el("span"), el("span", { className: "ramp" }), el("span"));
}

// Everything that a choice changes: the controls, the marks, the map.
function showChoice(state) {
  if (!state.view) return;
  const block = chosenBlock(state);
  showControls(state);
  showFilm(state);
  tellBeside(state);
  if (!block) return;
  layCells(state, block);
  placeKept(state);
  if (state.choice.token[0] !== "c") read(state.panes); // else the mark that was placed has done so
  takeAwayFollows(state);
}

// The cells of the chosen block; the panels know them too.
function layCells(state, block) {
  const key = `${state.view.id} ${block.grid} ${block.prefix} ${block.shift ?? ""}`;
  if (state.cells?.key === key) return;
  state.cells = { ...cellsOf(state.view, block), key };
  const { panes, view, cells } = state, { shown } = view;
  setImage(panes, { ...view, cells: block.grid, shift: cells.shift, unit: "" }, null);
  panes.cell = cells.size;
  panes.stage.style.setProperty("--cell-width", `${(100 * cells.size[0]) / shown[0]}%`);
  panes.stage.style.setProperty("--cell-height", `${(100 * cells.size[1]) / shown[1]}%`);
  panes.map ??= { key: "", values: new Float32Array(cells.isSeen.length), scale: 0, isUsable: true, isSigned: false };
}

// The mark of a kept cell stands where the choice says.
function placeKept(state) {
  const { panes, cells, choice } = state, { marks } = panes;
  marks.pin = choice.token[0] === "c" ? middleOf(cells, Number(choice.token.slice(1))) : null;
  marks.box = marks.anchor = null;
  if (marks.pin) read(panes);
}

// Called whenever a mark has moved: a kept cell becomes the choice, a pointed one is drawn; what is said of it.
function marksMoved(state) {
  if (!state.cells) return "";
  const { panes, cells, choice } = state, { marks } = panes, kept = cellUnder(cells, marks.pin);
  const token = kept !== null ? `c${kept}` : choice.token[0] === "c" ? "read" : choice.token;
  if (token !== choice.token) choose(state, { token });
  const pointed = cellUnder(cells, marks.pointer);
  drawMap(state, kept === null && pointed !== null ? `c${pointed}` : token);
  return sentenceOf(state, kept === null || kept === pointed ? null : pointed);
}

// The map of a token, painted at the next frame; where it is not here yet, the former one is marked as waiting.
function drawMap(state, token) {
  const { panes, choice, view } = state, show = SHOWS[choice.show], made = show.map(state, token);
  state.root.toggleAttribute("data-waiting", !made && Boolean(state.wanted));
  state.node.note.textContent = state.refused.get(show.part(choice, state.view)) ?? [cueWords(state), show.note, show.hasHeads && chosenBlock(state).doubt, sinkWords(state), refusalWords(state)].filter(Boolean).join(" ");
  markSinks(state);
  if (!made) return showNothing(state);
  const peak = brightest(state.cells, made.values), scale = made.scale ?? (peak < 0 ? 0 : made.values[peak]);
  const key = [view.id, choice.show, choice.block, choice.head, choice.direction, choice.hide, token].join(" ");
  state.shown = { ...made, scale, key, token, peak };
  panes.map = { key, values: made.values, scale, isUsable: true, isSigned: false };
  drawBar(state);
  if (show.paint) requestAnimationFrame(() => state.shown?.key === key && show.paint(state));
  else repaint(panes);
}

// A map that is on its way is waited for over the former one; of one that can't be had nothing is shown.
function showNothing(state) {
  const { panes, cells, node } = state;
  state.shown = null;
  if (state.wanted) return;
  node.bar.toggleAttribute("data-empty", true);
  panes.map = { key: `nothing ${cells.key}`, values: new Float32Array(cells.isSeen.length), scale: 0, isUsable: false, isSigned: false };
  repaint(panes);
}

// The map of attention or rollout: the row of a token, or its column; `others` are the shares of tokens before the cells.
function attentionMap(state, token) {
  const { choice } = state, { tokens, prefix } = chosenBlock(state), { block, head, direction } = choice, name = SHOWS[choice.show].part(choice, state.view);
  const matrix = part(state, name), isRow = direction === "looks";
  if (!matrix && !(token === "read" && isRow && choice.show === "attention")) return null;
  const from = name.startsWith("heads") ? (head - 1) * tokens * tokens : 0;
  const row = matrix
    ? (isRow ? rowOf : columnOf)(matrix, tokens, from, sharesOf(state, token))
    : state.parts.get(`rows-${block}`).slice(head * tokens, (head + 1) * tokens);
  const values = row.slice(prefix), others = row.slice(0, prefix);
  return choice.hide ? withoutSinks(state, { values, others }, isRow) : { values, others };
}

function drawBar(state) {
  const { shown, panes, node, choice } = state, [low, ramp, high] = node.bar.children, most = shown.top ?? sharePercent(shown.scale);
  low.textContent = shown.bottom ?? "0";
  high.textContent = `${most} ${SHOWS[choice.show].unit}`;
  const colours = panes.look.key;
  if (node.bar.dataset.of !== colours) {
    ramp.style.background = `linear-gradient(to right, ${rampOf({ map: panes.map, look: { ...panes.look, view: "overlay" } }).join(", ")})`;
    node.bar.dataset.of = colours;
  }
  node.bar.toggleAttribute("data-empty", !SHOWS[choice.show].unit);
  node.bar.setAttribute("aria-label", `Colour scale from ${low.textContent} to ${high.textContent}`);
}
