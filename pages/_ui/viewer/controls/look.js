// How the map is drawn: the server's registry tells which parameters there are, and each kind is a control here. What
// is set is drawn at once, without the server.

let keptLook = null; // of the viewer that the address belongs to: it outlives the element on the way to another page

const isNarrow = () => matchMedia("(max-width: 640px)").matches; // as the styles have it

// What a parameter is while nobody has said anything of it.
const usualValue = ({ default: usual, narrow = usual }) => (isNarrow() ? narrow : usual);

const usualLook = (registry) => Object.fromEntries(registry.look.map((parameter) => [parameter.name, usualValue(parameter)]));

const parameterOf = (state, wanted) => state.registry.look.find(({ name }) => name === wanted);

// Whether a text of the address is a value of this parameter.
function isSound({ choices, low = 0, high = 0 }, text) {
  if (choices) return choices.some(({ value }) => String(value) === text);
  return /^\d{1,3}$/.test(text) && Number(text) >= low && Number(text) <= high;
}

// What the address says of the look; what is not sound there is passed over.
function lookIn(address, registry) {
  const look = usualLook(registry);
  for (const parameter of registry.look) {
    const told = address.get(parameter.name);
    if (told !== null && isSound(parameter, told)) look[parameter.name] = typeof parameter.default === "number" ? Number(told) : told;
  }
  return look;
}

// The row under the panels: the colour bar, what is set often, and behind "Look" the rest, which opens below the row so
// that the panels stay in sight.
function buildTools(state) {
  const { node } = state, isInRow = (parameter) => parameter.isInRow && !isNarrow(), made = (parameter) => CONTROLS[parameter.kind]?.(state, parameter);
  const all = state.registry.look.filter(({ kind }) => kind !== "count");
  const reset = el("button", { type: "button", className: "plain", textContent: "Reset" });
  reset.onclick = () => {
    clearMarks(state.panes);
    resetZoom(state.panes);
    changeLook(state, { ...usualLook(state.registry), k: state.look.k });
  };
  node.legend = el("div", { className: "bar", role: "img" }, el("span"), el("span", { className: "ramp" }), el("span"));
  node.looks = el("div", { id: `${state.name}-look`, className: "looks", role: "group", "aria-label": "Look", hidden: true },
    ...all.filter((parameter) => !isInRow(parameter)).map(made), reset);
  const row = el("div", { className: "controls", role: "group", "aria-label": "View" },
    ...all.filter(isInRow).map(made), buildLookButton(state), ...buildActions(state));
  node.tools = el("div", { className: "tools" }, el("div", { className: "toolbar" }, node.legend, row), node.looks);
}

const CONTROLS = { buttons, slider, select: choice };

function buildLookButton(state) {
  const { node } = state;
  const button = el("button", { type: "button", className: "plain opens", textContent: "Look", "aria-expanded": "false", "aria-controls": `${state.name}-look` });
  button.onclick = () => showLooks(state, node.looks.hidden);
  for (const part of [button, node.looks]) part.onkeydown = (event) => closeSheet(state, event);
  node.lookButton = button;
  return button;
}

// Escape closes the sheet and leaves a kept point as it is; a handler's false would undo the key.
function closeSheet(state, event) {
  if (event.key !== "Escape" || !isNarrow() || state.node.looks.hidden) return;
  event.preventDefault();
  showLooks(state, false);
}

// Below the row, or on a narrow screen as a sheet from below, over which the panels stay in sight.
function showLooks({ node, panes }, isShown) {
  if (!isShown && node.looks.contains(focused())) node.lookButton.focus();
  node.looks.style.setProperty("--ratio", panes.stage.style.getPropertyValue("--ratio")); // so much room the overlay wants
  node.looks.hidden = !isShown;
  node.lookButton.setAttribute("aria-expanded", String(isShown));
  if (isShown) (isNarrow() ? panes.stage : node.looks).scrollIntoView({ block: isNarrow() ? "start" : "nearest" });
}

function buttons(state, { name, title, choices }) {
  const made = choices.map(({ value, title: textContent }) => {
    const button = el("button", { type: "button", textContent });
    button.dataset.value = value;
    button.onclick = () => changeLook(state, { [name]: value });
    return button;
  });
  const show = (value) => made.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.value === String(value))));
  state.control[name] = { show };
  return el("div", { className: "views", role: "group", "aria-label": title }, ...made);
}

