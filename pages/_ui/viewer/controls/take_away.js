// Take it away: images, files, a link, and the lines that make the same result. What is asked for carries what is on
// screen (`onScreen`, of the page), so that the file is of what the person sees.

const UNWRITTEN = "…";
const BAR = 48; // pixels, the height of the bar over the page

// The menu; the sentence at the foot of the window is `state.node.notice`.
function buildTakeAway(state) {
  const { node } = state, summary = el("summary", { textContent: "Take away" });
  node.menu = el("details", { className: "menu" }, summary, buildMenu(state));
  node.menu.ontoggle = () => {
    followCode(state);
    makeRoom(node.menu, summary.getBoundingClientRect());
  };
  node.menu.onkeydown = (event) => void (event.key === "Escape" && closeMenu(state)); // a handler's false would undo the key
  node.notice = el("p", { className: "notice", role: "status" });
  return node.menu;
}

// What a menu holds opens to where there is more room.
function makeRoom(menu, { top, bottom }) {
  const above = top - BAR, below = innerHeight - bottom;
  menu.toggleAttribute("data-upward", above > below);
  menu.style.setProperty("--room", `${Math.max(above, below) - 16}px`);
}

function buildMenu(state) {
  const action = (textContent, act, title = "") => {
    const button = el("button", { type: "button", className: "row", textContent, title });
    button.onclick = act;
    return button;
  };
  const { node } = state;
  node.command = el("pre", { tabIndex: 0, "aria-label": "As a command" });
  node.python = el("pre", { tabIndex: 0, "aria-label": "As Python" });
  node.linkNote = el("p", { className: "small" });
  return el("div", { className: "sheet" },
    action("Copy the picture", () => copyPicture(state)),
    action("Copy a link to this view", () => copyText(state, location.href, "The link is copied.")),
    node.linkNote,
    el("h3", { textContent: "Download" }),
    ...state.registry.formats.map(({ slug, title, description }) => action(title, () => askForFile(state, slug), description)),
    el("h3", { textContent: "The same from a shell" }),
    node.command,
    action("Copy the command", () => copyText(state, node.command.textContent, "The command is copied.")),
    el("h3", { textContent: "The same from Python" }),
    node.python,
    action("Copy the Python", () => copyText(state, node.python.textContent, "The lines are copied.")),
  );
}

function closeMenu({ node: { menu } }) {
  if (menu.contains(focused())) menu.firstChild.focus();
  menu.open = false;
}

// What the lines on screen are of.
const codeNow = (state) => JSON.stringify([state.view.id, onScreen(state)]);

// The lines follow the class and the look while they are on screen; between two of them there are none.
function followCode(state) {
  if (!state.node.menu.open) return hideByHand(state);
  if (state.code.isOf === codeNow(state)) return;
  hideByHand(state);
  state.code.isOf = null;
  showCode(state, { command: UNWRITTEN, python: UNWRITTEN });
  clearTimeout(state.timer.code);
  state.timer.code = setTimeout(() => askForFile(state, "code"), 150);
}

// Lines of a class or a look that has been left meanwhile are not shown: others will be asked for (followCode).
function takeCode(state, reply) {
  if (state.code.askedOf !== codeNow(state)) return;
  state.code.isOf = state.code.askedOf;
  showCode(state, reply);
}

function showCode({ node }, { command, python }) {
  node.command.textContent = command;
  node.python.textContent = python;
}

// One sentence at the foot of the window, for a while; it moves nothing.
function say(state, text) {
  state.node.notice.textContent = text;
  clearTimeout(state.timer.notice);
  state.timer.notice = setTimeout(() => (state.node.notice.textContent = ""), 8000);
}

