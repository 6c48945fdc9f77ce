// The predictions: a radio group of cards, of which one is chosen. Those of the list have a rank; a class that was
// searched for has none, stands beside them under the search, and moves nothing.

const chosen = (state) => state.view.classes.find((one) => one.index === state.index);

const ranked = (state) => state.view.classes.filter((one) => one.listed).slice(0, state.look.k);

// The classes on screen: the first k of the list, and the chosen one if it is another.
function listed(state) {
  const first = ranked(state);
  return first.some((one) => one.index === state.index) ? first : [...first, chosen(state)];
}

function buildClasses(state) {
  const { node } = state;
  node.list = el("div", { className: "list", role: "radiogroup", "aria-label": "Class to explain" });
  node.more = el("div", { className: "more" }, buildSearch(state), buildCount(state));
  node.cue = buildCue();
  return el("section", { className: "predictions", "aria-label": "Predictions" },
    el("h2", { className: "unseen", textContent: "Predictions" }),
    el("div", { className: "classes" }, node.list, node.cue, node.more));
}

function buildCount(state) {
  state.node.count = el("select", { "aria-label": parameterOf(state, "k").title });
  state.node.count.onchange = () => changeLook(state, { k: Number(state.node.count.value) });
  return state.node.count;
}

function drawList(state) {
  const { list, count, more } = state.node, most = state.view.classes.filter((one) => one.listed).length;
  const counts = Array.from({ length: most }, (_, i) => el("option", { value: i + 1, textContent: `Top ${i + 1}` }));
  count.replaceChildren(...counts);
  count.value = Math.min(state.look.k, most);
  more.hidden = state.view.labels.length === 1;
  list.parentNode.style.setProperty("--columns", Math.min(state.look.k, most, 5));
  const hadFocus = list.contains(focused()), first = ranked(state);
  const cards = listed(state).map((one, place) => card(state, one, place < first.length ? place + 1 : 0));
  replaceCards(list, cards);
  markChosen(state, hadFocus);
  drawVerdicts(state);
}

// Cards that say the same as before stay: one under a finger that is just being lifted still gets its click.
function replaceCards(list, cards) {
  const said = (all) => all.map((one) => `${one.title} ${one.className} ${one.querySelector(".rank").textContent}`).join("\n");
  if (said([...list.children]) !== said(cards)) list.replaceChildren(...cards);
}

function card(state, one, rank) {
  const bar = el("span", { className: "share", "aria-hidden": "true" });
  bar.style.setProperty("--share", one.probability);
  const names = [rank && `#${rank}`, state.repeated.has(one.label) && `class ${one.index}`].filter(Boolean);
  const button = el("button", { type: "button", role: "radio", className: rank ? "card" : "card searched" },
    el("span", { className: "label", textContent: one.label }), " ",
    el("span", { className: "numbers", textContent: one.percent }), " ",
    el("span", { className: "rank", textContent: names.join(" · ") }), " ", el("span", { className: "verdict" }), bar);
  button.title = `${one.label}: class ${one.index}, ${one.percent}, logit ${one.logit}`;
  button.dataset.index = one.index;
  button.onclick = () => choose(state, one.index);
  button.onkeydown = (event) => walkList(state, event);
  return button;
}

// Which of the listed heatmaps deserve belief, as far as that was checked: on their cards and on the stage.
function drawVerdicts(state) {
  if (!state.view || !state.node.list) return;
  for (const button of state.node.list.children) {
    const known = verdictOf(state.view, Number(button.dataset.index)), mark = button.querySelector(".verdict");
    mark.replaceChildren(...(known ? [known.mark, el("span", { className: "unseen", textContent: ` ${known.title}` })] : []));
    mark.title = known?.title ?? "";
    mark.dataset.verdict = known?.verdict ?? "";
  }
  if (state.node.dialog.open) drawVerdict(state), fitStage(state);
}

// Labels that several classes have.
function repeatedLabels(labels) {
  const seen = new Set();
  return new Set(labels.filter((label) => seen.has(label) || !seen.add(label)));
}

function markChosen(state, takesFocus = false) {
  const { list } = state.node;
  for (const button of list.children) {
    const isChosen = Number(button.dataset.index) === state.index;
    button.setAttribute("aria-checked", String(isChosen));
    button.tabIndex = isChosen ? 0 : -1;
    if (!isChosen) continue;
    if (takesFocus) button.focus({ preventScroll: true });
    if (list.scrollWidth > list.clientWidth) list.scrollLeft = button.offsetLeft - list.offsetLeft - 24;
  }
}

function walkList(state, event) {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  walk(state, step);
  markChosen(state, true);
}

// The next or former class on screen, round the ends.
function walk(state, step) {
  const shown = listed(state), place = shown.findIndex((one) => one.index === (state.pending?.index ?? state.index));
  choose(state, shown[(place + step + shown.length) % shown.length].index);
}

// Show a class whose map is here.
function select(state, index) {
  const onScreen = () => listed(state).map((one) => one.index).join(), former = onScreen();
  state.index = index;
  if (onScreen() === former) markChosen(state);
  else drawList(state);
  hideCue(state);
  showMap(state);
  drawWords(state);
  read(state.panes);
  repaint(state.panes);
  followCode(state);
}
