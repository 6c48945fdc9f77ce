// Before an audience: the panels and the words on the whole screen, large, without pickers. Panels, colour bar, readout
// and notices are the page's own, which stand on the stage for so long.

const ON_STAGE = { view: "overlay", overlay: "spotlight" }; // instead of what is usual on the page, if there are these

function buildPresenting(state) {
  const { node, presented } = state;
  Object.assign(presented, {
    opening: el("h2"),
    sentence: el("p", { className: "sentence" }),
    verdict: el("p", { className: "verdict" }),
    caption: el("p", { className: "caption" }),
    classes: el("nav", { className: "strip", "aria-label": "Classes" }),
    place: el("span", { className: "place", role: "status" }),
  });
  presented.pictures = el("nav", { className: "pictures", "aria-label": "Pictures" },
    stageButton("‹", "Former picture (←)", () => stepPicture(state, -1)), presented.place,
    stageButton("›", "Next picture (→)", () => stepPicture(state, 1)));
  node.slot = el("div", { className: "slot" });
  node.scale = el("div", { className: "scale" }, presented.caption);
  presented.header = el("header", {}, presented.opening, buildStageButtons(state), presented.sentence, presented.verdict);
  presented.footer = el("footer", {}, node.scale, presented.pictures);
  node.dialog = el("dialog", { className: "presenting", tabIndex: -1, autofocus: true, "aria-label": "Presentation" },
    presented.header, node.slot, presented.classes, presented.footer);
  node.dialog.onkeydown = (event) => presentKey(state, event);
  node.dialog.onkeyup = ({ key }) => void (key === "o" && hold(state.panes, false));
  node.dialog.onmousedown = (event) => event.target.closest(".frame") && event.preventDefault(); // or it would take the keys
  node.dialog.onclose = () => stopPresenting(state);
  return node.dialog;
}

function stageButton(textContent, title, act) {
  const button = el("button", { type: "button", className: "plain", textContent, title, "aria-label": title });
  button.onclick = act;
  return button;
}

const buildStageButtons = (state) => el("nav", { "aria-label": "Presentation" },
  stageButton("View", "Next view (v)", () => nextView(state)),
  stageButton("Close", "Leave the presentation (Esc)", () => state.node.dialog.close()));

function drawPresented(state) {
  if (!state.node.dialog.open) return;
  const one = chosen(state), { opening, sentence, caption } = state.presented;
  opening.replaceChildren(...openingOf(one));
  opening.title = one.label;
  sentence.textContent = sentence.title = one.sentence.slice(one.opening.length).trim();
  caption.textContent = caption.title = one.caption;
  drawVerdict(state);
  drawStrip(state);
  drawPictures(state);
  fitStage(state);
}

// Whether the heatmap deserves belief, where that was checked.
function drawVerdict(state) {
  const { verdict } = state.presented, known = verdictOf(state.view, state.index);
  verdict.hidden = !known;
  verdict.dataset.verdict = known?.verdict ?? "";
  verdict.textContent = known ? `${known.mark} ${known.title}: ${known.short}` : "";
}

