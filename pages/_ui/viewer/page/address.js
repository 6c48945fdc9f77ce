// The address says what is on screen. Some parameters are the server's to write, as its message tells; the class and
// the look are written here: a chosen class is a step of the history, the look belongs to the step it is in.

const QUIET = 250; // ms without news from the server, after which an address that still differs is put right

// What was written last, for pages without a viewer (frame/own_parameters.js): two modules of one document.
const OWN = (globalThis[Symbol.for("heatproof.own_parameters")] ??= { imageAndModel: null, usual: ["", ""], parameters: {}, viewers: 0, viewersPath: "" });

const addressNow = () => new URLSearchParams(location.search);

function classIn(address) {
  const told = address.get("class");
  return told !== null && /^\d{1,9}$/.test(told) ? Number(told) : null;
}

// The class that the address means of a view, in so far as it is about that; null where there is no such class.
function classAddressed(view, address) {
  if (!isAbout(view, address)) return null;
  const index = classIn(address) ?? view.classes[0].index;
  return index < view.labels.length ? index : null;
}

// The address with this view's class and look in it; what is usual needs no words.
function addressed(state, address, { withClass = true } = {}) {
  const put = (name, value, usual) => (value === usual ? address.delete(name) : address.set(name, value));
  if (withClass) put("class", state.index, state.view.classes[0].index);
  for (const parameter of state.registry.look) put(parameter.name, state.look[parameter.name], usualValue(parameter));
  return address;
}

function remember(state) {
  const own = addressed(state, new URLSearchParams());
  const names = ["class", ...state.registry.look.map(({ name }) => name)];
  Object.assign(OWN, { imageAndModel: state.view.imageAndModel, usual: state.view.usualImageAndModel, parameters: Object.fromEntries(names.map((name) => [name, own.get(name)])) });
}

function write(state, how, address) {
  if (isInControl(state)) remember(state);
  const text = address.toString(), next = location.pathname + (text ? `?${text}` : "");
  if (!isInControl(state) || next === location.pathname + location.search) return;
  state.address.isWriting = true;
  history[how]({}, "", next);
  state.address.isWriting = false;
}

function pushClass(state) {
  if (isAbout(state.view, addressNow())) write(state, "pushState", addressed(state, addressNow()));
}

// The class of a step that is still waited for is left as it stands there.
function writeLook(state) {
  const address = addressNow();
  if (isInControl(state)) keptLook = state.look;
  write(state, "replaceState", addressed(state, address, { withClass: !state.pending && isAbout(state.view, address) }));
}

function addressChanged(state, event) {
  if (event.navigationType === "traverse") state.address.isTravelling = true;
  else addressWritten(state);
}

// Somebody else wrote: the server knows neither the class that was clicked last nor the look. Put them back.
function addressWritten(state) {
  if (state.address.isWriting || !state.view || state.address.isTravelling) return;
  writeLook(state);
  reconcileSoon(state);
}

// Back and Forward: within this image and model the class is drawn at once; for others the server sends a view.
function travelled(state) {
  Object.assign(state.address, { isTravelling: false, told: null });
  if (!state.view) return forgetChoice(state);
  const address = addressNow();
  if (isAbout(state.view, address)) {
    const index = classIn(address) ?? state.view.classes[0].index;
    if (state.view.cams.has(index)) settle(state), select(state, index);
    else if (index < state.view.labels.length) askForClass(state, index, { isTravel: true });
  }
  writeLook(state);
}

// A viewer that has shown nothing yet goes by the address.
function forgetChoice(state) {
  state.pending = null;
  Object.assign(CHANNEL, { choice: null, isTold: true });
}

// An overtaken run may write its address late, and a link may ask for what is not there. So when the server has fallen
// silent, the address is made to say what its last message stands for.
function reconcileSoon(state) {
  clearTimeout(state.timer.reconcile);
  state.timer.reconcile = setTimeout(() => reconcile(state), QUIET);
}

function reconcile(state) {
  const { told, isTravelling } = state.address;
  if (!isInControl(state) || !told || !state.view || isTravelling) return;
  if (isRunning() || state.incoming.id || state.incoming.waiting || state.pending) return reconcileSoon(state);
  const address = addressNow();
  for (const [name, value] of Object.entries(told)) value === null ? address.delete(name) : address.set(name, value);
  if (isAbout(state.view, address)) write(state, "replaceState", addressed(state, address));
}
