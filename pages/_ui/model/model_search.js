// Search in a list of models, and the name of each group above its first one on screen. The options themselves are the
// page's, a real radio group: a style sheet says which of them are shown, so that nothing that is drawn is touched.

const OPTIONS = ".st-key-model [role=radiogroup]";
const SHEETS = new WeakMap(); // of each field

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".search");
  if (!root || !data) return undefined;
  const [input, count] = [root.querySelector("input"), root.querySelector("p")];
  if (!SHEETS.has(root)) {
    SHEETS.set(root, new CSSStyleSheet());
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, SHEETS.get(root)];
  }
  const find = () => show(SHEETS.get(root), count, data.options, input.value);
  input.oninput = find;
  input.onkeydown = (event) => leave(event);
  find();
  const list = parentElement.host?.closest("[data-testid=stPopoverBody]") ?? root.closest("[data-testid=stPopoverBody]");
  const typing = (event) => typed(event, input);
  list?.addEventListener("keydown", typing);
  return () => {
    list?.removeEventListener("keydown", typing);
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== SHEETS.get(root));
    SHEETS.delete(root);
  };
}

const wordsOf = (text) => text.toLowerCase().split(/[\s_\-/.,:;()]+/).filter(Boolean);

// Every word has to begin one of a model's, or to be in what is said of it if it is long: vit b 16 finds ViT-B/16.
function show(sheet, count, options, asked) {
  const words = wordsOf(asked);
  const isIn = (word, text) => (word.length > 2 && text.includes(word)) || wordsOf(text).some((one) => one.startsWith(word));
  const isFound = ({ text }) => words.every((word) => isIn(word, text));
  const rules = [];
  let former, found = 0;
  options.forEach((option, place) => {
    const rule = `${OPTIONS} > div:nth-child(${place + 1})`;
    if (!isFound(option)) return void rules.push(`${rule} { display: none !important; }`);
    found += 1;
    if (option.group !== former) rules.push(`${rule}::before { content: ${quoted(option.group)}; }`);
    former = option.group;
  });
  sheet.replaceSync(rules.join("\n"));
  count.textContent = words.length ? (found ? `${found} of ${options.length}` : "No model is like that.") : "";
}

const quoted = (text) => `"${text.replace(/["\\\n]/g, (letter) => `\\${letter.codePointAt(0).toString(16)} `)}"`;

const shownOptions = () =>
  [...document.querySelectorAll(`${OPTIONS} [data-testid=stRadioOption]`)].filter((one) => one.getClientRects().length);

// From the field: the arrow goes into the list, Enter takes the first one in it.
function leave(event) {
  const radios = shownOptions().map((one) => one.querySelector("input"));
  if (!radios.length || !["ArrowDown", "Enter"].includes(event.key)) return;
  event.preventDefault();
  (event.key === "Enter" ? radios[0] : (radios.find((one) => one.checked) ?? radios[0])).focus();
  if (event.key === "Enter") radios[0].dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, composed: true }));
}

// From the list: a letter goes into the field, and Enter takes the option that has the focus though it is not chosen.
function typed(event, input) {
  const option = event.target.closest?.("[data-testid=stRadioOption]");
  if (!option || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter" && !option.querySelector("input").checked) option.querySelector("input").click();
  else if (event.key.length === 1 && event.key !== " ") {
    event.stopPropagation(); // a figure chooses a class elsewhere
    input.focus();
  }
}
