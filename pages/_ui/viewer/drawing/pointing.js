// Mouse, finger and keys on a panel: hovering reads values, a click keeps a point, a drag draws a box or moves the swipe.

const DRAGGED = 5; // screen pixels, from which on a press is a drag

function watchFrame(panes, frame) {
  frame.onpointerdown = (event) => press(panes, frame, event);
  frame.onpointermove = (event) => move(panes, frame, event);
  frame.onpointerup = (event) => release(panes, frame, event);
  frame.onpointercancel = () => takeBack(panes);
  frame.onpointerleave = () => void (panes.press || point(panes, null));
  frame.onkeydown = (event) => paneKey(panes, event);
  frame.onblur = () => {
    panes.marks.anchor = null;
    point(panes, null);
  };
}

function pixelUnder(panes, frame, event) {
  const box = frame.getBoundingClientRect(), [width, height] = panes.geometry.shown;
  return {
    x: clamp(Math.floor(((event.clientX - box.left) / box.width) * width), 0, width - 1),
    y: clamp(Math.floor(((event.clientY - box.top) / box.height) * height), 0, height - 1),
  };
}

const isSwiping = (panes, frame) => panes.look.view === "swipe" && frame.dataset.pane === "overlay";

function press(panes, frame, event) {
  if (!panes.geometry || event.button) return;
  const former = { marks: { ...panes.marks }, split: panes.split };
  panes.press = { from: pixelUnder(panes, frame, event), x: event.clientX, y: event.clientY, isDrag: false, former };
  if (event.pointerType === "touch") return; // a finger may be about to scroll
  frame.setPointerCapture(event.pointerId);
  if (isSwiping(panes, frame)) swipeTo(panes, frame, event);
}

function move(panes, frame, event) {
  if (!panes.geometry) return;
  const at = pixelUnder(panes, frame, event), isFinger = event.pointerType === "touch", began = panes.press;
  if (!began) return point(panes, isFinger ? null : at);
  const across = Math.abs(event.clientX - began.x), down = Math.abs(event.clientY - began.y);
  if (!began.isDrag && isFinger && down > across) return;
  began.isDrag ||= Math.hypot(across, down) >= DRAGGED;
  if (isSwiping(panes, frame)) swipeTo(panes, frame, event);
  else if (began.isDrag) setBox(panes, began.from, at);
}

function release(panes, frame, event) {
  const began = panes.press;
  panes.press = null;
  if (!began) return;
  if (isSwiping(panes, frame)) swipeTo(panes, frame, event);
  else if (!began.isDrag) pin(panes, pixelUnder(panes, frame, event));
}

// The browser took the gesture to scroll: all is as it was before the finger came down.
function takeBack(panes) {
  if (!panes.press) return;
  const { marks, split } = panes.press.former;
  Object.assign(panes, { press: null, split });
  Object.assign(panes.marks, { pin: marks.pin, box: marks.box });
  layOut(panes);
  read(panes);
}

function swipeTo(panes, frame, event) {
  const box = frame.getBoundingClientRect();
  panes.split = clamp(Math.round(((event.clientX - box.left) / box.width) * 100), 0, 100);
  layOut(panes);
}

// Arrows move a pointer of their own; with Shift they draw a box from where it stood.
function paneKey(panes, event) {
  if (!panes.geometry || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  const { marks } = panes, [width, height] = panes.geometry.shown;
  if (step) stepPointer(panes, step, event.shiftKey);
  else if (event.key === "Enter" || event.key === " ") pin(panes, marks.pointer ?? { x: width >> 1, y: height >> 1 });
  else if (event.key === "Escape" && (marks.pin || marks.box)) clearMarks(panes);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function stepPointer(panes, [right, down], drawsBox) {
  const { marks } = panes, [width, height] = panes.geometry.shown;
  const stride = Math.max(1, Math.round(Math.max(width, height) / 40));
  const from = marks.pointer ?? marks.pin ?? { x: width >> 1, y: height >> 1 };
  const to = { x: clamp(from.x + right * stride, 0, width - 1), y: clamp(from.y + down * stride, 0, height - 1) };
  marks.anchor = drawsBox ? (marks.anchor ?? from) : null;
  point(panes, to);
  if (marks.anchor) setBox(panes, marks.anchor, to);
}