// A control under its name, with what it means below it where there is room for that.
function field({ title, sentence = "", isInRow = false }, ...parts) {
  const label = el("label", { className: "field" }, el("span", { textContent: title }), ...parts);
  return isInRow ? label : el("div", { className: "named" }, label, el("p", { className: "small", textContent: sentence }));
}

function slider(state, parameter) {
  const { name, title, low = 0, high = 0 } = parameter;
  const input = el("input", { type: "range", min: low, max: high, step: 1, "aria-label": title });
  const value = el("output", { className: "value" });
  input.oninput = () => {
    state.look[name] = Number(input.value);
    value.textContent = `${input.value}\u00a0%`;
    state.panes.look = paneLook(state); // the panels' layout stays
    repaint(state.panes);
  };
  input.onchange = () => changeLook(state, { [name]: Number(input.value) });
  state.control[name] = { input, show: (now) => ((input.value = now), (value.textContent = `${now}\u00a0%`)) };
  return field(parameter, input, value);
}

function choice(state, parameter) {
  const { name, title, default: usual } = parameter;
  const input = el("select", { "aria-label": title });
  input.onchange = () => changeLook(state, { [name]: typeof usual === "number" ? Number(input.value) : input.value });
  state.control[name] = { input, show: (value) => (input.value = value) };
  return field(parameter, input);
}

// The words are a message's: they name what the method's maps show, and how many classes share a scale.
function fillChoices(state) {
  const isOf = { sign: state.view.isSigned, scale: state.view.isOfClass }; // where there is nothing to choose it is not shown
  for (const { name, kind, title, sentence = "", choices } of state.registry.look) {
    const { input } = state.control[name] ?? {}, named = input?.closest(".named");
    if (named) {
      input.ariaLabel = named.querySelector("span").textContent = title;
      named.querySelector("p").textContent = sentence;
      named.hidden = !(isOf[name] ?? true);
    }
    if (kind !== "select") continue;
    const options = choices.map(({ value, title, sentence = "" }) => el("option", { value, textContent: title, title: sentence }));
    state.control[name].input.replaceChildren(...options);
  }
  showControls(state);
}

function showControls(state) {
  for (const [name, { show }] of Object.entries(state.control)) show(state.look[name]);
  setLook(state.panes, paneLook(state));
}

function changeLook(state, change) {
  const formerCount = state.look.k;
  Object.assign(state.look, change);
  if (state.look.k !== formerCount) drawList(state);
  showControls(state);
  showMap(state);
  drawBar(state);
  drawRemedies(state);
  read(state.panes);
  repaint(state.panes);
  writeLook(state);
  followCode(state);
}

// The look as the core's Look has it, but for the scale: shares from 0 to 1 where people see percent.
function coreLook({ registry, look }) {
  const ofCore = registry.look.filter(({ isOfCore }) => isOfCore);
  return Object.fromEntries(ofCore.map(({ name, isPercent }) => [name, isPercent ? look[name] / 100 : look[name]]));
}

function paneLook(state) {
  const { look, palettes } = state, { diverging, [look.colormap]: colours } = palettes;
  return { ...coreLook(state), view: look.view, colours, diverging };
}

// Put the map of the class into the panels; it is painted at the next frame that is asked for.
function showMap(state) {
  const { view, index } = state, one = chosen(state);
  state.panes.map = { key: `${view.id} ${index}`, values: view.cams.get(index), scale: scaleOf(state, one), isUsable: !one.note, isSigned: isDrawnSigned(state, one) };
}

// Whether evidence against the class is drawn too: where it is asked for and the map tells it.
const isDrawnSigned = ({ look }, one) => look.sign === "both" && one.magnitude > 0;

// The raw value that gets the last colour: the map's own maximum, or the largest of the likeliest classes' maps.
function scaleOf({ view, look }, one) {
  if (isDrawnSigned({ look }, one)) return look.scale === "shared" ? Math.max(view.sharedMagnitude, one.magnitude) : one.magnitude;
  if (one.note) return 0;
  return look.scale === "shared" && view.shared > 0 ? view.shared : one.maximum;
}
