// Before an audience: the panels and the words on the whole screen, large, without pickers.

function buildPresenting(state) {
  const { node, presented } = state;
  const button = (text, title, act) => {
    const made = el("button", { type: "button", className: "plain", textContent: text, title, "aria-label": title });
    made.onclick = act;
    return made;
  };
  Object.assign(presented, {
    place: el("span", { className: "place" }),
    label: el("h2"),
    numbers: el("p", { className: "numbers" }),
    sentence: el("p", { className: "sentence" }),
    caption: el("p", { className: "caption" }),
  });
  node.slot = el("div", { className: "slot" });
  node.dialog = el("dialog", { className: "presenting", "aria-label": "Presentation" },
    el("header", {}, presented.place, presented.label, presented.numbers,
      el("nav", { "aria-label": "Presentation" },
        button("‹", "Former class", () => walk(state, -1)),
        button("›", "Next class", () => walk(state, 1)),
        button("View", "Next view", () => nextView(state)),
        button("Close", "Leave the presentation", () => node.dialog.close()),
      )),
    node.slot,
    el("footer", {}, presented.sentence, presented.caption),
  );
  node.dialog.onkeydown = (event) => presentKey(state, event);
  node.dialog.onclose = () => stopPresenting(state);
  return node.dialog;
}

function drawPresented(state) {
  const one = chosen(state), shown = listed(state), { place, label, numbers, sentence, caption } = state.presented;
  place.textContent = `${shown.indexOf(one) + 1} of ${shown.length}`;
  label.textContent = one.label;
  numbers.textContent = `${one.percent} · logit ${one.logit}`;
  sentence.textContent = one.sentence;
  caption.textContent = one.caption;
}

function startPresenting(state) {
  const { stage } = state.panes, { slot, dialog } = state.node;
  presentOverlay(state, true);
  state.home = stage.nextSibling;
  slot.append(stage);
  dialog.showModal();
  document.documentElement.requestFullscreen?.().catch(() => dialog.focus()); // refused: the window is filled all the same
}

function stopPresenting(state) {
  presentOverlay(state, false);
  state.home.before(state.panes.stage);
  if (document.fullscreenElement) document.exitFullscreen();
}

// One Esc leaves the full screen and the presentation.
function leaveWithScreen({ node: { dialog } }) {
  if (!document.fullscreenElement && dialog.open) dialog.close();
}

function nextView(state) {
  const slugs = parameterOf(state, "view").choices.map(({ value }) => value);
  changeLook(state, { view: slugs[(slugs.indexOf(state.look.view) + 1) % slugs.length] });
}

function presentKey(state, event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = {
    ArrowRight: () => walk(state, 1),
    ArrowDown: () => walk(state, 1),
    PageDown: () => walk(state, 1),
    ArrowLeft: () => walk(state, -1),
    ArrowUp: () => walk(state, -1),
    PageUp: () => walk(state, -1),
    Home: () => choose(state, state.view.classes[0].index),
    v: () => nextView(state),
  }[event.key];
  if (!act) return;
  act();
  event.preventDefault();
}
