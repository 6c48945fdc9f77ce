// The dots of the chart: buttons, of which the nearest to the pointer is meant, and one is where the keyboard comes in.

const NEAR = 26; // units of the plot

function buildDots(depth, dots) {
  depth.dots = dots.map((dot) => ({ ...dot, x: depth.x(dot.column, dot.head), y: depth.y(dot.value) }));
  for (const dot of depth.dots) {
    dot.node = circle(dot.x, dot.y, dot.shade);
    dot.node.setAttribute("role", dot.block === null ? "img" : "button");
    dot.node.setAttribute("aria-label", dot.label);
    dot.node.onfocus = () => tellDot(depth, dot);
    dot.node.onblur = () => tellDot(depth, null);
  }
  return depth.dots.map(({ node }) => node);
}

function listenToDots(depth) {
  depth.plot.onpointermove = (event) => tellDot(depth, nearest(depth, event));
  depth.plot.onpointerleave = () => tellDot(depth, null);
  depth.plot.onclick = (event) => chooseDot(nearest(depth, event));
  depth.plot.onkeydown = (event) => dotKey(depth, event);
}

function nearest({ plot, dots }, { clientX, clientY }) {
  const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(plot.getScreenCTM().inverse());
  const apart = (dot) => Math.hypot(dot.x - x, dot.y - y);
  const found = dots.reduce((best, dot) => (best && apart(best) <= apart(dot) ? best : dot), null);
  return found && apart(found) <= NEAR ? found : null;
}

function chooseDot(dot) {
  if (dot && dot.block !== null) BESIDE.choose?.({ block: dot.block, head: dot.head });
}

// Left and right go to the next dot, up and down to the next higher or lower one of its block.
function dotKey(depth, event) {
  const { dots } = depth, at = dots.find(({ node }) => node === event.target);
  if (!at || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter" || event.key === " ") return event.preventDefault(), chooseDot(at);
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const isUpright = event.key === "ArrowUp" || event.key === "ArrowDown";
  const row = isUpright ? dots.filter((dot) => dot.column === at.column).sort((one, other) => one.value - other.value) : dots;
  const next = row[row.indexOf(at) + step];
  if (!next) return;
  enterAt(depth, next);
  next.node.focus();
}

// What is said below the plot: of the dot that is meant, else of the chosen one.
function tellDot(depth, dot) {
  depth.meant?.node.classList.remove("meant");
  depth.meant = dot;
  dot?.node.classList.add("meant");
  const told = dot ?? depth.dots.find(({ node }) => node.classList.contains("current"));
  depth.readout.textContent = told?.label ?? "";
}

function markDots(depth, block, head) {
  for (const dot of depth.dots) {
    const isChosen = dot.block !== null && dot.block === block && dot.head === head;
    dot.node.classList.toggle("current", isChosen);
    if (dot.block !== null) dot.node.setAttribute("aria-pressed", String(isChosen));
    if (isChosen) dot.node.parentNode.append(dot.node); // above the others
  }
  const ofBlock = depth.dots.filter((dot) => dot.block === block);
  depth.band.setAttribute("x", depth.bandAt(ofBlock[0]?.column ?? 0));
  depth.band.classList.toggle("hidden", !ofBlock.length);
  enterAt(depth, ofBlock.find((dot) => dot.head === head) ?? ofBlock[0] ?? depth.dots[0]);
  tellDot(depth, depth.meant ?? null);
}

function enterAt({ dots }, entry) {
  for (const { node, block } of dots) if (block !== null) node.setAttribute("tabindex", node === entry.node ? 0 : -1);
}
