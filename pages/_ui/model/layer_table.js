// The layers of a network as a tree in a table (WAI-ARIA treegrid): search, fold, choose. Text goes in as text.

const TABLES = new WeakMap();
const OPEN_DEPTH = 2; // rows above it are unfolded at first
let choices = 0;

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".layers");
  if (!root || !data) return undefined;
  let table = TABLES.get(root);
  if (!table) TABLES.set(root, (table = build(root)));
  table.tell = (layer) => setStateValue("chosen", { layer, number: `${Date.now()}.${++choices}` });
  receive(table, data);
  return () => TABLES.delete(root);
}

const make = (tag, props = {}, ...kids) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) name in node ? (node[name] = value) : node.setAttribute(name, value);
  node.append(...kids);
  return node;
};

function build(root) {
  const table = { root, rows: [], open: new Set(), active: 0, model: null };
  table.search = make("input", { type: "search", placeholder: "Search layers: a name or a kind", "aria-label": "Search layers" });
  table.count = make("span", { className: "count", role: "status" });
  const unfold = make("button", { type: "button", textContent: "Unfold all" }), fold = make("button", { type: "button", textContent: "Fold all" });
  table.head = make("tr", { role: "row" }, ...["Layer", "Map", "Kind", "Output", "Parameters", "Mult-adds"].map((text) => make("th", { scope: "col", role: "columnheader", textContent: text })));
  table.body = make("tbody", { role: "rowgroup" });
  const grid = make("table", { role: "treegrid", "aria-label": "Layers of the network" }, make("thead", { role: "rowgroup" }, table.head), table.body);
  table.note = make("p", { className: "note", role: "status" });
  root.replaceChildren(make("div", { className: "tools" }, table.search, unfold, fold, table.count), make("div", { className: "scroll" }, grid), table.note);
  table.search.oninput = () => draw(table);
  unfold.onclick = () => setOpen(table, table.rows.map((_, place) => place));
  fold.onclick = () => setOpen(table, [0]);
  table.body.onclick = (event) => clicked(table, event);
  table.body.onkeydown = (event) => pressed(table, event);
  return table;
}

function receive(table, data) {
  const isNew = table.model !== data.model;
  Object.assign(table, { rows: data.rows, target: data.target, model: data.model });
  if (isNew) {
    table.open = new Set(table.rows.flatMap((row, place) => (row.depth < OPEN_DEPTH ? [place] : [])));
    table.active = Math.max(0, table.rows.findIndex((row) => row.name === table.target));
    ancestors(table, table.active).forEach((place) => table.open.add(place));
    table.search.value = "";
    table.note.textContent = "";
  }
  draw(table);
  if (isNew) showRow(table, table.active);
}

// In the table's own scroller; the page stays where it is.
function showRow(table, place) {
  const row = [...table.body.children].find((one) => Number(one.dataset.place) === place);
  const scroller = table.body.closest(".scroll");
  if (!row || !scroller) return;
  const [seen, wanted] = [scroller.getBoundingClientRect(), row.getBoundingClientRect()];
  scroller.scrollTop += Math.max(0, wanted.bottom - seen.bottom) || Math.min(0, wanted.top - seen.top);
}

function ancestors(table, place) {
  const found = [];
  for (let at = place - 1, depth = table.rows[place]?.depth; at >= 0; at--) {
    if (table.rows[at].depth < depth) found.push(at), (depth = table.rows[at].depth);
  }
  return found;
}

const hasParts = (table, place) => table.rows[place + 1]?.depth > table.rows[place].depth;

// The rows on screen: while one searches, those that match and what holds them; else those in unfolded ones.
function visible(table) {
  const words = table.search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const places = table.rows.map((_, place) => place);
  if (!words.length) return { places: places.filter((place) => ancestors(table, place).every((above) => table.open.has(above))), matches: null };
  const matches = places.filter((place) => words.every((word) => `${table.rows[place].name} ${table.rows[place].kind}`.toLowerCase().includes(word)));
  const shown = new Set(matches.flatMap((place) => [place, ...ancestors(table, place)]));
  return { places: places.filter((place) => shown.has(place)), matches };
}

