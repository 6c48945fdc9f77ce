// Elements of their own below the stage learn which block and head are chosen, and choose others. They and this module
// are two modules of one document, and share this object.

const BESIDE = (globalThis[Symbol.for("heatproof.attention_choice")] ??= {
  view: "", // the id of the view on the stage
  block: -1, // the chosen one; -1 where what is shown is of no block of attention
  head: 0, // 0 for the mean of all
  root: null, // of the stage
  choose: null, // chooses a block, and a head if one is named
  changed: new EventTarget(),
});

function tellBeside(state) {
  const isOfBlocks = rowsOf(state) === state.view.blocks, { block, head } = state.choice;
  const choose = (change) => chooseBeside(state, change);
  Object.assign(BESIDE, { root: state.root, view: state.view.id, block: isOfBlocks ? block : -1, head, choose });
  BESIDE.changed.dispatchEvent(new Event("change"));
}

// What is shown stays where it has blocks, and heads if one is chosen.
function chooseBeside(state, change) {
  const isOfBlocks = rowsOf(state) === state.view.blocks, { hasHeads } = SHOWS[state.choice.show];
  choose(state, isOfBlocks && (hasHeads || !change.head) ? change : { show: "attention", ...change });
}

function leaveBeside({ root }) {
  if (BESIDE.root === root) Object.assign(BESIDE, { root: null, view: "", choose: null });
}
