// What the frame does in the browser, at once and without the server: chips that open their section of the sidebar,
// lists that close after a choice, the menu of pages, rows that fold, and the promise on a first visit.
//
// Streamlit makes the elements anew whenever it likes, so that nothing is kept on them: clicks are heard by the
// document, and what an element is to say of its state is written on it again after every change of the page.

const frames = new WeakMap();
const NARROW = "(max-width: 768px)"; // where Streamlit lays the sidebar over the page
const CARD = ":is(.st-key-sample, .st-key-tray) [data-testid=stRadioOption]";
const VISITED = "heatproof.visited";
const UNFOLDED = "heatproof.unfolded.";

export default function ({ parentElement }) {
  if (!frames.has(parentElement)) frames.set(parentElement, begin(parentElement.ownerDocument));
  return () => {
    frames.get(parentElement)?.();
    frames.delete(parentElement);
  };
}

function begin(page) {
  const frame = { page, root: page.documentElement, shown: {}, unfolded: {} };
  const listening = new AbortController();
  const clicked = (event) => onClick(frame, event);
  const pressed = (event) => onKey(frame, event);
  const observer = new MutationObserver(() => {
    frame.drawing ??= requestAnimationFrame(() => {
      frame.drawing = null;
      mark(frame);
    });
  });
  page.addEventListener("click", clicked, true);
  page.addEventListener("keydown", pressed, true);
  for (const kind of ["pointerdown", "focusin"]) page.addEventListener(kind, completeLink, { capture: true, signal: listening.signal });
  observer.observe(page.querySelector(".stApp") ?? page.body, { childList: true, subtree: true });
  watchAddress(listening.signal);
  welcome(frame);
  mark(frame);
  return () => {
    listening.abort();
    page.removeEventListener("click", clicked, true);
    page.removeEventListener("keydown", pressed, true);
    observer.disconnect();
    cancelAnimationFrame(frame.drawing);
  };
}

function onClick(frame, event) {
  const find = (selector) => event.target.closest?.(selector);
  const isNewTab = event.ctrlKey || event.metaKey || event.shiftKey;
  if (find(":is(.st-key-pages a:not([aria-current]), .st-key-trust_more a)") && !isNewTab) leavePage();
  const chip = find("[data-section]");
  const menu = find("[data-menu]");
  const fold = find("[data-fold]");
  const isPointer = event.detail > 0; // an arrow key clicks as well, on the radio that it comes to
  if (chip) openSection(frame, chip.dataset.section);
  if (fold) toggleFold(frame, fold.dataset.fold);
  showMenu(frame, Boolean(menu) && !isMenuOpen(frame));
  if (find("[class*='_list'] [data-testid=stPopoverButton]")) enterList(frame, find("[data-testid=stPopoverButton]"));
  if (find("[class*=st-key-dismiss_] button")) dismissed(frame, find("[class*=st-key-dismiss_] button"));
  if (isPointer && find("[data-testid=stRadioOption]")) took(frame, find("[data-testid=stRadioOption]"));
}

// A link that is about to be copied, or opened in another tab: the class and the look are newer than what drew it.
function completeLink(event) {
  const link = event.target.closest?.(":is(.st-key-pages, .st-key-trust_more) a");
  if (link) link.href = withOwnParameters(link.href);
}

function onKey(frame, event) {
  const option = event.target.closest?.("[data-testid=stRadioOption]");
  if (option && listOf(frame, option) && [" ", "Enter"].includes(event.key)) return took(frame, option);
  if (event.key !== "Escape") return;
  const list = listOf(frame, event.target);
  if (list) return void setTimeout(() => list.focus()); // Streamlit closes it
  if (frame.page.querySelector("[data-testid=stPopoverBody]")) return;
  if (isMenuOpen(frame)) {
    showMenu(frame, false);
    frame.page.querySelector("[data-menu]")?.focus();
  } else if (isNarrow(frame) && event.target.closest?.("[data-testid=stSidebar]")) closeSidebar(frame);
}

/* what elements say of their state */

function mark(frame) {
  keepOwnParameters();
  frame.root.style.colorScheme = getComputedStyle(frame.page.querySelector(".stApp")).colorScheme; // lists lie beside it
  const pages = frame.page.querySelector(".st-key-pages");
  say(pages, { role: "navigation", "aria-label": "Pages", id: "heatproof-pages" });
  for (const link of pages?.querySelectorAll("a") ?? []) {
    say(link, { "aria-current": link.querySelector("strong") ? "page" : null });
  }
  const menu = frame.page.querySelector("[data-menu]");
  say(menu, { "aria-expanded": isMenuOpen(frame), "aria-controls": "heatproof-pages" });
  for (const fold of frame.page.querySelectorAll("[data-fold]")) {
    const name = fold.dataset.fold;
    frame.unfolded[name] ??= read("sessionStorage", UNFOLDED + name) === "yes";
    say(fold, { "aria-expanded": frame.unfolded[name] });
    frame.root.classList.toggle(`is-unfolded-${name}`, frame.unfolded[name]);
  }
  for (const input of frame.page.querySelectorAll(".st-key-capture input[type=file]")) {
    say(input, { accept: "image/*", capture: "environment" }); // a telephone opens its camera
  }
  for (const chip of frame.page.querySelectorAll("[data-section]")) look(frame, chip.dataset);
}

