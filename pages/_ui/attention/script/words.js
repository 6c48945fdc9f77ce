// What is on screen, in one plain sentence.

const EVEN = 1.5; // times the mean share, below which the largest one is hardly more

// As in "the class token" and "extra token 2".
const named = (name) => (/\d$/.test(name) ? name : `the ${name}`);

// As in "Block 7, head 3".
function placeWords({ choice, view }) {
  const block = `block ${choice.block + 1}`;
  if (choice.show === "rollout") return asSentence(`rollout up to ${block}`);
  if (SHOWS[choice.show].isOfCells) return `Layer ${SHOWS[choice.show].rows(view)[choice.block].name}`;
  return asSentence(SHOWS[choice.show].hasHeads ? `${block}, ${choice.head ? `head ${choice.head}` : "mean of heads"}` : block);
}

function tokenWords(state, token) {
  const { view, cells } = state;
  if (token === "read") return chosenBlock(state).reader;
  const number = Number(token.slice(1));
  return token[0] === "c" ? `patch ${cellWords(cells, number)}` : named(view.tokens[number]);
}

// What to do, as long as nothing is kept.
const CUE = IS_TOUCH ? "Tap a patch to see its own map." : "Point at a patch to see its own map; a click keeps it.";

const cueWords = ({ choice }) => (choice.token[0] === "c" || choice.show === "colours" ? "" : CUE);

// Why something is not there, of a network that has attention at all.
function refusalWords({ view }) {
  if (!view.blocks.length) return "";
  const told = Object.values(SHOWS).map(({ title, refusal }) => [title, refusal(view)]).filter(([, why]) => why);
  return told.map(([title, why]) => `No ${title.toLowerCase()}: ${why}`).join(" ");
}

// `pointed`: a cell that the pointer stands on while another one is kept, or null.
function sentenceOf(state, pointed) {
  const { shown, choice } = state;
  if (!shown) return state.wanted ? `${placeWords(state)}: on its way.` : "";
  const said = SHOWS[choice.show].words?.(state) ?? attentionWords(state);
  return `${placeWords(state)}: ${said}${pointed === null ? "" : ` ${pointedWords(state, pointed)}`}`;
}

function attentionWords(state) {
  const { shown, choice, cells } = state, subject = tokenWords(state, shown.token);
  if (shown.peak < 0 || !(shown.scale > 0)) return `${subject} looks at no patch.`;
  const where = cellWords(cells, shown.peak), share = sharePercent(shown.values[shown.peak]);
  if (choice.direction === "seen") return `${subject} is looked at most by ${where}, with ${share} of its attention.${othersWords(state, "gives it")}`;
  return `${subject} looks ${evenWords(state)}most at ${where} (${share}).${othersWords(state, "gets")}`;
}

// Where the brightest patch has hardly more than each would have if all had the same.
function evenWords({ shown, cells }) {
  const same = sumOf(shown.values) / cells.isSeen.length;
  return shown.scale < EVEN * same ? "at all patches nearly alike, and " : "";
}

// What tokens before the cells get or give, if that is worth a word.
function othersWords({ shown, view }, verb) {
  const told = [...shown.others].map((share, place) => [view.tokens[place], share]).filter(([, share]) => share >= 0.005);
  if (told.length > 3) return ` ${told.length} tokens that are no patch: ${sharePercent(sumOf(shown.others))}.`;
  return told.map(([name, share]) => ` ${asSentence(named(name))} ${verb} ${sharePercent(share)}.`).join("");
}

function pointedWords({ shown, choice, cells }, pointed) {
  if (shown.colours) return "";
  const value = SHOWS[choice.show].isOfCells ? figures(shown.values[pointed]) : sharePercent(shown.values[pointed]);
  return `${asSentence(cellWords(cells, pointed))}: ${value}.`;
}
