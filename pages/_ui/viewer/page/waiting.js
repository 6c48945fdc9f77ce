// What was asked of the server is waited for: its answer may be lost, for what a run has sent does not always arrive where
// another one begins at once. So who waits looks whether the server has fallen silent, and then asks again.

const isRunning = () => document.querySelector("[data-test-script-state]")?.dataset.testScriptState !== "notRunning";

// Of a page that is left nothing is asked: see leavePage in frame/own_parameters.js.
const isPageLeft = () => Boolean(globalThis[Symbol.for("heatproof.chosen")]?.isLeaving);

const LOOK_EVERY = 300; // ms
const PATIENCE = 30000; // ms, after which no answer is waited for any more

// `ask` is told how often the server has been asked; a longer silence each time, for a busy one may begin late.
function awaitAnswer(state, timer, ask, giveUp) {
  const begun = performance.now();
  let tries = 1, silent = 0; // looks
  const look = () => {
    if (performance.now() - begun > PATIENCE) return giveUp(state);
    silent = isRunning() ? 0 : silent + 1;
    if (silent === 2 * tries) ask(++tries), (silent = 0);
    state.timer[timer] = setTimeout(look, LOOK_EVERY);
  };
  clearTimeout(state.timer[timer]);
  state.timer[timer] = setTimeout(look, LOOK_EVERY);
  ask(tries);
}
