// The address says what is on screen. Image, model, layer, method and preprocessing are the server's to write; the
// class and the look are written here: a chosen class is a step of the history, the look belongs to the step it is in.

const SERVERS = ["image", "model", "layer", "method", "preprocessing"];
const QUIET = 250; // ms without news from the server, after which an address that still differs is put right

const addressNow = () => new URLSearchParams(location.search);

// Whether this address is about the image and the model of a view.
const isAbout = (view, address) => view.owner[0] === (address.get("image") ?? "") && view.owner[1] === (address.get("model") ?? "");

function classIn(address) {
  const told = address.get("class");
  return told !== null && /^\d{1,9}$/.test(told) ? Number(told) : null;
}

// The address with this view's class and look in it; what is usual needs no words.
function addressed(s, address, { withClass = true } = {}) {
  const put = (name, value, usual) => (String(value) === String(usual) ? address.delete(name) : address.set(name, value));
  if (withClass) put("class", s.index, s.view.classes[0].index);
  for (const [name, usual] of Object.entries(USUAL_LOOK)) put(name, s.look[name], name === "colormap" ? s.view.colormaps[0].slug : usual);
  return address;
}

function write(s, how, address) {
  const text = address.toString(), next = location.pathname + (text ? `?${text}` : "");
  if (next === location.pathname + location.search) return;
  s.isWriting = true;
  history[how]({}, "", next);
  s.isWriting = false;
}

function pushClass(s) {
  if (isAbout(s.view, addressNow())) write(s, "pushState", addressed(s, addressNow()));
}

// The class of a step that is still waited for is left as it stands there.
function writeLook(s) {
  const address = addressNow();
  write(s, "replaceState", addressed(s, address, { withClass: !s.pending && isAbout(s.view, address) }));
}

// Somebody else wrote: the server knows neither the class that was clicked last nor the look. Put them back.
function addressWritten(s) {
  if (s.isWriting || !s.view || s.isTravelling) return;
  writeLook(s);
  reconcileSoon(s);
}

// Back and Forward: within this image and model the class is drawn at once; for others the server sends a view.
function travelled(s) {
  s.isTravelling = false;
  s.told = null; // the address is newer than what the server has told so far
  if (!s.view) return;
  const address = addressNow();
  if (isAbout(s.view, address)) {
    const index = classIn(address) ?? s.view.classes[0].index;
    if (s.view.cams.has(index)) settle(s), select(s, index);
    else if (index < s.view.labels.length) ask(s, index, { isTravel: true });
  }
  writeLook(s);
}

// An overtaken run may write its address late, and a link may ask for what is not there. So when the server has fallen
// silent, the address is made to say what its last message stands for.
function reconcileSoon(s) {
  clearTimeout(s.quiet);
  s.quiet = setTimeout(() => reconcile(s), QUIET);
}

function reconcile(s) {
  if (!s.told || !s.view || s.isTravelling) return;
  const isRunning = document.querySelector("[data-test-script-state]")?.dataset.testScriptState !== "notRunning";
  if (isRunning || s.coming || s.waiting || s.pending) return reconcileSoon(s);
  const address = addressNow();
  for (const name of SERVERS) s.told[name] === undefined ? address.delete(name) : address.set(name, s.told[name]);
  if (isAbout(s.view, address)) write(s, "replaceState", addressed(s, address));
}

function watchAddress(s) {
  const listen = (target, name, act) => target.addEventListener(name, act, { signal: s.listening.signal });
  listen(window, "popstate", () => travelled(s));
  if (window.navigation) {
    listen(window.navigation, "currententrychange", (event) => {
      if (event.navigationType === "traverse") s.isTravelling = true;
      else addressWritten(s);
    });
  } else {
    const timer = setInterval(() => addressWritten(s), 500);
    s.listening.signal.addEventListener("abort", () => clearInterval(timer));
  }
}
