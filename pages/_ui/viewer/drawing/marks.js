// Marks over the panels: the pointer, a kept point and a box, at the same place in every panel of a set.

const MARKS = ["pointer", "pin", "box"];

// A fine line round what the model saw, as wide on screen for every image; none where that is all of it.
const buildEdge = () => el("span", { className: "edge" });

function placeEdge({ stage, geometry }) {
  const [width, height] = geometry.shown, [left, top, right, bottom] = geometry.seen;
  const sides = [top / height, 1 - right / width, 1 - bottom / height, left / width];
  stage.toggleAttribute("data-unseen", sides.some((side) => side > 0));
  stage.style.setProperty("--seen", sides.map((side) => (side > 0 ? `${100 * side}%` : "-4px")).join(" "));
}

// The same line on a copy of the panels, whose image begins at this place.
function strokeEdge(pen, { stage, geometry }, [x, y]) {
  if (!stage.hasAttribute("data-unseen")) return;
  const [left, top, right, bottom] = geometry.seen;
  Object.assign(pen, { strokeStyle: "#ffffff", lineWidth: Math.max(1, Math.round(geometry.shown[0] / 400)) });
  pen.strokeRect(x + left, y + top, right - left, bottom - top);
}

const buildMarks = () => MARKS.map((mark) => el("span", { className: `mark ${mark}` }));

function point(panes, at) {
  panes.marks.pointer = at;
  read(panes);
}

function pin(panes, at) {
  Object.assign(panes.marks, { pin: at, box: null, anchor: null });
  read(panes);
}

// A click near the kept point, or in the box, takes it back; `reach` in pixels of the image.
function keepOrTakeBack(panes, at, reach) {
  const { pin: kept, box } = panes.marks;
  const isOnPoint = kept && Math.hypot(at.x - kept.x, at.y - kept.y) <= reach;
  const isInBox = box && at.x >= box.left && at.x < box.right && at.y >= box.top && at.y < box.bottom;
  if (isOnPoint || isInBox) takeBackKept(panes);
  else pin(panes, at);
}

function takeBackKept(panes) {
  Object.assign(panes.marks, { pin: null, box: null, anchor: null });
  read(panes);
}

// A box with these two pixels in opposite corners, both inside.
function setBox(panes, a, b) {
  panes.marks.box = {
    left: Math.min(a.x, b.x),
    top: Math.min(a.y, b.y),
    right: Math.max(a.x, b.x) + 1,
    bottom: Math.max(a.y, b.y) + 1,
  };
  panes.marks.pin = null;
  read(panes);
}

function clearMarks(panes) {
  panes.marks.pointer = null;
  takeBackKept(panes);
}

function placeMarks({ stage, geometry, marks, button }) {
  button.clear.toggleAttribute("data-idle", !(marks.pin || marks.box)); // it keeps its place
  const [width, height] = geometry.shown, style = stage.style;
  for (const name of ["pointer", "pin"]) {
    const at = marks[name];
    stage.toggleAttribute(`data-${name}`, Boolean(at));
    if (!at) continue;
    style.setProperty(`--${name}-x`, `${((at.x + 0.5) / width) * 100}%`);
    style.setProperty(`--${name}-y`, `${((at.y + 0.5) / height) * 100}%`);
  }
  stage.toggleAttribute("data-box", Boolean(marks.box));
  if (!marks.box) return;
  const { left, top, right, bottom } = marks.box;
  style.setProperty("--box", `${(top / height) * 100}% ${(1 - right / width) * 100}% ${(1 - bottom / height) * 100}% ${(left / width) * 100}%`);
}
