// A film: pictures that a slider goes through, and curves that say what the network made of each. One slider moves all.

const FILMS = new WeakMap(); // by root: the message on screen, the step, and nodes
const SVG = "http://www.w3.org/2000/svg";
const PLOT = { width: 420, height: 240, left: 44, right: 12, top: 12, bottom: 34 };

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".film");
  if (!root || !data) return undefined;
  const film = FILMS.get(root) ?? { root, id: "", step: 0 };
  FILMS.set(root, film);
  if (film.id !== data.id) build(film, data);
  return undefined;
}

function build(film, message) {
  const isSame = film.message?.steps.length === message.steps.length;
  Object.assign(film, { id: message.id, message, step: isSame ? film.step : message.start });
  film.images = message.pictures.map(({ alt }) => el("img", { alt }));
  film.captions = message.pictures.map(() => el("span", { className: "value" }));
  const figures = message.pictures.map(({ title }, place) =>
    el("figure", {}, el("figcaption", {}, title, film.captions[place]), film.images[place]));
  film.slider = el("input", { type: "range", min: 0, max: message.steps.length - 1, step: 1, value: film.step });
  film.slider.oninput = () => show(film, Number(film.slider.value));
  film.now = el("output", { className: "now" });
  const slider = el("label", { className: "slider" }, el("span", { textContent: message.label }), film.slider, film.now);
  const reel = el("div", { className: "reel" }, el("div", { className: "pictures" }, ...figures), slider);
  film.root.replaceChildren(reel, buildPlot(film, message.plot));
  show(film, film.step);
  film.root.dataset.shown = message.id;
}

function show(film, step) {
  const { message } = film;
  film.step = step;
  message.pictures.forEach(({ files, captions }, place) => {
    film.images[place].src = files[step];
    film.captions[place].textContent = captions[step];
  });
  film.now.textContent = message.steps[step];
  const told = message.pictures.map(({ title, captions }) => `${title}: ${captions[step]}`).join(". ");
  film.slider.setAttribute("aria-valuetext", `${message.steps[step]}. ${told}`);
  markStep(film);
}

/* the curves */

function svg(tag, attributes, ...kids) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...kids);
  return node;
}

function buildPlot(film, plot) {
  const { width, height, left, right, top, bottom } = PLOT, last = film.message.steps.length - 1;
  film.x = (step) => left + (step / Math.max(last, 1)) * (width - left - right);
  film.y = (value) => top + ((plot.high - value) / (plot.high - plot.low)) * (height - top - bottom);
  film.cursor = svg("line", { class: "cursor", y1: top, y2: height - bottom });
  film.dots = plot.curves.map(({ style }) => svg("circle", { class: `dot ${style}`, r: 4.5 }));
  const lines = plot.curves.map(({ style, values }) => svg("path", { class: `curve ${style}`, d: pathOf(film, values) }));
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": plot.alt },
    ...gridOf(film, plot), film.cursor, ...lines, ...film.dots);
  const keys = plot.curves.map(({ name, style, note }) =>
    el("li", {}, el("span", { className: `key ${style}` }), el("span", { textContent: name }), el("span", { className: "value", textContent: note })));
  return el("div", { className: "plot" }, el("p", { className: "axis", textContent: plot.title }), picture, el("ul", { className: "keys" }, ...keys));
}

function gridOf(film, plot) {
  const { width, height, left, right, bottom } = PLOT;
  const rows = plot.ticks.flatMap(({ value, text }) => [
    svg("line", { class: "grid", x1: left, x2: width - right, y1: film.y(value), y2: film.y(value) }),
    svg("text", { x: left - 6, y: film.y(value) + 4, "text-anchor": "end" }, text),
  ]);
  const ends = [[0, "start"], [film.message.steps.length - 1, "end"]].map(([step, anchor]) =>
    svg("text", { x: film.x(step), y: height - bottom + 18, "text-anchor": anchor }, film.message.steps[step]));
  const middle = svg("text", { x: (left + width - right) / 2, y: height - 4, "text-anchor": "middle" }, plot.across);
  return [...rows, ...ends, middle];
}

// A value that is not defined leaves a gap; one that stands alone is a dot, a line of no length.
function pathOf(film, values) {
  let pen = "M";
  return values.map((value, step) => {
    if (value === null) return (pen = "M"), "";
    const part = `${pen}${film.x(step).toFixed(1)} ${film.y(value).toFixed(1)}${pen === "M" ? "h0" : ""}`;
    pen = "L";
    return part;
  }).join("");
}

function markStep(film) {
  const x = film.x(film.step);
  film.cursor.setAttribute("x1", x);
  film.cursor.setAttribute("x2", x);
  film.message.plot.curves.forEach(({ values }, place) => {
    const value = values[film.step], dot = film.dots[place];
    dot.setAttribute("cx", x);
    dot.setAttribute("cy", value === null ? -20 : film.y(value));
  });
}
