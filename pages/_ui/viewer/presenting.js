// Before an audience: the panels and the words on the whole screen, large, without pickers.

function buildPresenting(s) {
  s.presented = { place: el("span", { className: "place" }), label: el("h2"), numbers: el("p", { className: "numbers" }), foot: el("p", { className: "caption" }) };
  const { place, label, numbers, foot } = s.presented;
  const button = (text, title, act) => {
    const made = el("button", { type: "button", className: "plain", textContent: text, title, "aria-label": title });
    made.onclick = act;
    return made;
  };
  s.slot = el("div", { className: "slot" });
  s.presentedSentence = el("p", { className: "sentence" });
  s.dialog = el("dialog", { className: "presenting", "aria-label": "Presentation" },
    el("header", {}, place, label, numbers,
      el("nav", { "aria-label": "Presentation" },
        button("‹", "Former class", () => walk(s, -1)),
        button("›", "Next class", () => walk(s, 1)),
        button("View", "Next view", () => nextView(s)),
        button("Close", "Leave the presentation", () => s.dialog.close()),
      )),
    s.slot,
    el("footer", {}, s.presentedSentence, foot),
  );
  s.dialog.onkeydown = (event) => presentKey(s, event);
  s.dialog.onclose = () => stopPresenting(s);
  return s.dialog;
}

function drawPresented(s) {
  const one = chosen(s), shown = listed(s), { place, label, numbers, foot } = s.presented;
  place.textContent = `${shown.indexOf(one) + 1} of ${shown.length}`;
  label.textContent = one.label;
  numbers.textContent = `${one.percent} · logit ${one.logit}`;
  s.presentedSentence.textContent = one.sentence;
  foot.textContent = one.caption;
}

function startPresenting(s) {
  s.home = s.stage.nextSibling;
  s.slot.append(s.stage);
  s.dialog.showModal();
  document.documentElement.requestFullscreen?.().catch(() => s.dialog.focus()); // refused: the window is filled all the same
}

function stopPresenting(s) {
  s.home.before(s.stage);
  if (document.fullscreenElement) document.exitFullscreen();
}

// One Esc leaves the full screen and the presentation.
function leaveWithScreen(s) {
  if (!document.fullscreenElement && s.dialog.open) s.dialog.close();
}

function nextView(s) {
  const slugs = Object.keys(VIEWS);
  changeLook(s, { view: slugs[(slugs.indexOf(s.look.view) + 1) % slugs.length] });
}

function presentKey(s, event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = {
    ArrowRight: () => walk(s, 1),
    ArrowDown: () => walk(s, 1),
    PageDown: () => walk(s, 1),
    ArrowLeft: () => walk(s, -1),
    ArrowUp: () => walk(s, -1),
    PageUp: () => walk(s, -1),
    Home: () => choose(s, s.view.classes[0].index),
    v: () => nextView(s),
  }[event.key];
  if (!act) return;
  act();
  event.preventDefault();
}
