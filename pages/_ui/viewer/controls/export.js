// What is taken away of a result: the class and the look that are on screen.

// The buttons at the end of the row of controls.
function buildActions(state) {
  const present = el("button", { type: "button", className: "plain", textContent: "Present" });
  present.onclick = () => startPresenting(state);
  return [present, buildTakeAway(state)];
}

const onScreen = (state) => ({ index: state.index, look: fileLook(state), view: state.view.question });

// The look that a file is drawn with: the scale as a raw value, null for the map's own maximum.
function fileLook(state) {
  const scale = state.look.scale === "shared" ? state.panes.map.scale : 0;
  return { ...coreLook(state), scale: scale || null };
}

// What is written above the panels in a picture that is copied.
function pictureWords(state) {
  const { sentence, caption } = chosen(state);
  return { title: sentence, caption: [state.view.name, caption, "Heatproof"].filter(Boolean).join(" · ") };
}
