// Tells the server once when its place is less than a screen away, and again while nothing comes.

const AHEAD = "600px";
const WAITING = new WeakMap(); // by root: what is asked for, its timers, and what looks out

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".near");
  if (!root || !data) return undefined;
  if (WAITING.get(root)?.of !== data.of) wait(root, data, setStateValue);
  return () => end(root);
}

function wait(root, { of, words }, setStateValue) {
  end(root);
  const state = { of, timer: {} };
  const ask = (tries) => isPageLeft() || setStateValue("near", { of, tries });
  const giveUp = () => isRunning() || (root.textContent = "Nothing came. Reload the page.");
  state.watch = new IntersectionObserver(([{ isIntersecting }]) => {
    if (!isIntersecting) return;
    state.watch.disconnect();
    awaitAnswer(state, "near", ask, giveUp);
  }, { rootMargin: AHEAD, scrollMargin: AHEAD });
  state.watch.observe(root);
  root.textContent = words;
  WAITING.set(root, state);
}

function end(root) {
  const state = WAITING.get(root);
  if (!state) return;
  state.watch.disconnect();
  Object.values(state.timer).forEach(clearTimeout);
  WAITING.delete(root);
}
