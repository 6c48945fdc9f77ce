// The chart of all heads: blocks from left to right, in each its heads from left to right.

const SVG = "http://www.w3.org/2000/svg";
const PLOT = { width: 440, height: 330, left: 36, right: 6, top: 10, bottom: 42 };
const SPREAD = 0.7; // of a block's width that its heads take
const MOST_NAMES = 16; // of blocks, that have room

function svg(tag, attributes, ...kids) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...kids);
  return node;
}

function buildChart(depth, chart) {
  const { width, height, left, right, top, bottom } = PLOT, step = (width - left - right) / chart.names.length;
  const heads = Math.max(...chart.dots.map(({ head }) => head));
  depth.x = (column, head) => left + step * (column + 0.5 + SPREAD * ((head - 0.5) / heads - 0.5));
  depth.y = (value) => height - bottom - (value / chart.most) * (height - top - bottom);
  depth.band = svg("rect", { class: "band", y: top, height: height - top - bottom, width: step });
  depth.bandAt = (column) => left + step * column;
  depth.plot = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": `${chart.upwards} of every head. Arrow keys go from head to head.` },
    depth.band, ...gridOf(depth, chart), ...evenOf(depth, chart), ...buildDots(depth, chart.dots));
  depth.readout = el("p", { className: "told" });
  const axis = el("p", { className: "axis", textContent: asSentence(chart.upwards) });
  return [...opening(chart.title, chart.says), axis, depth.plot, el("div", { className: "foot" }, depth.readout, ...endsOf(chart.ends))];
}

function gridOf(depth, { ticks, names, across }) {
  const { width, height, left, right, bottom } = PLOT, every = Math.ceil(names.length / MOST_NAMES);
  const rows = ticks.flatMap(({ value, text }) => [
    svg("line", { class: "grid", x1: left, x2: width - right, y1: depth.y(value), y2: depth.y(value) }),
    svg("text", { x: left - 6, y: depth.y(value) + 4, "text-anchor": "end" }, text),
  ]);
  const step = depth.bandAt(1) - depth.bandAt(0);
  const blocks = names.map((name, column) =>
    column % every ? "" : svg("text", { x: depth.bandAt(column) + step / 2, y: height - bottom + 17, "text-anchor": "middle" }, name));
  return [...rows, ...blocks, svg("text", { x: (left + width - right) / 2, y: height - 4, "text-anchor": "middle" }, across)];
}

function evenOf(depth, { even, most }) {
  const y = depth.y(even);
  return even === null || even > most ? [] : [svg("line", { class: "even", x1: PLOT.left, x2: PLOT.width - PLOT.right, y1: y, y2: y })];
}

// What the palest and the fullest dot say.
function endsOf([low, high]) {
  if (!low) return [];
  const dot = (shade) => svg("svg", { viewBox: "-7 -7 14 14", class: "key", "aria-hidden": "true" }, circle(0, 0, shade));
  return [el("p", { className: "ends" }, dot(0), low, " to ", dot(1), high)];
}

function circle(cx, cy, shade) {
  const node = svg("circle", { class: "dot", cx, cy, r: 5 });
  node.style.setProperty("--full", shade ?? 1);
  return node;
}
