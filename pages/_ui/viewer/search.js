// Any class of the model, by name or index: a combobox over all labels.

const MOST_FOUND = 40;

function buildSearch(s) {
  const input = el("input", {
    type: "text",
    role: "combobox",
    className: "search",
    autocomplete: "off",
    spellcheck: false,
    "aria-label": "Explain any class",
    "aria-expanded": "false",
    "aria-controls": "found",
    "aria-autocomplete": "list",
  });
  const options = el("ul", { id: "found", role: "listbox", className: "found", hidden: true, "aria-label": "Classes" });
  s.search = { input, options, active: -1 };
  input.oninput = () => drawFound(s);
  input.onfocus = () => drawFound(s);
  input.onblur = () => closeFound(s);
  input.onkeydown = (event) => searchKey(s, event);
  options.onpointerdown = (event) => event.preventDefault();
  options.onclick = (event) => take(s, event.target.closest("[role=option]"));
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

function drawFound(s) {
  const { input, options } = s.search;
  const found = matches(s.view.labels, input.value);
  const none = el("li", { className: "none", role: "option", "aria-disabled": "true", textContent: "No class has this name." });
  options.replaceChildren(...(found.length ? found.map((index) => option(s, index)) : [none]));
  options.hidden = false;
  input.setAttribute("aria-expanded", "true");
  activate(s, found.length && input.value.trim() ? 0 : -1);
}

function option(s, index) {
  const row = el("li", { role: "option", id: `class-${index}`, "aria-selected": "false" });
  row.dataset.index = index;
  row.append(el("span", { textContent: s.view.labels[index] }), el("span", { className: "number", textContent: index }));
  return row;
}

function activate(s, place) {
  const { input, options } = s.search;
  s.search.active = place;
  [...options.children].forEach((row, i) => row.setAttribute("aria-selected", String(i === place)));
  const row = options.children[place];
  if (row?.id) input.setAttribute("aria-activedescendant", row.id);
  else input.removeAttribute("aria-activedescendant");
  row?.scrollIntoView({ block: "nearest" });
}

// The labels of another model are not to be chosen from.
function clearSearch(s) {
  s.search.input.value = "";
  closeFound(s);
  s.search.options.replaceChildren();
}

function closeFound(s) {
  s.search.options.hidden = true;
  s.search.input.setAttribute("aria-expanded", "false");
  s.search.input.removeAttribute("aria-activedescendant");
}

function searchKey(s, event) {
  const { options, active } = s.search, count = options.children.length;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    if (options.hidden) drawFound(s);
    activate(s, active < 0 ? (step > 0 ? 0 : count - 1) : (active + step + count) % count);
  } else if (event.key === "Enter") take(s, options.children[active]);
  else if (event.key === "Escape" && !options.hidden) closeFound(s);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function take(s, row) {
  if (!row?.dataset.index) return;
  s.search.input.value = "";
  closeFound(s);
  choose(s, Number(row.dataset.index));
}
