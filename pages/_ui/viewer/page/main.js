// Streamlit calls this for every message; the element and its state stay the same, and so does the person's look.

const STATES = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".hp");
  if (!root || !data) return undefined;
  withStyle(root);
  if (!STATES.has(root)) {
    STATES.set(root, newState(root));
    enterPage(STATES.get(root));
    takeOverRequest(STATES.get(root));
  }
  const state = STATES.get(root);
  state.send = (name, value) => isPageLeft() || setStateValue(name, value);
  receive(state, unpack(data));
  return () => leave(state);
}

// Streamlit may build the element anew at any moment: what a person asked for is asked for by the next viewer.
function takeOverRequest(state) {
  if (!isInControl(state)) return;
  state.pending = CHANNEL.unanswered;
  CHANNEL.unanswered = null;
}

function leave(state) {
  if (isInControl(state)) CHANNEL.unanswered = state.pending;
  if (state.presented.former) Object.assign(state.look, leftStage(state));
  leavePage(state);
  dropState(state);
  STATES.delete(state.root);
}

// Nothing of a message is shown before all of it can be: the photo is decoded first, and a class that a person has
// chosen is waited for while the former result stays.
async function receive(state, view) {
  const { incoming } = state;
  state.address.told = Object.fromEntries(view.addressNames.map((name) => [name, view.address[name] ?? null]));
  if (!state.panes) build(state, view);
  reconcileSoon(state);
  if (view.reply) takeReply(state, view.reply, view.blob.reply);
  if (incoming.id === view.id) return;
  incoming.id = null;
  if (state.view?.id === view.id) return dropWaiting(state);
  incoming.id = view.id;
  view.cams = new Map(unpackMaps(view.cells, view.blob.maps).map((values, place) => [view.mapped[place], values]));
  const pixels = state.view?.photo === view.photo ? null : await decoded(view.blob.photo, view.shown);
  if (incoming.id !== view.id) return;
  Object.assign(incoming, { id: null, waiting: { view, pixels } });
  showWaiting(state);
}

// The nodes; the registries of the first message say what there is to choose.
function build(state, view) {
  state.registry = view.registry;
  state.panes = buildPanes(undefined, { onPaint: () => painted(state) });
  buildTools(state);
  const above = [buildSaying(state), buildClasses(state)], { node, panes } = state, remedies = buildRemedies(state);
  state.root.replaceChildren(...above, panes.stage, node.tools, remedies, panes.foot, node.notice, buildWords(state),
    buildPresenting(state), buildTerms(state));
  if (isNarrow()) panes.stage.after(remedies), panes.foot.after(node.more); // the overlay comes first
}

function painted(state) {
  state.root.dataset.shown = `${state.view.question} ${state.index}`;
  if (isInControl(state)) sayWhatIsShown(state.root.dataset.shown);
  tellChoice(state);
}

// Show the view that has come, if the class that is wanted came along; else ask for it first.
function showWaiting(state) {
  const { view, pixels } = state.incoming.waiting, index = indexFor(state, view);
  if (!view.cams.has(index)) return askForClass(state, index, { imageAndModel: view.imageAndModel });
  const wasAsked = state.pending && state.pending.index === index && !state.pending.isTravel;
  state.incoming.waiting = null;
  showView(state, view, pixels, index);
  settle(state);
  if (wasAsked) pushClass(state);
  else if (state.isShown) addressWritten(state);
  else reconcileSoon(state); // while the first view was on its way there was nothing to go by
  state.isShown = true;
}

function dropWaiting(state) {
  const wanted = state.pending;
  state.incoming.waiting = null;
  if (!wanted || !state.view.cams.has(wanted.index)) return;
  settle(state);
  if (wanted.index !== state.index) select(state, wanted.index);
  if (!wanted.isTravel) pushClass(state);
}

// The class to show of a view: what is asked for, else what is on screen. In a new viewer what was on screen last; at first
// and after Back or Forward what the address says; else what the server knows, else the likeliest.
function indexFor(state, view) {
  if (state.pending && isSameImageAndModel(state.pending, view)) return state.pending.index;
  if (state.view && isSameImageAndModel(state.view, view)) return state.index;
  const addressed = isInControl(state) && !CHANNEL.choice ? classAddressed(view, addressNow()) : null;
  return addressed ?? [lastClass(view), view.chosen, view.classes[0].index].find((index) => view.cams.has(index));
}

function showView(state, view, pixels, index) {
  const former = state.view, isOtherPhoto = former?.photo !== view.photo;
  Object.assign(state, { view, index, registry: view.registry });
  if (!former) start(state);
  if (isInControl(state)) serverKnows(view);
  setImage(state.panes, view, pixels);
  fillChoices(state);
  showMap(state);
  if (isOtherPhoto) clearMarks(state.panes), resetZoom(state.panes);
  if (former?.labels.join("\n") !== view.labels.join("\n")) setLabels(state, view.labels);
  state.probabilities = unpackMaps([1, view.labels.length], view.blob.probabilities)[0];
  drawList(state);
  reserveSentences(state);
  drawAbout(state);
  drawWords(state);
  read(state.panes);
  paint(state.panes);
  followCode(state);
  if (!former) showCue(state);
  else if (former.question !== view.question) hideCue(state); // another method's map may not move
}

function setLabels(state, labels) {
  clearSearch(state);
  state.repeated = repeatedLabels(labels);
  state.search.input.placeholder = `Search ${labels.length.toLocaleString("en")} classes`;
}

// The first view: what does not change any more, and the look that the link asks for.
function start(state) {
  const colormaps = parameterOf(state, "colormap").choices.map(({ value }) => value);
  state.palettes = unpackPalettes(colormaps, state.view.blob.tables);
  if (isInControl(state)) state.look = keptLook ??= lookIn(addressNow(), state.registry);
  else state.look = usualLook(state.registry);
}
