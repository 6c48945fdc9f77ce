// Take it away: pictures, files, a link, and the lines that make the same result. What is asked for carries the class
// and the look that are on screen, so that the file is of what the person sees.

const UNWRITTEN = "…";

const FILES = {
  panels: "Three panels (PNG)",
  overlay: "Overlay at full size (PNG)",
  cam: "Raw map (NPY)",
  json: "Numbers (JSON)",
  zip: "Everything (ZIP)",
};

function buildActions(s) {
  const present = el("button", { type: "button", className: "plain", textContent: "Present" });
  present.onclick = () => startPresenting(s);
  s.menu = el("details", { className: "menu" }, el("summary", { textContent: "Take away" }), buildMenu(s));
  s.menu.ontoggle = () => followCode(s);
  s.menu.onkeydown = (event) => void (event.key === "Escape" && closeMenu(s)); // a handler's false would undo the key
  s.notice = el("p", { className: "notice", role: "status" });
  return el("div", { className: "actions" }, present, s.menu);
}

function buildMenu(s) {
  const action = (title, act) => {
    const button = el("button", { type: "button", className: "row", textContent: title });
    button.onclick = act;
    return button;
  };
  s.code = { command: el("pre", { tabIndex: 0, "aria-label": "As a command" }), python: el("pre", { tabIndex: 0, "aria-label": "As Python" }) };
  s.linkNote = el("p", { className: "small" });
  return el("div", { className: "sheet" },
    action("Copy the picture", () => copyPicture(s)),
    action("Copy a link to this view", () => copyText(s, location.href, "The link is copied.")),
    s.linkNote,
    el("h3", { textContent: "Download" }),
    ...Object.entries(FILES).map(([what, title]) => action(title, () => askFor(s, what))),
    el("h3", { textContent: "The same from a shell" }),
    s.code.command,
    action("Copy the command", () => copyText(s, s.code.command.textContent, "The command is copied.")),
    el("h3", { textContent: "The same from Python" }),
    s.code.python,
    action("Copy the Python", () => copyText(s, s.code.python.textContent, "The lines are copied.")),
  );
}

function closeMenu(s) {
  if (s.menu.contains(focused())) s.menu.firstChild.focus();
  s.menu.open = false;
}

function lookNow(s) {
  const { colormap, opacity, threshold, contour } = s.look;
  const scale = s.look.scale === "shared" ? scaleOf(s, chosen(s)) : 0;
  return { colormap, opacity: opacity / 100, threshold: threshold / 100, contour: contour / 100, scale: scale || null };
}

// The lines follow the class and the look while they are on screen; between two of them there are none.
function followCode(s) {
  if (!s.menu.open || s.codeOf === codeNow(s)) return;
  s.codeOf = null;
  showCode(s, { command: UNWRITTEN, python: UNWRITTEN });
  clearTimeout(s.codeTimer);
  s.codeTimer = setTimeout(() => askFor(s, "code"), 150);
}

const codeNow = (s) => JSON.stringify([s.view.id, s.index, lookNow(s)]);

function askFor(s, what) {
  if (s.wanted && s.wanted.what !== "code") return what === "code" ? undefined : void (s.nextFile = what);
  if (what !== "code") say(s, "Preparing the file.");
  s.wanted = { token: crypto.randomUUID?.() ?? String(Math.random()), what, index: s.index, look: lookNow(s), view: s.view.question };
  s.wantedOf = codeNow(s);
  s.tell("wanted", s.wanted);
  clearTimeout(s.wantedTimer);
  s.wantedTimer = setTimeout(() => giveUpFile(s), 30000);
  markPreparing(s);
}

function giveUpFile(s) {
  s.wanted = null;
  markPreparing(s);
  say(s, "No file came. Try again.");
  followCode(s);
}

// While a file is made the result on screen is not a former one: the page's style asks for this mark.
function markPreparing(s) {
  s.root.getRootNode().host?.toggleAttribute("data-preparing", Boolean(s.wanted));
}

// The answer to a request; one that is no longer waited for is dropped.
function takeReply(s, reply, bytes) {
  if (s.wanted?.token !== reply.token) return;
  s.wanted = null;
  clearTimeout(s.wantedTimer);
  markPreparing(s);
  if (s.nextFile) askFor(s, s.nextFile), (s.nextFile = null);
  else if (reply.what !== "code") followCode(s);
  if (reply.error) return say(s, reply.error);
  if (reply.what === "code") return (s.codeOf = s.wantedOf), showCode(s, reply);
  const address = URL.createObjectURL(new Blob([bytes.slice()], { type: reply.mime }));
  el("a", { href: address, download: reply.name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
  say(s, `Saved ${reply.name}.`);
}

function showCode(s, { command, python }) {
  s.code.command.textContent = command;
  s.code.python.textContent = python;
}

// One sentence at the foot of the window, for a while; it moves nothing.
function say(s, text) {
  s.notice.textContent = text;
  clearTimeout(s.noticeTimer);
  s.noticeTimer = setTimeout(() => (s.notice.textContent = ""), 8000);
}

async function copyText(s, text, done) {
  if (text === UNWRITTEN) return say(s, "These lines are just being written. Copy them in a moment.");
  try {
    await navigator.clipboard.writeText(text);
    say(s, done);
  } catch {
    say(s, "This browser did not let the page copy. Select the text and copy it by hand.");
  }
}

// The panels that are on screen, beside one another under a title, as one picture on the clipboard.
async function copyPicture(s) {
  const blob = new Promise((resolve) => composed(s).toBlob(resolve, "image/png"));
  try {
    await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
    say(s, "The picture is copied.");
  } catch {
    say(s, "This browser did not let the page copy a picture. Download it instead.");
  }
}

function composed(s) {
  const names = s.look.view === "side" ? ["original", "heatmap", "overlay"] : ["overlay"];
  const [width, height] = s.view.shown, one = chosen(s), gap = Math.round(width / 40), line = Math.max(16, Math.round(width / 24));
  const canvas = el("canvas", { width: names.length * (width + gap) + gap, height: height + gap * 2 + line * 3.6 });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = "#17111f";
  pen.font = `600 ${line}px sans-serif`;
  pen.fillText(`${one.label}  ${one.percent}`, gap, gap + line, canvas.width - 2 * gap);
  pen.fillStyle = "#5b5364";
  pen.font = `${Math.round(line * 0.62)}px sans-serif`;
  pen.fillText(one.caption, gap, gap + line * 2.1, canvas.width - 2 * gap);
  names.forEach((name, place) => pen.drawImage(s.pane[name].canvas, gap + place * (width + gap), gap + line * 3));
  return canvas;
}
