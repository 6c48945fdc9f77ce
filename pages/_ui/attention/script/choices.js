// What is chosen: what is shown, of which block and head, for which token, and in which direction. `block` counts from 0;
// `head` is 0 for the mean; `token` is "read" (what the answer is read from), "c45" (a cell) or "t0" (a token before them).

const DIRECTIONS = { __proto__: null, looks: "Where it looks", seen: "Who looks at it" };

// What can be shown, by its word in the address. `rows`: the blocks that it is of; `refusal`: why it is not there, or "";
// `part`: the matrix that it needs; `map`: the map of a token, from that.
const SHOWS = {
  __proto__: null, // any word of a link is looked up here
  attention: {
    title: "Attention",
    note: "One block alone: how much of each token's attention goes where.",
    unit: "share of attention",
    rows: ({ blocks }) => blocks,
    refusal: ({ blocks }) => (blocks.some(({ reason }) => !reason) ? "" : (blocks[0]?.reason ?? "This network has no attention.")),
    part: headPart,
    map: attentionMap,
    hasHeads: true, // which of the controls it has; `isOfCells`: other tokens have no part in it
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

const MOST_AT_ONCE = 1000000; // numbers in the heads of a block: more are asked for one by one

function headPart({ block, head }, { blocks }) {
  if (!head) return `mean-${block}`;
  const { heads, tokens } = blocks[block], before = sumOf(blocks.slice(0, block).map((one) => one.heads));
  return heads * tokens * tokens <= MOST_AT_ONCE ? `heads-${block}` : `head-${before + head - 1}`;
}

const rowsOf = (state) => SHOWS[state.choice.show].rows(state.view);

// The chosen one, with all that a block of attention has.
function chosenBlock(state) {
  const { block, show } = state.choice, found = rowsOf(state)[block];
  return found && SHOWS[show].isOfCells ? { prefix: 0, heads: 0, tokens: 0, reader: "the patch in the middle", shift: state.shifts.get(String(block)), ...found } : found;
}

// The layer that holds a block of attention, or the other way round; else what lies as deep.
function asDeep({ blocks, layers }, show, former, place) {
  const isOfCells = Boolean(SHOWS[show].isOfCells), wasOfCells = Boolean(SHOWS[former].isOfCells);
  if (isOfCells === wasOfCells) return place;
  const [from, to] = isOfCells ? [blocks, layers] : [layers, blocks], name = from[place]?.name ?? "";
  const holds = (one, other) => one.startsWith(`${other}.`), found = to.findLastIndex((one) => (isOfCells ? holds(name, one.name) : holds(one.name, name)));
  return found < 0 ? Math.round((place / Math.max(1, from.length - 1)) * (to.length - 1)) : found;
}

function usualChoice(view, wanted) {
  const isThere = (name) => SHOWS[name] && !SHOWS[name].refusal(view);
  const show = isThere(wanted) ? wanted : (Object.keys(SHOWS).find(isThere) ?? "attention");
  const block = Math.max(0, SHOWS[show].rows(view).findLastIndex(({ reason }) => !reason));
  return { show, block, head: 0, token: "read", direction: "looks", hide: false };
}

// The choice as far as this view has it; what it lacks is as usual.
function soundChoice(view, wanted) {
  const usual = usualChoice(view, wanted.show), choice = { ...usual, ...wanted };
  choice.show = usual.show;
  const rows = SHOWS[choice.show].rows(view);
  if (!rows[choice.block] || rows[choice.block].reason) choice.block = usual.block;
  const block = rows[choice.block];
  if (!SHOWS[choice.show].hasHeads || !(choice.head >= 0 && choice.head <= (block?.heads ?? 0))) choice.head = 0;
  if (!isToken(block, choice.token) || isRead(view, block, choice.token)) choice.token = "read";
  if (!DIRECTIONS[choice.direction]) choice.direction = usual.direction;
  return choice;
}

// Whether a token before the cells is all that is read.
const isRead = ({ tokens }, block, token) => token[0] === "t" && `the ${tokens[Number(token.slice(1))]}` === block.reader;

function isToken(block, token) {
  if (token === "read" || !block) return token === "read";
  const number = Number(token.slice(1)), cells = block.grid[0] * block.grid[1];
  return number < (token[0] === "c" ? cells : (block.prefix ?? 0));
}

// A person chose: drawn at once where it is there, and a step of the history.
function choose(state, change) {
  const former = JSON.stringify(state.choice), wanted = { ...state.choice, ...change };
  if (change.show && change.block === undefined) wanted.block = asDeep(state.view, change.show, state.choice.show, state.choice.block);
  state.choice = soundChoice(state.view, moved(state, wanted));
  if (JSON.stringify(state.choice) === former && (state.shown || state.wanted)) return;
  state.refused.clear(); // what did not come is asked for once more
  showChoice(state);
  writeChoice(state, "pushState");
}

// A kept cell stays where it is in the image, on another grid as well.
function moved({ choice, view, panes }, wanted) {
  const [from, to] = [choice, wanted].map(({ show, block }) => SHOWS[show]?.rows(view)[block]?.grid);
  if (wanted.token[0] !== "c" || wanted.token !== choice.token || !to || String(from) === String(to) || !panes.marks.pin) return wanted;
  return { ...wanted, token: `c${cellUnder(cellsOf(view, { grid: to }), panes.marks.pin) ?? 0}` };
}

// The tokens that stand for the chosen one, with their shares.
function sharesOf(state, token) {
  const { block } = state.choice, { prefix } = chosenBlock(state);
  if (token !== "read") return [[Number(token.slice(1)) + (token[0] === "c" ? prefix : 0), 1]];
  return [...state.parts.get(`readers-${block}`)].map((share, place) => [place, share]).filter(([, share]) => share > 0);
}
