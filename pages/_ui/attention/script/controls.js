// What can be chosen beside the filmstrip.

function buildControls(state) {
  const { node } = state;
  node.block = el("input", { type: "range", min: 1, step: 1, "aria-label": "Block" });
  node.blockValue = el("output", { className: "value" });
  node.block.oninput = () => preview(state, Number(node.block.value) - 1);
  node.block.onchange = () => writeChoice(state, "pushState");
  node.head = el("select", { "aria-label": "Head" });
  node.head.onchange = () => choose(state, { head: Number(node.head.value) });
  node.token = el("select", { "aria-label": "From" });
  node.token.onchange = () => choose(state, { token: node.token.value });
  node.hide = el("input", { type: "checkbox" });
  node.hide.onchange = () => choose(state, { hide: node.hide.checked });
  return el("div", { className: "controls choices", role: "group", "aria-label": "What is shown" },
    switcher(state, "show", "What", Object.entries(SHOWS).map(([value, { title }]) => [value, title])),
    switcher(state, "direction", "Direction", Object.entries(DIRECTIONS)),
    el("label", { className: "field" }, el("span", { textContent: "Block" }), node.block, node.blockValue),
    el("label", { className: "field" }, el("span", { textContent: "Head" }), node.head),
    el("label", { className: "field" }, el("span", { textContent: "From" }), node.token),
    el("label", { className: "switch", title: "Leave out tokens that are no patch, and share the rest among the others" }, node.hide, "Hide sinks"),
    buildPresent(state), (node.taking = el("span")));
}

// While the slider is drawn it is one step of the history.
function preview(state, block) {
  state.choice = soundChoice(state.view, moved(state, { ...state.choice, block }));
  showChoice(state);
}

function switcher(state, name, title, choices) {
  const made = choices.map(([value, textContent]) => {
    const button = el("button", { type: "button", textContent });
    button.dataset.value = value;
    button.onclick = () => choose(state, { [name]: value });
    return button;
  });
  state.buttons[name] = made;
  return el("div", { className: "views", role: "group", "aria-label": title }, ...made);
}

function showControls(state) {
  const { node, choice, view, buttons } = state, rows = rowsOf(state), block = rows[choice.block], show = SHOWS[choice.show];
  for (const [name, made] of Object.entries(buttons)) for (const button of made) button.setAttribute("aria-pressed", String(button.dataset.value === choice[name]));
  for (const button of buttons.show) {
    button.disabled = Boolean(SHOWS[button.dataset.value].refusal(view));
    button.title = SHOWS[button.dataset.value].refusal(view);
  }
  Object.assign(node.block, { max: Math.max(1, rows.length), value: choice.block + 1, disabled: rows.length < 2 });
  node.blockValue.textContent = `${choice.block + 1} of ${rows.length}`;
  node.block.previousSibling.textContent = show.isOfCells ? "Layer" : "Block";
  for (const part of [node.head, node.token, node.hide, buttons.direction[0]]) part.parentNode.hidden = Boolean(show.isOfCells);
  if (!block) return;
  fill(node.head, [["0", "Mean of heads"], ...Array.from({ length: block.heads ?? 0 }, (_, place) => [String(place + 1), `Head ${place + 1}`])], String(choice.head));
  node.head.disabled = !show.hasHeads;
  fill(node.token, tokensOf(state, chosenBlock(state)), choice.token);
  node.hide.checked = choice.hide;
}

function tokensOf({ view, choice }, { prefix, grid, reader }) {
  const first = [["read", asSentence(reader.replace(/^the /, ""))]];
  const others = view.tokens.slice(0, prefix).map((name, place) => [`t${place}`, asSentence(name)]).filter(([, name]) => name !== first[0][1]);
  const cell = Number(choice.token.slice(1)), kept = choice.token[0] === "c" ? [[choice.token, `Patch ${cellWords({ columns: grid[1] }, cell)}`]] : [];
  return [...first, ...others, ...kept];
}

function fill(select, options, value) {
  const key = options.join("\n");
  if (select.dataset.of !== key) select.replaceChildren(...options.map(([one, textContent]) => el("option", { value: one, textContent })));
  select.dataset.of = key;
  select.value = value;
}
