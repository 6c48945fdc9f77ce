// Keys of the whole page: 1 to 9 choose predictions, unless someone types or has switched them off; Escape takes back what
// is kept in the panels.

const DIGIT_KEYS = "heatproof-digit-keys"; // where the browser keeps whether they are on
let keptDigitKeys = null; // where it keeps nothing

function hasDigitKeys() {
  try {
    return keptDigitKeys ?? localStorage.getItem(DIGIT_KEYS) !== "off";
  } catch {
    return true;
  }
}

// False where the browser keeps no settings.
function keepDigitKeys(isOn) {
  keptDigitKeys = null;
  try {
    localStorage.setItem(DIGIT_KEYS, isOn ? "on" : "off");
    return true;
  } catch {
    keptDigitKeys = isOn;
    return false;
  }
}

function digitKey(state, event) {
  if (!/^[1-9]$/.test(event.key) || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
  if (!state.view || !hasDigitKeys()) return;
  const one = listed(state)[Number(event.key) - 1];
  if (one) choose(state, one.index);
}

// Escape closes what is open first.
function escapeKey({ panes, node }, event) {
  if (event.key !== "Escape" || event.defaultPrevented || isTyping(event) || !panes?.map) return;
  if (!node.menu.open && !node.dialog.open && !document.querySelector("[data-testid=stPopoverBody]")) takeBackKept(panes);
}
