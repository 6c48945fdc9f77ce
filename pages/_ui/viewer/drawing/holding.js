// The original in place of the overlay, for as long as a finger, a button or a key is held.

function hold(panes, isHeld) {
  if (!panes.under || isHeldNow(panes) === isHeld) return;
  panes.stage.toggleAttribute("data-held", isHeld);
  layOut(panes);
}

const isHeldNow = (panes) => panes.stage.hasAttribute("data-held");

// A button for it, where the overlay stands alone.
function buildHold(panes) {
  const button = el("button", { type: "button", className: "plain hold", textContent: "Hold: original", title: "The original while this is held" });
  const end = () => hold(panes, false), isPress = ({ key }) => key === " " || key === "Enter";
  button.onpointerdown = (event) => {
    if (event.button) return;
    button.setPointerCapture(event.pointerId);
    hold(panes, true);
  };
  button.onpointerup = button.onpointercancel = button.onblur = end;
  button.onkeydown = (event) => void (isPress(event) && hold(panes, true));
  button.onkeyup = (event) => void (isPress(event) && end());
  button.oncontextmenu = (event) => event.preventDefault(); // it would end a finger that is held
  return button;
}