function drawStrip(state) {
  const { classes } = state.presented, hadFocus = classes.contains(focused());
  classes.replaceChildren(...listed(state).map((one) => {
    const label = el("span", { className: "label", textContent: one.label });
    const button = el("button", { type: "button", title: one.label }, label, el("span", { className: "numbers", textContent: one.percent }));
    button.setAttribute("aria-current", String(one.index === state.index));
    button.onclick = () => choose(state, one.index);
    return button;
  }));
  const current = classes.querySelector("[aria-current=true]");
  if (hadFocus) current.focus({ preventScroll: true });
  current.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function startPresenting(state) {
  const { stage, foot } = state.panes, { node, presented } = state;
  lend(state, stage, node.slot);
  lend(state, node.legend, node.scale);
  lend(state, foot, presented.footer);
  lend(state, node.notice, node.dialog);
  leavePanel(state.panes);
  node.dialog.showModal();
  node.dialog.focus();
  setTheStage(state);
  drawPresented(state);
  presented.watcher = new ResizeObserver(() => fitStage(state));
  for (const part of [node.dialog, presented.header, presented.footer]) presented.watcher.observe(part);
  document.documentElement.requestFullscreen?.().catch(() => {}); // refused: the window is filled all the same
}

// Put a node of the page onto the stage; where it stood a comment keeps its place.
function lend(state, node, place) {
  const home = document.createComment("");
  node.replaceWith(home);
  place.append(node);
  state.presented.lent.push({ node, home });
}

function stopPresenting(state) {
  const { presented, panes } = state;
  presented.watcher.disconnect();
  presented.lent.splice(0).forEach(({ node, home }) => home.replaceWith(node));
  for (const name of ["--columns", "--tall"]) panes.stage.style.removeProperty(name);
  hold(panes, false);
  leavePanel(panes);
  changeLook(state, leftStage(state));
  if (document.fullscreenElement) document.exitFullscreen();
}

// On the stage another look is usual than on the page; what a person has chosen stays, and what is chosen here stays here.
function setTheStage(state) {
  const { presented, look } = state, names = Object.keys(ON_STAGE).filter((name) => parameterOf(state, name));
  const isUsual = (name) => look[name] === usualValue(parameterOf(state, name));
  presented.former = lookOf(state, names);
  changeLook(state, presented.look ?? Object.fromEntries(names.filter(isUsual).map((name) => [name, ON_STAGE[name]])));
  presented.given = lookOf(state, names);
}

const lookOf = ({ look }, names) => Object.fromEntries(names.map((name) => [name, look[name]]));

// The look of the page again; what was chosen on the stage is that of the next time.
function leftStage(state) {
  const { presented } = state, { former, given } = presented, now = lookOf(state, Object.keys(former));
  if (Object.keys(now).some((name) => now[name] !== given[name])) presented.look = now;
  presented.former = null;
  return former;
}

// The largest panels that the room has: in how many columns, and with the classes beside them or below.
function fitStage(state) {
  const { dialog } = state.node, { header, footer } = state.presented, { stage, look } = state.panes;
  if (!dialog.open || !state.view) return;
  const style = getComputedStyle(dialog), gap = parseFloat(style.rowGap), line = parseFloat(style.fontSize), pad = 2 * parseFloat(style.paddingLeft);
  const room = { wide: dialog.clientWidth - pad, tall: dialog.clientHeight - pad - header.offsetHeight - footer.offsetHeight - 2 * gap };
  const ratio = state.view.shown[0] / state.view.shown[1], count = look.view === "side" ? Object.keys(state.panes.pane).length : 1;
  const below = line * 1.5 + (look.view === "swipe" ? line * 2 : 0); // a caption and a slider
  const found = [["beside", room.wide - 15 * line - gap, room.tall], ["below", room.wide, room.tall - 3.4 * line - gap]].flatMap(([strip, wide, tall]) =>
    Array.from({ length: count }, (_, i) => ({ strip, columns: i + 1, tall: panelHeight({ wide, tall, gap, below, ratio, count }, i + 1) })));
  const best = found.reduce((a, b) => (b.tall > a.tall ? b : a));
  dialog.dataset.strip = best.strip;
  stage.style.setProperty("--columns", best.columns);
  stage.style.setProperty("--tall", `${Math.max(best.tall, 0)}px`);
}

function panelHeight({ wide, tall, gap, below, ratio, count }, columns) {
  const rows = Math.ceil(count / columns);
  return Math.min((tall - (rows - 1) * gap) / rows - below, (wide - (columns - 1) * gap) / columns / ratio);
}

// One Esc leaves the full screen and the presentation.
function leaveWithScreen({ node: { dialog } }) {
  if (!document.fullscreenElement && dialog?.open) dialog.close();
}

function nextView(state) {
  const slugs = parameterOf(state, "view").choices.map(({ value }) => value);
  changeLook(state, { view: slugs[(slugs.indexOf(state.look.view) + 1) % slugs.length] });
  fitStage(state);
}

function presentKey(state, event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const isSlider = event.target.type === "range"; // the arrows are its own
  const act = {
    ArrowRight: !isSlider && (() => stepPicture(state, 1)),
    ArrowLeft: !isSlider && (() => stepPicture(state, -1)),
    ArrowDown: !isSlider && (() => walk(state, 1)),
    ArrowUp: !isSlider && (() => walk(state, -1)),
    PageDown: () => walk(state, 1),
    PageUp: () => walk(state, -1),
    Home: () => choose(state, state.view.classes[0].index),
    v: () => nextView(state),
    o: () => hold(state.panes, true),
  }[event.key];
  if (act) act();
  else if (!zoomKey(state.panes, event)) return;
  event.preventDefault();
}
