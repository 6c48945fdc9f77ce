// Any class of the model, by name or index: a combobox over all labels.

const MOST_FOUND = 40;

function buildSearch(state) {
  const id = `${state.name}-found`;
  const input = el("input", {
    type: "text",
    role: "combobox",
    className: "search",
    autocomplete: "off",
    spellcheck: false,
    "aria-label": "Explain any class",
    "aria-expanded": "false",
    "aria-controls": id,
    "aria-autocomplete": "list",
  });
  // Out of the way of Tab: a list that scrolls would take the focus, and lose it by being closed.
  const options = el("ul", { id, role: "listbox", className: "found", hidden: true, tabIndex: -1, "aria-label": "Classes" });
  Object.assign(state.search, { input, options });
  input.oninput = () => drawFound(state);
  input.onfocus = () => drawFound(state);
  input.onblur = () => closeFound(state);
  input.onkeydown = (event) => searchKey(state, event);
  options.onpointerdown = (event) => event.preventDefault();
  options.onclick = (event) => take(state, event.target.closest("[role=option]"));
  return el("div", { className: "searching" }, input, options);
}

// Indices of the classes that fit, the best first: the whole label, the index, whole words, beginnings of words, any
// part of it; of those that fit alike the likeliest.
function matches({ view, probabilities }, text) {
  const wanted = text.trim().toLowerCase();
  const found = view.labels.map((label, index) => [rankOf(label.toLowerCase(), index, wanted), index]);
  const fitting = wanted ? found.filter(([rank]) => rank < 5) : found;
  fitting.sort(([a, i], [b, j]) => a - b || probabilities[j] - probabilities[i] || i - j);
  return fitting.slice(0, MOST_FOUND).map(([, index]) => index);
}

const wordsOf = (text) => text.split(/[^\p{L}\p{N}]+/u).filter(Boolean);

function rankOf(label, index, wanted) {
  if (label === wanted) return 0;
  if (String(index) === wanted) return 1;
  const words = wordsOf(label), asked = wordsOf(wanted);
  if (asked.length && asked.every((one) => words.includes(one))) return 2;
  if (asked.length && asked.every((one) => words.some((word) => word.startsWith(one)))) return 3;
  return wanted.split(/\s+/).every((one) => label.includes(one)) ? 4 : 5;
}

function drawFound(state) {
  const { input, options } = state.search;
  const found = matches(state, input.value);
  const none = el("li", { className: "none", role: "option", "aria-disabled": "true", textContent: "No class has this name." });
  options.replaceChildren(...(found.length ? found.map((index) => option(state, index)) : [none]));
  options.hidden = false;
  input.setAttribute("aria-expanded", "true");
  activate(state, found.length && input.value.trim() && !asksWhich(state, found) ? 0 : -1);
}

// A number that is the label of one class and the index of another: each says which it is, and neither is preselected.
function asksWhich(state, found) {
  const { input, options } = state.search, wanted = input.value.trim().toLowerCase();
  const isLabelled = (label) => label === wanted || (/^\d+$/.test(label) && Number(label) === Number(wanted)); // 02 is 2
  const kinds = found.map((index) => [isLabelled(state.view.labels[index].toLowerCase()), String(index) === wanted]);
  const byLabel = kinds.findIndex(([isLabel, isIndex]) => isLabel && !isIndex), byIndex = kinds.findIndex(([, isIndex]) => isIndex);
  if (byLabel < 0 || byIndex < 0 || kinds[byIndex][0]) return false;
  options.children[byLabel].firstChild.append(` (the label ${wanted})`);
  options.children[byIndex].firstChild.append(` (the index ${wanted})`);
  return true;
}

function option(state, index) {
  const row = el("li", { role: "option", id: `${state.name}-class-${index}`, "aria-selected": "false" });
  row.dataset.index = index;
  row.append(
    el("span", { textContent: state.view.labels[index] }), " ",
    el("span", { className: "number", textContent: `class ${index}` }), " ",
    el("span", { className: "number", textContent: percent(state.probabilities[index]) }));
  return row;
}

function activate(state, place) {
  const { input, options } = state.search;
  state.search.active = place;
  [...options.children].forEach((row, i) => row.setAttribute("aria-selected", String(i === place)));
  const row = options.children[place];
  if (row?.id) input.setAttribute("aria-activedescendant", row.id);
  else input.removeAttribute("aria-activedescendant");
  row?.scrollIntoView({ block: "nearest" });
}

// The labels of another model are not to be chosen from.
function clearSearch(state) {
  state.search.input.value = "";
  closeFound(state);
  state.search.options.replaceChildren();
}

function closeFound(state) {
  const { input, options } = state.search;
  options.hidden = true;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

function searchKey(state, event) {
  const { options, active } = state.search, count = options.children.length;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    if (options.hidden) drawFound(state);
    activate(state, active < 0 ? (step > 0 ? 0 : count - 1) : (active + step + count) % count);
  } else if (event.key === "Enter") take(state, options.children[active]);
  else if (event.key === "Escape" && !options.hidden) closeFound(state);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function take(state, row) {
  if (!row?.dataset.index) return;
  state.search.input.value = "";
  closeFound(state);
  choose(state, Number(row.dataset.index));
}
