// The class and the look stand in every page's address, though only a viewer writes them. On a page without one, what
// was written last is put into every address that Streamlit leads to. By Back and Forward the class is the one that
// the address names; the look stays as it is.

const OWN = (globalThis[Symbol.for("heatproof.own_parameters")] ??= {
  imageAndModel: null, // the image and the model that the class belongs to; the usual ones have no words: ""
  usual: ["", ""], // what they are called all the same, in a link that somebody wrote
  parameters: {}, // by name; null: what is usual, which has no words in the address
  viewers: 0, // on the page
  viewersPath: "", // of the page that they stand on, which may be left already
});
const hasViewer = () => OWN.viewers > 0 && location.pathname === OWN.viewersPath;
const choiceChannel = () => globalThis[Symbol.for("heatproof.chosen")]; // see viewer/page/channel.js

let completed = null; // the address that needs nothing more; this outlives the element, which a page makes anew

function watchAddress(signal) {
  completed ??= location.href;
  window.addEventListener("popstate", arrived, { signal });
  const written = ({ navigationType }) => navigationType !== "traverse" && keepOwnParameters();
  window.navigation?.addEventListener("currententrychange", written, { signal });
}

// Another page is about to be opened: a choice that was just made is told by that page. Told by the one that is left, it
// would rerun a fragment of it behind the new page, and Streamlit then shows neither.
function leavePage() {
  if (choiceChannel()) choiceChannel().isLeaving = true;
}

// By Back or Forward: the address says which class is meant, also on another page.
function arrived() {
  const channel = choiceChannel();
  if (hasViewer()) return void (completed = location.href);
  if (channel) Object.assign(channel, { choice: null, isTold: true, unanswered: null });
  if (OWN.imageAndModel) {
    const address = new URLSearchParams(location.search);
    OWN.imageAndModel = imageAndModelIn(address);
    OWN.parameters.class = address.get("class");
  }
  complete();
}

function keepOwnParameters() {
  if (completed !== location.href && !hasViewer()) complete();
}

function complete() {
  completed = withOwnParameters(location.href);
  if (completed !== location.href) history.replaceState(history.state, "", completed);
}

// An address of this or another page, with the class and the look in it.
function withOwnParameters(href) {
  if (!OWN.imageAndModel) return href;
  const address = new URL(href), { searchParams } = address;
  const isSameImageAndModel = imageAndModelIn(searchParams).join("\n") === OWN.imageAndModel.join("\n");
  for (const [name, value] of Object.entries(OWN.parameters)) {
    if (value === null || (name === "class" && !isSameImageAndModel)) searchParams.delete(name);
    else searchParams.set(name, value);
  }
  return address.href;
}

function imageAndModelIn(address) {
  const names = ["image", "model"].map((name) => address.get(name) ?? "");
  return names.map((name, place) => (name === OWN.usual[place] ? "" : name));
}
