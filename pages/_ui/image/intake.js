// Pictures that are pasted or dropped anywhere on the page, and which of their cards was clicked last. Pictures go to
// the server as {name, base64}; what is too large stays here and goes as a name. Nothing from outside becomes a part
// of the page.

const doors = new WeakMap();
const CARDS = ":is(.st-key-sample, .st-key-tray)";
const CARD = "[data-testid=stRadioOption]";
const QUIET = 400; // milliseconds: the end of a run is heard by then
const EMBEDDED = /^[^\n]{0,200}?\bdata:image\/[\w.+-]+[;,]/i; // the picture itself, in whatever stands round it
const ADDRESS = /(https?:\/\/|blob:)\S|^[<("'`]*(\/\/)?([\w-]+\.)+[a-z]{2,}(:\d+)?\/\S/i;
const MARKUP = /^(<img\b[^>]*|\[?!?\[[^\]]*\]\(\s*<?)https?:\/\//i;
let acts = 0;

export default function ({ data, parentElement, setStateValue }) {
  const known = doors.get(parentElement);
  const door = known ?? { drops: [] };
  door.limits = data;
  door.taken = data.taken;
  door.say = () => setStateValue("drops", [...door.drops]);
  door.send = (drop) => {
    door.drops.push({ ...empty(), number: ++acts, ...drop });
    door.say();
  };
  forget(door, parentElement.ownerDocument);
  door.tell = (click) => setStateValue("click", { ...click, number: ++acts });
  if (!known) {
    doors.set(parentElement, door);
    door.close = listen(parentElement.ownerDocument, door);
  }
  return () => {
    clearTimeout(door.forgetting);
    door.close();
    doors.delete(parentElement);
  };
}

// A drop is said with every act until the server has taken it: of messages that come fast Streamlit drops some.
// To say that nothing is left begins a run, which would cut off the one that opens the picture: so only once it is over.
function forget(door, page) {
  clearTimeout(door.forgetting);
  if (door.drops.every((drop) => drop.number > door.taken)) return;
  door.forgetting = setTimeout(() => {
    const isOver = page.querySelector(".stApp")?.dataset.testScriptState !== "running";
    if (!isOver) return forget(door, page);
    door.drops = door.drops.filter((drop) => drop.number > door.taken);
    door.say();
  }, QUIET);
}

function listen(page, door) {
  const listeners = {
    paste: (event) => pasted(event, door),
    dragover: (event) => dragged(event, page),
    dragleave: (event) => event.relatedTarget || showDropping(page, false),
  };
  const early = {
    // before Streamlit hears of it
    click: (event) => clicked(event, door),
    keydown: (event) => walked(event, door),
    change: (event) => chosen(event, door),
    drop: (event) => dropped(event, page, door),
  };
  for (const [name, listener] of Object.entries(listeners)) page.addEventListener(name, listener);
  for (const [name, listener] of Object.entries(early)) page.addEventListener(name, listener, true);
  return () => {
    for (const [name, listener] of Object.entries(listeners)) page.removeEventListener(name, listener);
    for (const [name, listener] of Object.entries(early)) page.removeEventListener(name, listener, true);
    showDropping(page, false);
  };
}

function empty() {
  return { files: [], large: [], unreadable: [], leftOut: 0, address: "" };
}

// A radio group says nothing when its chosen card is clicked, though the other group may have had its turn since.
function clicked(event, door) {
  tellOf(event.target.closest?.(`${CARDS} ${CARD}`), door);
}

function walked(event, door) {
  const isArrow = event.key.startsWith("Arrow") && event.target.matches?.(`${CARDS} input[type=radio]`);
  if (isArrow) setTimeout(() => tellOf(event.target.ownerDocument.activeElement.closest(`${CARDS} ${CARD}`), door));
}

function tellOf(card, door) {
  if (!card) return;
  const group = card.closest(CARDS);
  const place = [...group.querySelectorAll(CARD)].indexOf(card);
  door.tell({ group: group.matches(".st-key-sample") ? "sample" : "tray", place });
}

// Streamlit's uploader marks a file over the limit red and says nothing; so it gets no such files, and we say why.
function chosen(event, door) {
  if (!event.target.matches?.("[data-testid=stFileUploader] input[type=file]")) return;
  const files = [...event.target.files];
  if (!files.some((file) => file.size > door.limits.each)) return;
  event.stopImmediatePropagation();
  event.target.value = "";
  take(files, door);
}

function pasted(event, door) {
  const files = [...event.clipboardData.files].filter((file) => file.type.startsWith("image/"));
  const text = event.clipboardData.getData("text/plain").trim();
  const isPicture = EMBEDDED.test(text); // a field would cut it off, and then show it for ever
  if (event.defaultPrevented || (!files.length && !isPicture && isWriting(event))) return;
  if (files.length) take(files, door);
  else if (isPicture && text.length > 1.4 * door.limits.each) door.send({ large: ["image"] });
  else if (isPicture || isAddress(text)) door.send({ address: text });
  else return;
  event.preventDefault();
}

// What may be an address in one of the ways in which people paste them; which one it is the server finds out.
function isAddress(text) {
  return text.length < 4000 && (MARKUP.test(text) || (/^\S+$/.test(text) && ADDRESS.test(text)));
}

function isWriting(event) {
  const field = event.composedPath()[0];
  const isText = field.matches?.("textarea, input:not([type=radio], [type=checkbox], [type=range], [type=file])");
  return Boolean(isText || field.isContentEditable);
}

function dragged(event, page) {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault(); // or the browser would leave the page to show the file
  showDropping(page, true);
}

function dropped(event, page, door) {
  showDropping(page, false);
  const files = [...(event.dataTransfer?.files ?? [])];
  if (!files.length) return;
  event.preventDefault();
  const uploader = event.target.closest?.("[data-testid=stFileUploaderDropzone]");
  if (uploader && files.every((file) => file.size <= door.limits.each)) return; // it takes these itself
  event.stopImmediatePropagation();
  uploader?.dispatchEvent(new DragEvent("dragleave", { bubbles: true, relatedTarget: page.body }));
  take(files, door);
}

function showDropping(page, isDropping) {
  page.documentElement.classList.toggle("is-dropping", isDropping);
}

async function take(offered, door) {
  const drop = empty();
  let room = door.limits.together - waiting(door); // what a message may weigh, for it says them all
  for (const file of offered) {
    const { name } = file;
    if (file.size > door.limits.each) drop.large.push(name);
    else if (file.size > room || drop.files.length >= door.limits.most) drop.leftOut += 1;
    else {
      try {
        drop.files.push({ name, base64: await base64Of(file) });
        room -= file.size;
      } catch {
        drop.unreadable.push(name); // a folder, or a file that is gone
      }
    }
  }
  door.send(drop);
}

// Bytes of the files that the server has not taken yet.
function waiting(door) {
  const files = door.drops.flatMap((drop) => drop.files);
  return files.reduce((sum, file) => sum + 0.75 * file.base64.length, 0);
}

function base64Of(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
