// Matrices that did not come along: asked for one at a time, until they come, and kept while there is room.

const KEPT = 12_000_000; // numbers in the matrices that were asked for

const EXCHANGE = (globalThis[Symbol.for("heatproof.attention_parts")] ??= { ask: null, message: null, arrived: new EventTarget() });

const copyOf = (bytes) => bytes.slice();

// By kind: how its bytes are read.
const KINDS = { readers: singles, rows: halves, mean: halves, heads: halves, head: halves, rollout: halves, similarity: halves, colours: copyOf, outliers: copyOf };

const isAsked = (name) => !/^(readers|rows)-/.test(name);

const reading = (name) => KINDS[/^(\w+)-\d+$/.exec(name)?.[1]];

// The matrices of a message of the server.
function keepBlobs(state, blobs) {
  for (const [name, bytes] of Object.entries(blobs)) reading(name) && state.parts.set(name, reading(name)(bytes));
  let room = KEPT;
  for (const name of [...state.parts.keys()].reverse().filter(isAsked)) {
    room -= state.parts.get(name).length;
    if (room < 0) state.parts.delete(name);
  }
}

// A matrix if it is here or can be made; else it is asked for.
function part(state, name) {
  const found = state.parts.get(name) ?? meanOfHeads(state, name);
  if (!found) return want(state, name), null;
  state.parts.delete(name);
  state.parts.set(name, found);
  return found;
}

function meanOfHeads({ parts, view }, name) {
  const [kind, place] = name.split("-"), heads = kind === "mean" && parts.get(`heads-${place}`);
  if (!heads) return null;
  const { tokens, heads: count } = view.blocks[place], mean = new Float32Array(tokens * tokens);
  for (let i = 0; i < heads.length; i++) mean[i % mean.length] += heads[i] / count;
  return mean;
}

function want(state, name) {
  if (state.wanted === name || state.refused.has(name)) return;
  state.wanted = name;
  awaitAnswer(state, "part", (tries) => tell({ view: state.view.id, name, try: tries }), giveUpPart);
}

// The element may not be there yet, and of a page that is left nothing is asked: it is told again.
const tell = (wanted) => isPageLeft() || EXCHANGE.ask?.(wanted);

function giveUpPart(state) {
  refuse(state, state.wanted, "Nothing came. Choose it once more.");
  setTimeout(() => state.refused.clear());
}

function refuse(state, name, why) {
  clearTimeout(state.timer.part);
  state.wanted = "";
  state.refused.set(name, why);
  showChoice(state);
}

function takePart(state) {
  if (!EXCHANGE.message || !state.view) return;
  const answer = unpack(EXCHANGE.message);
  const isWanted = answer.name === state.wanted;
  if (answer.view !== state.view.id || (answer.error && !isWanted)) return;
  if (answer.error) return refuse(state, answer.name, answer.error);
  keepBlobs(state, answer.blob);
  if (answer.shift) state.shifts.set(answer.name.split("-")[1], answer.shift);
  if (!isWanted) return; // it was asked for before something else was chosen
  clearTimeout(state.timer.part);
  state.wanted = "";
  showChoice(state);
}
