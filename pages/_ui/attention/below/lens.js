// The table of what the network would answer after each block; a click on a row puts its block on the stage.

function buildLens(depth, { title, says, columns, rows, reason }) {
  depth.rows = rows.map((row) => lensRow(depth, row));
  const head = el("tr", {}, ...columns.map((textContent) => el("th", { scope: "col", textContent })));
  const scroll = el("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": title },
    el("table", {}, el("thead", {}, head), el("tbody", {}, ...depth.rows.map(({ node }) => node))));
  depth.scroll = scroll;
  return [...opening(title, says), scroll, ...(reason ? [el("p", { className: "quiet", textContent: reason })] : [])];
}

function lensRow(depth, { blocks, name, layer, cells }) {
  const isShown = blocks.length > 0, about = { textContent: name, title: layer };
  const button = isShown ? el("button", { type: "button", "aria-label": `Block ${name}`, ...about }) : el("span", about);
  const node = el("tr", {}, el("th", { scope: "row" }, button), ...cells.map(lensCell));
  if (isShown) node.onclick = () => BESIDE.choose?.({ block: blocks.at(-1) });
  node.classList.toggle("shown", isShown);
  return { node, blocks, button };
}

function lensCell({ label, percent: told, share, isAnswer }) {
  const bar = el("span", { className: "share" });
  bar.style.setProperty("--share", share);
  const name = el("span", { className: "label", textContent: label, title: label }), value = el("span", { className: "value", textContent: told });
  return el("td", { className: isAnswer ? "answer" : "" }, name, el("span", { className: "much" }, bar, value));
}

function markRows({ rows, scroll }, chosen) {
  for (const { node, blocks, button } of rows) {
    const isChosen = blocks.includes(chosen);
    node.classList.toggle("current", isChosen);
    if (blocks.length) button.setAttribute("aria-pressed", String(isChosen));
    if (isChosen && !isWithin(scroll, node)) scroll.scrollTop = node.offsetTop - (scroll.clientHeight - node.offsetHeight) / 2;
  }
}

const isWithin = ({ scrollTop, clientHeight }, { offsetTop, offsetHeight }) => offsetTop - offsetHeight >= scrollTop && offsetTop + offsetHeight <= scrollTop + clientHeight;
