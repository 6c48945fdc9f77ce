// The panels that are on screen as one image on the clipboard: what it says, what is drawn, the panels, the colour bar.

async function copyPicture(state) {
  const blob = new Promise((resolve) => composed(state).toBlob(resolve, "image/png"));
  try {
    await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
    say(state, "The picture is copied.");
  } catch {
    copyPictureByHand(state, composed(state));
  }
}

function composed(state) {
  const { pane } = state.panes, panels = state.panes.look.view === "side" ? Object.values(pane) : [pane.overlay];
  const [width, height] = state.view.shown, words = pictureWords(state), gap = Math.round(width / 40), line = Math.max(16, Math.round(width / 24));
  const canvas = el("canvas", { width: panels.length * (width + gap) + gap, height: 1 }), pen = canvas.getContext("2d");
  const room = canvas.width - 2 * gap, large = `600 ${line}px sans-serif`, small = `${Math.round(line * 0.62)}px sans-serif`;
  const title = broken(pen, large, words.title, room), caption = broken(pen, small, words.caption, room);
  const top = gap + title.length * line * 1.2 + caption.length * line * 0.85 + gap / 2;
  canvas.height = top + height + line * 2 + gap; // which clears the pen
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.textBaseline = "top";
  writeLines(pen, title, { font: large, colour: "#17111f", x: gap, y: gap, step: line * 1.2 });
  writeLines(pen, caption, { font: small, colour: "#5b5364", x: gap, y: gap + title.length * line * 1.2, step: line * 0.85 });
  panels.forEach((panel, place) => {
    const corner = [gap + place * (width + gap), top];
    pen.drawImage(panel.canvas, ...corner);
    if (panel !== pane.original) strokeEdge(pen, state.panes, corner);
  });
  if (state.panes.map.scale > 0) drawRamp(state, pen, { font: small, x: gap, y: top + height + line * 0.7, line, room });
  return canvas;
}

function drawRamp(state, pen, { font, x, y, line, room }) {
  const [low, high] = legendEnds(state), long = Math.min(12 * line, room / 3);
  pen.font = font;
  const lowWidth = pen.measureText(low).width, ramp = pen.createLinearGradient(x + lowWidth + line / 2, 0, x + lowWidth + line / 2 + long, 0);
  rampOf(state.panes).forEach((colour, place, all) => ramp.addColorStop(place / (all.length - 1), colour));
  writeLines(pen, [low], { font, colour: "#5b5364", x, y, step: 0 });
  pen.fillStyle = ramp;
  pen.fillRect(x + lowWidth + line / 2, y, long, line * 0.6);
  writeLines(pen, [high], { font, colour: "#5b5364", x: x + lowWidth + line + long, y, step: 0 });
}

function writeLines(pen, lines, { font, colour, x, y, step }) {
  pen.font = font;
  pen.fillStyle = colour;
  lines.forEach((text, place) => pen.fillText(text, x, y + place * step));
}

// Lines of at most this width; what is longer than a line without a space is cut there.
function broken(pen, font, text, room) {
  pen.font = font;
  const lines = [""];
  for (const word of text.split(" ").flatMap((one) => pieces(pen, one, room))) {
    const longer = lines.at(-1) ? `${lines.at(-1)} ${word}` : word;
    if (pen.measureText(longer).width <= room) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

function pieces(pen, word, room) {
  if (pen.measureText(word).width <= room) return [word];
  const half = Math.ceil(word.length / 2);
  return half === word.length ? [word] : [...pieces(pen, word.slice(0, half), room), ...pieces(pen, word.slice(half), room)];
}
