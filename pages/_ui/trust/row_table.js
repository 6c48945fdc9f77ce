// A table whose rows can be chosen by a click or by keys: the first cell of each is a button.

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".rows");
  if (!root || !data) return undefined;
  const choose = (row) => setStateValue("chosen", { row, number: crypto.randomUUID?.() ?? String(Math.random()) });
  const head = el("tr", {}, ...data.head.map((textContent) => el("th", { scope: "col", textContent })));
  const rows = data.rows.map((cells, place) => buildRow(cells, place, { isCurrent: place === data.current, choose }));
  const top = root.querySelector(".scroll")?.scrollTop ?? 0;
  const scroll = el("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": data.label },
    el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows)));
  root.replaceChildren(scroll);
  scroll.scrollTop = top;
  return undefined;
}

function buildRow([first, ...cells], place, { isCurrent, choose }) {
  const button = el("button", { type: "button", textContent: first });
  const row = el("tr", {}, el("th", { scope: "row" }, button), ...cells.map((textContent) => el("td", { textContent })));
  row.classList.toggle("current", isCurrent);
  if (isCurrent) button.setAttribute("aria-current", "true");
  row.onclick = () => choose(place);
  return row;
}
