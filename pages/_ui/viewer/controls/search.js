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
  const options = el("ul", { id, role: "listbox", className: "found", hidden: true, "aria-label": "Classes" });
  Object.assign(state.search, { input, options });
  input.oninput = () => drawFound(state);
  input.onfocus = () => drawFound(state);
  input.onblur = () => closeFound(state);
  input.onkeydown = (event) => searchKey(state, event);
  options.onpointerdown = (event) => event.preventDefault();
  options.onclick = (event) => take(state, event.target.closest("[role=option]"));
  return el("div", { className: "searching" }, input, options);
}

// Indices whose label holds every word; those that begin with the text first.
function matches(labels, text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return labels.map((_, index) => index).slice(0, MOST_FOUND);
  const words = wanted.split(/\s+/);
  const found = [];
  labels.forEach((label, index) => {
    const low = label.toLowerCase();
    const rank = String(index) === wanted ? 0 : low.startsWith(wanted) ? 1 : words.every((word) => low.includes(word)) ? 2 : 3;
    if (rank < 3) found.push([rank, index]);
  });
  return found.sort((a, b) => a[0] - b[0] || a[1] - b[1]).slice(0, MOST_FOUND).map(([, index]) => index);
}

function drawFound(state) {
  const { input, options } = state.search;
  const found = matches(state.view.labels, input.value);
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
  row.append(el("span", { textContent: state.view.labels[index] }), el("span", { className: "number", textContent: index }));
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
