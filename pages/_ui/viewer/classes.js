// The predictions: a radio group of cards, and the choice of one of them.

const USUAL_COUNT = 5;

const chosen = (s) => s.view.classes.find((one) => one.index === s.index);

// The classes on screen: the first k of the list, and the chosen one if it is another.
function listed(s) {
  const first = s.view.classes.filter((one) => one.listed).slice(0, s.look.k);
  return first.some((one) => one.index === s.index) ? first : [...first, chosen(s)];
}

function buildClasses(s) {
  s.list = el("div", { className: "list", role: "radiogroup", "aria-label": "Class to explain" });
  s.count = el("select", { "aria-label": "How many predictions" });
  s.count.onchange = () => changeLook(s, { k: Number(s.count.value) });
  const head = el("div", { className: "head" }, el("h2", { textContent: "Predictions" }), buildSearch(s), s.count);
  return el("section", { className: "predictions", "aria-label": "Predictions" }, head, s.list);
}

function drawList(s) {
  const most = s.view.classes.filter((one) => one.listed).length;
  const counts = Array.from({ length: most }, (_, i) => el("option", { value: i + 1, textContent: `Top ${i + 1}` }));
  s.count.replaceChildren(...counts);
  s.count.value = Math.min(s.look.k, most);
  const hadFocus = s.list.contains(focused());
  s.list.replaceChildren(...listed(s).map((one, place) => card(s, one, place)));
  markChosen(s, hadFocus);
}

function card(s, one, place) {
  const digit = place < 9 ? el("kbd", { textContent: place + 1, "aria-hidden": "true" }) : "";
  const bar = el("span", { className: "share", "aria-hidden": "true" });
  bar.style.setProperty("--share", one.probability);
  const said = el("span", { className: "numbers" }, el("span", { textContent: one.percent }), " ", el("span", { textContent: `logit ${one.logit}` }));
  const label = el("span", { className: "label", textContent: one.label });
  const button = el("button", { type: "button", role: "radio", className: "card", title: one.label }, label, " ", said, digit, bar);
  button.dataset.index = one.index;
  button.onclick = () => choose(s, one.index);
  button.onkeydown = (event) => walkList(s, event);
  return button;
}

function markChosen(s, takesFocus = false) {
  for (const button of s.list.children) {
    const isChosen = Number(button.dataset.index) === s.index;
    button.setAttribute("aria-checked", String(isChosen));
    button.tabIndex = isChosen ? 0 : -1;
    if (!isChosen) continue;
    if (takesFocus) button.focus({ preventScroll: true });
    if (s.list.scrollWidth > s.list.clientWidth) s.list.scrollLeft = button.offsetLeft - s.list.offsetLeft - 24;
  }
}

function walkList(s, event) {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  walk(s, step);
  markChosen(s, true);
}

// The next or former class on screen, round the ends.
function walk(s, step) {
  const shown = listed(s), place = shown.findIndex((one) => one.index === (s.pending?.index ?? s.index));
  choose(s, shown[(place + step + shown.length) % shown.length].index);
}

// A person chose a class: drawn from what is here, or asked for; the address follows and Back leads back.
function choose(s, index) {
  if (index >= s.view.labels.length) return;
  if (!s.view.cams.has(index)) return ask(s, index);
  settle(s);
  if (index !== s.index) select(s, index);
  pushClass(s);
  if (s.waiting) showWaiting(s);
}

function select(s, index) {
  const onScreen = () => listed(s).map((one) => one.index).join(), former = onScreen();
  s.index = index;
  if (onScreen() === former) markChosen(s);
  else drawList(s);
  drawWords(s);
  read(s);
  repaint(s);
  followCode(s);
}

// A class whose map is not here: the server answers with a message that holds it.
function ask(s, index, { owner = s.view.owner, isTravel = false } = {}) {
  const tries = (s.pending?.index === index ? s.pending.tries : 0) + 1;
  s.pending = { index, tries, isTravel: isTravel || (s.pending?.isTravel && s.pending.index === index) || index === s.index };
  s.root.toggleAttribute("data-waiting", true);
  s.tell("asked", { owner, index, try: tries });
  clearTimeout(s.timer);
  s.timer = setTimeout(() => (s.pending?.tries < 3 ? ask(s, index, { owner, isTravel }) : giveUp(s)), 8000);
}

function settle(s) {
  clearTimeout(s.timer);
  s.pending = null;
  s.root.removeAttribute("data-waiting");
}

// No map came: what is on screen stays, and a view that only waited for this class is shown with its likeliest.
function giveUp(s) {
  const waiting = s.waiting;
  settle(s);
  s.waiting = null;
  if (waiting) commit(s, waiting.view, waiting.pixels, waiting.view.classes[0].index);
  say(s, "No map came for this class. Choose it once more.");
  reconcileSoon(s);
}

// Keys 1 to 9 anywhere on the page, unless someone types or has switched them off.
function digitKey(s, event) {
  if (!s.view || !s.hasDigitKeys || isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!/^[1-9]$/.test(event.key)) return;
  const one = listed(s)[Number(event.key) - 1];
  if (one) choose(s, one.index);
}