function say(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null) node?.removeAttribute(name);
    else if (node?.getAttribute(name) !== String(value)) node?.setAttribute(name, value);
  }
}

// Another image or model is shown: on a phone the sidebar has done its work, unless it has something to say.
function look(frame, { section, shown, hasError }) {
  const former = frame.shown[section];
  frame.shown[section] = shown;
  if (former && shown && shown !== former && hasError === undefined && isNarrow(frame)) closeSidebar(frame, section);
}

/* the sidebar */

const isNarrow = (frame) => frame.page.defaultView.matchMedia(NARROW).matches;
const sidebar = (frame) => frame.page.querySelector("[data-testid=stSidebar]");
const isOpen = (frame) => sidebar(frame)?.dataset.collapsed === "false";

function openSection(frame, name) {
  frame.opener = name;
  if (!isOpen(frame)) frame.page.querySelector("[data-testid=stExpandSidebarButton]")?.click();
  whenThere(() => isOpen(frame) && sidebar(frame).querySelector(`.st-key-section_${name} h2`), (heading) => {
    heading.tabIndex = -1;
    const scroller = heading.closest("[data-testid=stSidebarContent]");
    scroller?.scrollBy(0, heading.getBoundingClientRect().top - scroller.getBoundingClientRect().top - 12);
    heading.focus({ preventScroll: true });
  });
}

function closeSidebar(frame, section = frame.opener ?? "image") {
  if (!isOpen(frame)) return;
  frame.page.querySelector("[data-testid=stSidebarCollapseButton] button")?.click();
  frame.page.querySelector(`[data-section=${section}]`)?.focus();
}

/* lists: popovers with the key X_list that hold the radio X */

function listOf(frame, node) {
  const radio = node.closest?.("[data-testid=stPopoverBody]")?.querySelector(".stRadio")?.closest("[class*=st-key-]");
  const key = radio?.className.match(/st-key-(\w+)/)?.[1];
  return key && frame.page.querySelector(`.st-key-${key}_list [data-testid=stPopoverButton]`);
}

function enterList(frame, button) {
  if (button.getAttribute("aria-expanded") === "true") return; // this click closes it
  const checked = () => {
    const radio = frame.page.querySelector("[data-testid=stPopoverBody] input:checked");
    return radio && listOf(frame, radio) === button && radio;
  };
  whenThere(checked, (radio) => radio.focus());
}

// An option was taken, or the one that is chosen already: the list closes; on a phone, where that is all, the sidebar.
function took(frame, option) {
  const list = listOf(frame, option);
  const isFormer = Boolean(option.querySelector("input:checked"));
  const isInSidebar = option.matches(CARD) || list?.closest("[data-testid=stSidebar]");
  setTimeout(() => {
    if (list?.getAttribute("aria-expanded") === "true") list.click();
    list?.focus();
    if (isFormer && isInSidebar && isNarrow(frame)) closeSidebar(frame);
  });
}

function whenThere(find, act, frames = 60) {
  const found = find();
  if (found) act(found);
  else if (frames) requestAnimationFrame(() => whenThere(find, act, frames - 1));
}

// A message goes, and with it the button that has the focus: then the heading it stood under has it.
function dismissed(frame, button) {
  const section = button.closest("[class*=st-key-section_]");
  const heir = () => section?.querySelector("h2") ?? frame.page.querySelector("[data-section]");
  const isLost = () => !button.isConnected && frame.page.activeElement === frame.page.body;
  const take = (node) => {
    if (node.matches("h2")) node.tabIndex = -1;
    node.focus({ preventScroll: true });
  };
  whenThere(() => isLost() && heir(), take, 600); // the server answers first
}

/* the menu of pages, rows that fold, and the promise */

const isMenuOpen = (frame) => frame.root.classList.contains("is-menu-open");

function showMenu(frame, isShown) {
  frame.root.classList.toggle("is-menu-open", isShown);
  say(frame.page.querySelector("[data-menu]"), { "aria-expanded": isShown });
}

function toggleFold(frame, name) {
  frame.unfolded[name] = !frame.unfolded[name];
  write("sessionStorage", UNFOLDED + name, frame.unfolded[name] ? "yes" : "no");
  mark(frame);
}

function welcome(frame) {
  if (read("localStorage", VISITED)) return;
  write("localStorage", VISITED, "yes");
  frame.root.classList.add("is-first-visit");
}

// A browser may forbid to store anything: then every visit is a first one, and rows are folded at its start.
function read(storage, name) {
  try {
    return window[storage].getItem(name);
  } catch {
    return null;
  }
}

function write(storage, name, value) {
  try {
    window[storage].setItem(name, value);
  } catch {
    // it is not kept
  }
}
