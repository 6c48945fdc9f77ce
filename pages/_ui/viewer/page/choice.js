// Which class is chosen: drawn at once from what is here; the address follows, and the server hears of it afterwards.

const SETTLED = 150; // ms without another choice, after which the server hears of one: of sixty fast clicks, one

// A person chose a class: drawn, or asked for where its map is not here; Back leads back.
function choose(state, index) {
  if (index >= state.view.labels.length) return;
  if (!state.view.cams.has(index)) return askForClass(state, index);
  settle(state);
  if (index !== state.index) select(state, index);
  pushClass(state);
  if (state.incoming.waiting) showWaiting(state);
}

// The server knows the class that it says itself, else the likeliest.
function serverKnows({ imageAndModel, chosen: index, classes }) {
  CHANNEL.choice = { imageAndModel, index: index ?? classes[0].index };
  CHANNEL.isTold = true;
  CHANNEL.isByPerson = false;
}

// What is on screen was painted: tell the server soon, if it does not know.
function tellChoice(state) {
  const { view, index } = state, { choice } = CHANNEL;
  if (!isInControl(state) || (choice?.index === index && isSameImageAndModel(choice, view))) return;
  Object.assign(CHANNEL, { choice: { imageAndModel: view.imageAndModel, index }, isTold: false, isByPerson: true });
  clearTimeout(state.timer.choice);
  state.timer.choice = setTimeout(sendChoice, SETTLED);
}

// The class of this image and model that was on screen last; the server may have had no time to hear of it, or what it
// heard was lost when another page was opened. After Back or Forward the address counts, which the server has read.
const lastClass = (view) => (CHANNEL.choice && isSameImageAndModel(CHANNEL.choice, view) ? CHANNEL.choice.index : null);

const isSameImageAndModel = (one, other) => one.imageAndModel.join("\n") === other.imageAndModel.join("\n");
