// What helps where a map or the picture can't be seen, as the server offers it: a sentence, and buttons that choose.

function buildRemedies(state) {
  state.node.remedies = el("div", { className: "remedies", role: "group", "aria-label": "What helps here" });
  return state.node.remedies;
}

function drawRemedies(state) {
  const { remedies } = state.node, hadFocus = remedies.contains(focused());
  const offered = [...(chosen(state).remedies ?? []), ...state.view.remedies].filter((remedy) => !isTaken(state, remedy));
  remedies.replaceChildren(...offered.flatMap((remedy) => [...(remedy.text ? [el("span", { textContent: remedy.text })] : []), remedyButton(state, remedy)]));
  remedies.hidden = !offered.length;
  if (hadFocus) state.panes.pane.overlay.frame.focus({ preventScroll: true });
  askForRemedies(state);
}

// Other layers and methods are tried once somebody stays with a class whose map can't be used; the answer holds its map.
function askForRemedies(state) {
  const { view, index, timer } = state, one = chosen(state), of = `${view.question} ${index}`;
  if (state.remediesOf === of && !one.isLookedAt) return; // under way, or given up
  clearTimeout(timer.remedies);
  state.remediesOf = null;
  if (!one.needsHelp || one.isLookedAt) return;
  timer.remedies = setTimeout(() => {
    if (state.pending || state.view !== view || state.index !== index) return;
    state.remediesOf = of;
    const ask = (tries) => state.send("asked", { imageAndModel: view.imageAndModel, index, try: tries });
    awaitAnswer(state, "remedies", ask, () => {});
  }, 300);
}

const isTaken = (state, { look = null }) => look && Object.entries(look).every(([name, value]) => state.look[name] === value);

function remedyButton(state, { title, look, class: index, choose: choice }) {
  const button = el("button", { type: "button", className: "plain", textContent: title });
  button.onclick = () => {
    if (look) changeLook(state, look);
    else if (index !== undefined) choose(state, index);
    else askForChoice(state, choice);
  };
  return button;
}
