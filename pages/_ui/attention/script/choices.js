// What is chosen: what is shown, of which block and head, for which token, and in which direction. `block` counts from 0;
// `head` is 0 for the mean; `token` is "read" (what the answer is read from), "c45" (a cell) or "t0" (a token before them).

const DIRECTIONS = { looks: "Where it looks", seen: "Who looks at it" };

// What can be shown, by its word in the address. `rows`: the blocks that it is of; `refusal`: why it is not there, or "";
// `part`: the matrix that it needs; `map`: the map of a token, from that.
const SHOWS = {
  attention: {
    title: "Attention",
    note: "One block alone: how much of each token's attention goes where.",
    unit: "share of attention",
    rows: ({ blocks }) => blocks,
    refusal: ({ blocks }) => (blocks.some(({ reason }) => !reason) ? "" : (blocks[0]?.reason ?? "This network has no attention.")),
    part: ({ block, head }) => (head ? `heads-${block}` : `mean-${block}`),
    map: attentionMap,
    hasHeads: true,
  },
  rollout: {
    title: "Rollout",
    note: "Attention followed from the first block up to this one, half of it kept by each token. It is not about a class.",
    unit: "share of what has come",
    rows: ({ blocks }) => blocks,
    refusal: ({ followed, blocks }) => (blocks.length ? followed : "This network has no attention."),
    part: ({ block }) => `rollout-${block}`,
    map: attentionMap,
    hasHeads: false,
  },
};

const rowsOf = (state) => SHOWS[state.choice.show].rows(state.view);

const chosenBlock = (state) => rowsOf(state)[state.choice.block];

function usualChoice({ blocks, ...view }) {
  const show = Object.keys(SHOWS).find((name) => !SHOWS[name].refusal({ blocks, ...view })) ?? "attention";
  const block = Math.max(0, blocks.findLastIndex(({ reason }) => !reason));
  return { show, block, head: 0, token: "read", direction: "looks", hide: false };
}

// The choice as far as this view has it; what it lacks is as usual.
function soundChoice(view, wanted) {
  const usual = usualChoice(view), choice = { ...usual, ...wanted };
  if (!SHOWS[choice.show] || SHOWS[choice.show].refusal(view)) choice.show = usual.show;
  const rows = SHOWS[choice.show].rows(view);
  if (!rows[choice.block] || rows[choice.block].reason) choice.block = Math.max(0, rows.findLastIndex(({ reason }) => !reason));
  const block = rows[choice.block];
  if (!SHOWS[choice.show].hasHeads || !(choice.head >= 0 && choice.head <= (block?.heads ?? 0))) choice.head = 0;
  if (!isToken(block, choice.token) || `the ${view.tokens[choice.token.slice(1)]}` === block.reader) choice.token = "read";
  if (!DIRECTIONS[choice.direction]) choice.direction = usual.direction;
  return choice;
}

function isToken(block, token) {
  if (token === "read" || !block) return token === "read";
  const number = Number(token.slice(1)), cells = block.grid[0] * block.grid[1];
  return number < (token[0] === "c" ? cells : block.prefix);
}

// A person chose: drawn at once where it is there, and a step of the history.
function choose(state, change) {
  const former = JSON.stringify(state.choice);
  state.choice = soundChoice(state.view, { ...state.choice, ...change });
  if (JSON.stringify(state.choice) === former) return;
  showChoice(state);
  writeChoice(state, "pushState");
}

// The tokens that stand for the chosen one, with their shares.
function sharesOf(state, token) {
  const { block } = state.choice, { prefix } = chosenBlock(state);
  if (token !== "read") return [[Number(token.slice(1)) + (token[0] === "c" ? prefix : 0), 1]];
  return [...state.parts.get(`readers-${block}`)].map((share, place) => [place, share]).filter(([, share]) => share > 0);
}
