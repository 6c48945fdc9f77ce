// The page alone on the whole screen, where the browser can do that.

function buildPresent(state) {
  const button = el("button", { type: "button", className: "plain present", textContent: "Present", hidden: !document.fullscreenEnabled });
  button.onclick = () => (document.fullscreenElement ? document.exitFullscreen() : state.root.requestFullscreen());
  state.node.present = button;
  return button;
}

function showPresenting({ node, root }) {
  node.present.textContent = root.matches(":fullscreen") ? "Leave" : "Present";
}
