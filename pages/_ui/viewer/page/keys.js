// Keys 1 to 9 choose predictions anywhere on the page, unless someone types or has switched them off.

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
