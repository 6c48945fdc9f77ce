// What the server is asked for: the map of a class that did not come along, and files (files.js). Both are values that
// it keeps, so that a lost run repeats them; an answer that is lost is asked for again (waiting.js).

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
