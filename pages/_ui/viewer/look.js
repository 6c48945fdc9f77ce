// How the map is drawn: tools that the browser obeys at once, without the server.

const USUAL_LOOK = { view: "side", colormap: "", opacity: 50, threshold: 0, scale: "own", contour: 0, k: USUAL_COUNT };
const VIEWS = { side: "Side by side", overlay: "Overlay", swipe: "Swipe" };
const SCALES = { own: "Own maximum", shared: "Shared by the likeliest" };
const CONTOURS = [0, 5, 10, 20, 30, 50];
const IS_SOUND = {
  view: (text) => Object.hasOwn(VIEWS, text),
  scale: (text) => Object.hasOwn(SCALES, text),
  contour: (text) => CONTOURS.includes(Number(text)),
  opacity: (text) => isWhole(text, 0, 100),
  threshold: (text) => isWhole(text, 0, 95),
  k: (text) => isWhole(text, 1, 10),
};

const isWhole = (text, low, high) => /^\d{1,3}$/.test(text) && Number(text) >= low && Number(text) <= high;

function buildTools(s) {
  s.tool = {};
  s.views = el("div", { className: "views", role: "group", "aria-label": "Panels" }, ...Object.entries(VIEWS).map(([slug, title]) => viewButton(s, slug, title)));
  const reset = el("button", { type: "button", className: "plain", textContent: "Reset" });
  reset.onclick = () => changeLook(s, { ...USUAL_LOOK, colormap: s.view.colormaps[0].slug, k: s.look.k });
  const sliders = [slider(s, "opacity", "Opacity", 100, 1), slider(s, "threshold", "Hide below", 95, 1)];
  const choices = [choice(s, "colormap", "Colours"), choice(s, "scale", "Scale"), choice(s, "contour", "Contour")];
  s.legend = el("div", { className: "bar", role: "img" });
  s.tools = el("div", { className: "tools", role: "group", "aria-label": "View" }, s.views, ...sliders, buildActions(s));
  s.scales = el("div", { className: "scales", role: "group", "aria-label": "What the colours mean" }, s.legend, ...choices, reset);
}

function viewButton(s, slug, title) {
  const button = el("button", { type: "button", textContent: title });
  button.dataset.slug = slug;
  button.onclick = () => changeLook(s, { view: slug });
  return button;
}

const field = (title, ...parts) => el("label", { className: "field" }, el("span", { textContent: title }), ...parts);

function slider(s, name, title, max, step) {
  const input = el("input", { type: "range", min: 0, max, step, "aria-label": title });
  const said = el("output", { className: "value" });
  input.oninput = () => {
    s.look[name] = Number(input.value);
    said.textContent = `${input.value}\u00a0%`;
    repaint(s);
  };
  input.onchange = () => changeLook(s, { [name]: Number(input.value) });
  s.tool[name] = { input, show: (value) => ((input.value = value), (said.textContent = `${value}\u00a0%`)) };
  return field(title, input, said);
}

function choice(s, name, title) {
  const input = el("select", { "aria-label": title });
  input.onchange = () => changeLook(s, { [name]: name === "contour" ? Number(input.value) : input.value });
  s.tool[name] = { input, show: (value) => (input.value = value) };
  return field(title, input);
}

// The choices that a view brings: colour maps, and the scale that only a list can share.
function fillTools(s) {
  const fill = (name, pairs) =>
    s.tool[name].input.replaceChildren(...pairs.map(([value, textContent, title]) => el("option", { value, textContent, title: title ?? "" })));
  fill("colormap", s.view.colormaps.map(({ slug, title, sentence }) => [slug, title, sentence]));
  fill("scale", Object.entries(SCALES));
  fill("contour", CONTOURS.map((share) => [share, share ? `Strongest ${share} %` : "None"]));
  showLook(s);
}

function showLook(s) {
  for (const [name, tool] of Object.entries(s.tool)) tool.show(s.look[name]);
  for (const button of s.views.children) button.setAttribute("aria-pressed", String(button.dataset.slug === s.look.view));
  layOut(s);
}

function changeLook(s, change) {
  const hadCount = s.look.k;
  Object.assign(s.look, change);
  if (s.look.k !== hadCount) drawList(s);
  showLook(s);
  drawBar(s);
  read(s);
  repaint(s);
  writeLook(s);
  followCode(s);
}

// What the address says of the look; what is not sound there is passed over.
function lookOf(address, colormaps) {
  const look = { ...USUAL_LOOK, colormap: colormaps[0].slug };
  for (const name of Object.keys(look)) {
    const told = address.get(name);
    if (told === null) continue;
    const isSound = name === "colormap" ? colormaps.some(({ slug }) => slug === told) : IS_SOUND[name](told);
    if (isSound) look[name] = typeof look[name] === "number" ? Number(told) : told;
  }
  return look;
}
