// The predictions: a radio group of cards, of which one is chosen.

const chosen = (state) => state.view.classes.find((one) => one.index === state.index);

// The classes on screen: the first k of the list, and the chosen one if it is another.
function listed(state) {
  const first = state.view.classes.filter((one) => one.listed).slice(0, state.look.k);
  return first.some((one) => one.index === state.index) ? first : [...first, chosen(state)];
}

function buildClasses(state) {
  state.node.list = el("div", { className: "list", role: "radiogroup", "aria-label": "Class to explain" });
  const head = el("div", { className: "head" }, el("h2", { textContent: "Predictions" }), buildSearch(state), buildCount(state));
  return el("section", { className: "predictions", "aria-label": "Predictions" }, head, state.node.list);
}

function buildCount(state) {
  state.node.count = el("select", { "aria-label": parameterOf(state, "k").title });
  state.node.count.onchange = () => changeLook(state, { k: Number(state.node.count.value) });
  return state.node.count;
}

function drawList(state) {
  const { list, count } = state.node, most = state.view.classes.filter((one) => one.listed).length;
  const counts = Array.from({ length: most }, (_, i) => el("option", { value: i + 1, textContent: `Top ${i + 1}` }));
  count.replaceChildren(...counts);
  count.value = Math.min(state.look.k, most);
  const hadFocus = list.contains(focused());
  list.replaceChildren(...listed(state).map((one, place) => card(state, one, place)));
  markChosen(state, hadFocus);
}

function card(state, one, place) {
  const digit = place < 9 ? el("kbd", { textContent: place + 1, "aria-hidden": "true" }) : "";
  const bar = el("span", { className: "share", "aria-hidden": "true" });
  bar.style.setProperty("--share", one.probability);
  const numbers = el("span", { className: "numbers" }, el("span", { textContent: one.percent }), " ", el("span", { textContent: `logit ${one.logit}` }));
  const label = el("span", { className: "label", textContent: one.label });
  const button = el("button", { type: "button", role: "radio", className: "card", title: one.label }, label, " ", numbers, digit, bar);
  button.dataset.index = one.index;
  button.onclick = () => choose(state, one.index);
  button.onkeydown = (event) => walkList(state, event);
  return button;
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
  showMap(state);
  drawWords(state);
  read(state.panes);
  repaint(state.panes);
  followCode(state);
}
