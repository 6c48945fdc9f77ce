// The page's own parameters say what is chosen; what is usual has no words. A choice is a step of the history.

const OWN_NAMES = ["show", "block", "head", "token", "direction", "hide"];

// What was chosen last: whoever comes back by a link that says nothing finds it again. By Back and Forward the address counts.
let left = null; // choice, and the image and model that it is of
window.addEventListener("popstate", () => (left = null));

const remember = ({ choice, view }) => (left = { choice, of: view.imageAndModel.join("\n") });

const isSilent = (address) => !OWN_NAMES.some((name) => address.has(name));

// What a new element begins with.
function firstChoice({ view }) {
  const address = new URLSearchParams(location.search), isSame = left?.of === view.imageAndModel.join("\n");
  return isSame && isSilent(address) ? left.choice : choiceIn(address);
}

function choiceIn(address) {
  const told = (name) => address.get(name) ?? undefined, number = (name) => (/^\d{1,4}$/.test(told(name) ?? "") ? Number(told(name)) : undefined);
  const found = {
    show: told("show"),
    block: number("block") === undefined ? undefined : number("block") - 1,
    head: number("head"),
    token: /^(c\d{1,6}|t\d{1,2})$/.test(told("token") ?? "") ? told("token") : undefined,
    direction: told("direction"),
    hide: told("hide") === "1" ? true : undefined,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

function withChoice(state, address) {
  const { choice, view } = state, usual = { ...usualChoice(view, choice.show), show: usualChoice(view).show };
  const words = { ...choice, block: choice.block + 1, hide: choice.hide ? "1" : "" };
  const usualWords = { ...usual, block: usual.block + 1, hide: "" };
  for (const name of OWN_NAMES) words[name] === usualWords[name] ? address.delete(name) : address.set(name, words[name]);
  return address;
}

function writeChoice(state, how) {
  remember(state);
  const address = new URLSearchParams(location.search);
  if (!isAbout(state.view, address)) return;
  const text = withChoice(state, address).toString(), next = location.pathname + (text ? `?${text}` : "");
  if (next === location.pathname + location.search) return;
  state.address.isWriting = true;
  history[how]({}, "", next);
  state.address.isWriting = false;
}

// Somebody else wrote, who may not know the last choice: it is put back.
function addressWritten(state, { navigationType }) {
  if (navigationType !== "traverse" && !state.address.isWriting && state.view && isOwnPage(state)) writeChoice(state, "replaceState");
}

// Back and Forward.
function travelled(state) {
  const address = new URLSearchParams(location.search);
  if (!state.view || !isOwnPage(state)) return;
  state.address.isTravelled = !isAbout(state.view, address);
  if (state.address.isTravelled) return;
  state.choice = soundChoice(state.view, choiceIn(address));
  remember(state);
  showChoice(state);
}

const isOwnPage = ({ path }) => location.pathname === path;
