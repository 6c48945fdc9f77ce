// The filmstrip: a small map for every block and head of what is read looks at; one that is chosen fills the stage.

function buildFilm(state) {
  state.node.film = el("div", { className: "film", role: "grid", "aria-label": "Filmstrip: what is read looks at, by block and head" });
  state.node.film.onclick = (event) => thumbClicked(state, event);
  state.node.film.onkeydown = (event) => thumbKey(state, event);
}

// All of it anew: another view.
function drawFilm(state) {
  const { node, view } = state, heads = Math.max(0, ...view.blocks.filter(({ reason }) => !reason).map((block) => block.heads));
  state.thumbs = new Map();
  node.film.style.setProperty("--columns", heads + 1);
  node.film.replaceChildren(...(heads ? [headRow(heads)] : []), ...groupsOf(view.blocks).map((group) => (group.reason ? reasonRow(group) : blockRow(state, group.first))));
  node.film.hidden = !view.blocks.length;
}

function headRow(heads) {
  const names = ["Mean", ...Array.from({ length: heads }, (_, place) => String(place + 1))];
  const cells = names.map((name, place) => el("span", { role: "columnheader", className: "name", textContent: place === 1 && heads <= 8 ? "Head 1" : name, "aria-label": place ? `Head ${name}` : "Mean of heads" }));
  return el("div", { className: "line names", role: "row" }, el("span", { role: "columnheader", className: "name", textContent: "Block" }), ...cells);
}

// Blocks one by one, and those in a row that have the same reason not to be there together.
function groupsOf(blocks) {
  const groups = [];
  blocks.forEach(({ reason }, place) => {
    const last = groups.at(-1);
    if (reason && last?.reason === reason) last.last = place;
    else groups.push({ reason, first: place, last: place });
  });
  return groups;
}

function reasonRow({ first, last, reason }) {
  const name = first === last ? `Block ${first + 1}` : `Blocks ${first + 1} to ${last + 1}`;
  return el("div", { className: "line missing", role: "row" }, el("span", { role: "gridcell", textContent: `${name}: ${reason}` }));
}

function blockRow(state, place) {
  const { heads, name } = state.view.blocks[place], thumbs = Array.from({ length: heads + 1 }, (_, head) => thumb(state, place, head));
  return el("div", { className: "line", role: "row" }, el("span", { className: "name", role: "rowheader", textContent: String(place + 1), title: name, "aria-label": `Block ${place + 1}` }), ...thumbs);
}

function thumb(state, block, head) {
  const { grid: [rows, columns] } = state.view.blocks[block], canvas = el("canvas", { width: columns, height: rows });
  const button = el("button", { type: "button", className: "thumb", role: "gridcell", tabIndex: -1, "aria-label": `Block ${block + 1}, ${head ? `head ${head}` : "mean of heads"}` }, canvas);
  Object.assign(button.dataset, { block, head });
  button.style.setProperty("--ratio", columns / rows);
  state.thumbs.set(`${block} ${head}`, button);
  drawThumb(state, canvas, block, head);
  return button;
}

function drawThumb(state, canvas, block, head) {
  const { tokens, prefix } = state.view.blocks[block], all = state.parts.get(`rows-${block}`);
  const values = all.subarray(head * tokens + prefix, (head + 1) * tokens), most = Math.max(...values), { colours } = state.panes.look;
  const image = new ImageData(canvas.width, canvas.height), pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i++) pixels[i] = colours[most > 0 ? Math.round((STEPS * values[i]) / most) : 0];
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// Which one fills the stage; it is also where the keyboard comes in.
function showFilm({ thumbs, choice }) {
  const chosen = thumbs.get(`${choice.block} ${choice.head}`) ?? thumbs.values().next().value;
  for (const button of thumbs.values()) {
    const isChosen = button === chosen && choice.show === "attention";
    button.setAttribute("aria-selected", String(isChosen));
    button.tabIndex = button === chosen ? 0 : -1;
  }
}

function thumbClicked(state, event) {
  const button = event.target.closest(".thumb");
  if (button) choose(state, { show: "attention", block: Number(button.dataset.block), head: Number(button.dataset.head) });
}

function thumbKey(state, event) {
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key], at = event.target.closest(".thumb");
  if (!step || !at || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  let block = Number(at.dataset.block), head = Number(at.dataset.head) + step[1], next = null;
  do {
    block += step[0];
    next = state.thumbs.get(`${block} ${head}`) ?? null;
  } while (step[0] && !next && block >= 0 && block < state.view.blocks.length);
  if (!next) return;
  at.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}
