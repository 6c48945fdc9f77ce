// Mouse, finger and keys on a panel: hovering reads values, a click keeps a point, a drag draws a box, moves the swipe or
// moves a zoomed image, a finger that stays shows the original.

const DRAGGED = 5; // screen pixels, from which on a press is a drag
const HELD = 350; // ms, from which on a finger is held
const REACH = { touch: 20, mouse: 8 }; // screen pixels round a kept point that count as on it

function watchFrame(panes, frame) {
  frame.onpointerdown = (event) => press(panes, frame, event);
  frame.onpointermove = (event) => move(panes, frame, event);
  frame.onpointerup = (event) => release(panes, frame, event);
  frame.onpointercancel = (event) => takeBack(panes, event);
  frame.onpointerleave = () => void (panes.press || leavePanel(panes));
  frame.oncontextmenu = (event) => void (panes.fingers.size && event.preventDefault()); // it would end a finger that is held
  frame.onkeydown = (event) => paneKey(panes, event);
  frame.onblur = () => {
    panes.marks.anchor = null;
    leavePanel(panes);
  };
  frame.onwheel = (event) => wheel(panes, frame, event);
  const isOurs = ({ touches }) => touches.length > 1 || isHeldNow(panes); // and does not scroll the page
  frame.ontouchmove = (event) => void (isOurs(event) && event.preventDefault());
}

function pixelUnder(panes, frame, event) {
  const [across, down] = placeIn(panes.pane[frame.dataset.pane].plane.getBoundingClientRect(), event);
  const [width, height] = panes.geometry.shown;
  const at = { x: clamp(Math.floor(across * width), 0, width - 1), y: clamp(Math.floor(down * height), 0, height - 1) };
  return panes.centre ? panes.centre(at) : at;
}

const isSwiping = (panes, frame) => panes.look.view === "swipe" && frame.dataset.pane === "overlay";

function press(panes, frame, event) {
  if (!panes.geometry || event.button) return;
  const isFinger = event.pointerType === "touch", { clientX: x, clientY: y } = event;
  if (isFinger) panes.fingers.set(event.pointerId, { x, y });
  if (panes.fingers.size > 1) return beginPinch(panes, frame);
  const former = { marks: { ...panes.marks }, split: panes.split };
  const drags = isSwiping(panes, frame) ? "swipe" : isZoomed(panes) && !event.shiftKey ? "image" : panes.centre ? "nothing" : "box";
  panes.press = { from: pixelUnder(panes, frame, event), x, y, drags, isDrag: false, isFinger, hold: 0, former };
  if (isFinger && drags !== "swipe" && panes.under) panes.press.hold = setTimeout(() => hold(panes, true), HELD);
  if (isFinger) return; // a finger may be about to scroll
  frame.setPointerCapture(event.pointerId);
  if (drags === "swipe") swipeTo(panes, frame, event);
}

function beginPinch(panes, frame) {
  takeBack(panes);
  panes.pinch = null;
  if (panes.fingers.size === 2) pinchTo(panes, frame);
}

function move(panes, frame, event) {
  if (!panes.geometry) return;
  const isFinger = event.pointerType === "touch", began = panes.press, { clientX: x, clientY: y } = event;
  if (panes.fingers.has(event.pointerId)) panes.fingers.set(event.pointerId, { x, y });
  if (panes.fingers.size === 2) return pinchTo(panes, frame);
  if (!began) return isFinger ? leavePanel(panes) : hover(panes, pixelUnder(panes, frame, event));
  if (isHeldNow(panes)) return;
  const across = Math.abs(x - began.x), down = Math.abs(y - began.y);
  if (!began.isDrag && isFinger && began.drags !== "image" && down > across) return;
  began.isDrag ||= Math.hypot(across, down) >= DRAGGED;
  if (began.isDrag || began.drags === "swipe") drag(panes, frame, event);
}

function drag(panes, frame, event) {
  const began = panes.press, box = frame.getBoundingClientRect();
  clearTimeout(began.hold);
  if (began.drags === "swipe") swipeTo(panes, frame, event);
  else if (began.drags === "box") {
    panes.marks.pointer = null; // it would stay where the drag began
    setBox(panes, began.from, pixelUnder(panes, frame, event));
  } else if (began.drags === "image") {
    panBy(panes, (event.clientX - (began.lastX ?? began.x)) / box.width, (event.clientY - (began.lastY ?? began.y)) / box.height);
    Object.assign(began, { lastX: event.clientX, lastY: event.clientY });
  }
}

function release(panes, frame, event) {
  const began = panes.press, wasHeld = isHeldNow(panes);
  endPress(panes, event);
  if (!began) return;
  if (began.drags === "swipe") swipeTo(panes, frame, event);
  else if (!began.isDrag && !wasHeld) keepOrTakeBack(panes, pixelUnder(panes, frame, event), reachOf(panes, frame, began));
}

function endPress(panes, event) {
  clearTimeout(panes.press?.hold);
  hold(panes, false);
  panes.fingers.delete(event?.pointerId);
  panes.press = panes.pinch = null;
}

// The browser took the gesture to scroll, or it is one of two fingers: all is as it was before the finger came down.
function takeBack(panes, event) {
  const former = panes.press?.former;
  endPress(panes, event);
  if (!former) return;
  panes.split = former.split;
  Object.assign(panes.marks, { pin: former.marks.pin, box: former.marks.box });
  layOut(panes);
  read(panes);
}

// Pixels of the image that a click may miss a kept point by.
const reachOf = ({ geometry, pane, centre }, { dataset }, { isFinger }) =>
  centre ? 0 : (REACH[isFinger ? "touch" : "mouse"] * geometry.shown[0]) / pane[dataset.pane].plane.getBoundingClientRect().width;

function swipeTo(panes, frame, event) {
  const [across] = placeIn(frame.getBoundingClientRect(), event);
  panes.split = clamp(Math.round(across * 100), 0, 100);
  layOut(panes);
}

function hover(panes, at) {
  panes.isHovered = true;
  point(panes, at);
}

function leavePanel(panes) {
  panes.isHovered = false;
  if (panes.marks.pointer) point(panes, null);
}

// Arrows move a pointer of their own, and a zoomed image with it; with Shift they draw a box from where it stood.
function paneKey(panes, event) {
  if (!panes.geometry || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  const { marks } = panes, [width, height] = panes.geometry.shown;
  if (step) stepPointer(panes, step, event.shiftKey);
  else if (event.key === "Enter" || event.key === " ") keepOrTakeBack(panes, marks.pointer ?? { x: width >> 1, y: height >> 1 }, 0);
  else if (event.key === "Escape" && (marks.pin || marks.box)) clearMarks(panes);
  else if (!zoomKey(panes, event)) return;
  event.preventDefault();
  event.stopPropagation();
}

function stepPointer(panes, [right, down], drawsBox) {
  const { marks, centre } = panes, [width, height] = panes.geometry.shown;
  const stride = Math.max(1, Math.round(Math.max(width, height) / 40 / panes.zoom.scale));
  const [wide, high] = panes.cell ?? [stride, stride];
  const from = marks.pointer ?? marks.pin ?? { x: width >> 1, y: height >> 1 };
  const next = { x: clamp(from.x + right * wide, 0, width - 1), y: clamp(from.y + down * high, 0, height - 1) };
  const to = centre ? centre(next) : next;
  marks.anchor = drawsBox && !centre ? (marks.anchor ?? from) : null;
  showPixel(panes, to);
  point(panes, to);
  if (marks.anchor) setBox(panes, marks.anchor, to);
}
