// Files to take away, and the lines that make them again, as the server gives them; an answer that is lost is asked for
// again (waiting.js).

const newToken = () => crypto.randomUUID?.() ?? String(Math.random());

// A file of the menu's format, or the lines ("code"); one at a time.
function askForFile(state, what) {
  const { file } = state;
  const shown = onScreen(state);
  if (!shown) return void (what !== "code" && say(state, "There is no map on screen to take away."));
  if (file.wanted && file.wanted.what !== "code") return what === "code" ? undefined : void (file.next = what);
  if (what !== "code") say(state, "Preparing the file.");
  file.wanted = { token: newToken(), what, ...shown };
  state.code.askedOf = codeNow(state);
  awaitAnswer(state, "file", (tries) => state.send("wanted", { ...file.wanted, try: tries }), giveUpFile);
  markPreparing(state);
}

function giveUpFile(state) {
  state.file.wanted = null;
  markPreparing(state);
  say(state, "No file came. Try again.");
  followCode(state);
}

// While a file is made the result on screen is not a former one: the page's style asks for this mark.
function markPreparing(state) {
  state.root.getRootNode().host?.toggleAttribute("data-preparing", Boolean(state.file.wanted));
}

// The answer to a request; one that is no longer waited for is dropped.
function takeReply(state, reply, bytes) {
  const { file, code } = state;
  if (file.wanted?.token !== reply.token) return;
  file.wanted = null;
  clearTimeout(state.timer.file);
  markPreparing(state);
  if (file.next) askForFile(state, file.next), (file.next = null);
  else if (reply.what !== "code") followCode(state);
  if (reply.error) return say(state, reply.error);
  if (reply.what === "code") return takeCode(state, reply);
  const address = URL.createObjectURL(new Blob([bytes.slice()], { type: reply.mime }));
  el("a", { href: address, download: reply.name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
  say(state, `Saved ${reply.name}.`);
}
