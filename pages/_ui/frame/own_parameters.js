// The class and the look stand in every page's address, though only a viewer writes them. On a page without one, what
// the last viewer wrote is put into the address that Streamlit has led to; Back and Forward find it there.

const OWN = (globalThis[Symbol.for("heatproof.own_parameters")] ??= {
  imageAndModel: null, // the image and the model that the class belongs to, as the address names them
  parameters: {}, // by name; null: what is usual, which has no words in the address
  viewers: 0, // on the page
});

let completed = null; // the address that needs nothing more; this outlives the element, which a page makes anew

function watchAddress(signal) {
  completed ??= location.href;
  window.addEventListener("popstate", () => arrived(), { signal });
}

// Another page is about to be opened: a choice that was just made is not told any more. It would rerun a fragment of the
// page that is left, behind the new one, and Streamlit then shows neither. A new viewer begins with it all the same.
function leaveQuietly() {
  const channel = globalThis[Symbol.for("heatproof.chosen")];
  if (channel) channel.isTold = true;
}

// By Back or Forward: the address says everything, also which class is meant.
function arrived() {
  if (new URL(completed).pathname !== location.pathname) leaveQuietly();
  completed = location.href;
  const channel = globalThis[Symbol.for("heatproof.chosen")];
  if (channel && !OWN.viewers) channel.choice = null;
}

function keepOwnParameters() {
  if (completed === location.href || OWN.viewers) return;
  completed = location.href;
  if (!OWN.imageAndModel) return;
  const address = new URLSearchParams(location.search);
  const isSameImageAndModel = OWN.imageAndModel[0] === (address.get("image") ?? "") && OWN.imageAndModel[1] === (address.get("model") ?? "");
  for (const [name, value] of Object.entries(OWN.parameters)) {
    if (value === null || (name === "class" && !isSameImageAndModel)) address.delete(name);
    else address.set(name, value);
  }
  const text = address.toString();
  history.replaceState(history.state, "", location.pathname + (text ? `?${text}` : ""));
  completed = location.href;
}

