// What the server is asked for: the map of a class that did not come along, and files. Both are values that it keeps,
// so that a lost run repeats them; an answer that is lost is asked for again (waiting.js).

// A class whose map is not here: the server answers with a message that holds it.
function askForClass(state, index, { imageAndModel = state.view.imageAndModel, isTravel = false } = {}) {
  const wasTravel = state.pending?.index === index && state.pending.isTravel;
  state.pending = { imageAndModel, index, isTravel: isTravel || wasTravel || index === state.index };
  state.root.toggleAttribute("data-waiting", true);
  awaitAnswer(state, "ask", (tries) => state.send("asked", { imageAndModel, index, try: tries }), giveUpClass);
}

function settle(state) {
  clearTimeout(state.timer.ask);
  state.pending = null;
  state.root.removeAttribute("data-waiting");
}

// No map came: what is on screen stays, and a view that only waited for this class is shown with its likeliest.
function giveUpClass(state) {
  const { waiting } = state.incoming;
  settle(state);
  state.incoming.waiting = null;
  if (waiting) showView(state, waiting.view, waiting.pixels, waiting.view.classes[0].index);
  say(state, "No map came for this class. Choose it once more.");
  reconcileSoon(state);
}

// A layer, a method or a preprocessing, chosen on the whole page: the answer is another view.
function askForChoice(state, [name, value]) {
  state.send("choice", { token: newToken(), name, value });
}

const newToken = () => crypto.randomUUID?.() ?? String(Math.random());

// A file of the menu's format, or the lines ("code"); one at a time.
function askForFile(state, what) {
  const { file } = state;
  if (file.wanted && file.wanted.what !== "code") return what === "code" ? undefined : void (file.next = what);
  if (what !== "code") say(state, "Preparing the file.");
  file.wanted = { token: newToken(), what, index: state.index, look: fileLook(state), view: state.view.question };
  state.code.askedOf = codeNow(state);
  awaitAnswer(state, "file", (tries) => state.send("wanted", { ...file.wanted, try: tries }), giveUpFile);
  markPreparing(state);
}

function giveUpFile(state) {
  state.file.wanted = null;
  markPreparing(state);
  say(state, "No file came. Try again.");
  followCode(state);
}

// While a file is made the result on screen is not a former one: the page's style asks for this mark.
function markPreparing(state) {
  state.root.getRootNode().host?.toggleAttribute("data-preparing", Boolean(state.file.wanted));
}

// The answer to a request; one that is no longer waited for is dropped.
function takeReply(state, reply, bytes) {
  const { file, code } = state;
  if (file.wanted?.token !== reply.token) return;
  file.wanted = null;
  clearTimeout(state.timer.file);
  markPreparing(state);
  if (file.next) askForFile(state, file.next), (file.next = null);
  else if (reply.what !== "code") followCode(state);
  if (reply.error) return say(state, reply.error);
  if (reply.what === "code") return takeCode(state, reply);
  const address = URL.createObjectURL(new Blob([bytes.slice()], { type: reply.mime }));
  el("a", { href: address, download: reply.name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
  say(state, `Saved ${reply.name}.`);
}