function draw(table) {
  const { places, matches } = visible(table);
  if (!places.includes(table.active)) table.active = places[0] ?? 0;
  const hadFocus = table.body.contains(table.root.getRootNode().activeElement);
  table.body.replaceChildren(...places.map((place) => line(table, place, matches)));
  table.count.textContent = matches ? (matches.length ? `${matches.length} of ${table.rows.length} rows` : "No layer has this name or kind.") : `${table.rows.length} rows`;
  if (hadFocus) focusActive(table);
}

function line(table, place, matches) {
  const row = table.rows[place], isTarget = row.name === table.target && row.cells !== "";
  const twist = make("span", { className: "twist", "aria-hidden": "true", textContent: hasParts(table, place) ? (isOpen(table, place, matches) ? "▾" : "▸") : "" });
  const first = make("td", { role: "gridcell", className: "name" }, twist, make("span", { textContent: row.shown }));
  first.style.setProperty("--depth", row.depth);
  const badge = isTarget ? make("strong", { textContent: `${row.cells} · target` }) : row.cells || "–";
  const rest = [badge, row.kind, row.output, row.parameters, row.mult_adds].map((cell, column) => make("td", { role: "gridcell", className: column > 1 ? "number" : "map" }, cell));
  const made = make("tr", { role: "row", title: row.reason, tabIndex: place === table.active ? 0 : -1, "aria-level": row.depth + 1, "aria-selected": String(isTarget) }, first, ...rest);
  if (hasParts(table, place)) made.setAttribute("aria-expanded", String(isOpen(table, place, matches)));
  made.classList.toggle("none", !row.cells);
  made.dataset.place = place;
  made.dataset.layer = row.name;
  return made;
}

const isOpen = (table, place, matches) => Boolean(matches) || table.open.has(place);

function setOpen(table, places) {
  table.open = new Set(places);
  table.search.value = "";
  draw(table);
}

function toggle(table, place, wanted = !table.open.has(place)) {
  if (table.search.value.trim() || !hasParts(table, place)) return;
  wanted ? table.open.add(place) : table.open.delete(place);
  draw(table);
}

function clicked(table, event) {
  const made = event.target.closest("tr");
  if (!made) return;
  table.active = Number(made.dataset.place);
  if (event.target.closest(".twist") && hasParts(table, table.active)) toggle(table, table.active);
  else choose(table, table.active);
  focusActive(table);
}

// A row that gives a map becomes the target layer on every page; another one says why it can't.
function choose(table, place) {
  const row = table.rows[place], what = `${row.name || "The network itself"} (${row.kind}, ${row.output})`;
  if (row.cells) {
    table.target = row.name;
    table.note.textContent = `${what} is explained on every page from now on: ${row.cells} cells. ${row.sees}`;
    table.tell(row.name);
  } else table.note.textContent = `${what} can't be explained. ${row.reason}`;
  draw(table);
}

function pressed(table, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { places } = visible(table), at = places.indexOf(table.active), depth = table.rows[table.active].depth;
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: places.length - 1 }[event.key];
  if (to !== undefined) table.active = places[Math.min(Math.max(to, 0), places.length - 1)];
  else if (event.key === "ArrowRight") hasParts(table, table.active) && !table.open.has(table.active) ? toggle(table, table.active, true) : (table.active = places[at + 1] ?? table.active);
  else if (event.key === "ArrowLeft") hasParts(table, table.active) && table.open.has(table.active) ? toggle(table, table.active, false) : (table.active = places.slice(0, at).reverse().find((place) => table.rows[place].depth < depth) ?? table.active);
  else if (event.key === "Enter" || event.key === " ") choose(table, table.active);
  else return;
  event.preventDefault();
  event.stopPropagation();
  focusActive(table);
}

function focusActive(table) {
  for (const row of table.body.children) {
    const isActive = Number(row.dataset.place) === table.active;
    row.tabIndex = isActive ? 0 : -1;
    if (isActive) row.focus({ preventScroll: false });
  }
}
