// Small words for making elements. Text goes in as text: nothing here is ever read as HTML.

const el = (tag, props = {}, ...kids) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.includes("-") || name === "role" || name === "for" || name === "popover") node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...kids);
  return node;
};

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

// "0.0123" as people write it: three figures, a true minus sign.
const figures = (value) => {
  if (!Number.isFinite(value)) return "not a number";
  const size = Math.abs(value);
  const text = size !== 0 && (size < 0.001 || size >= 1e5) ? value.toExponential(2) : value.toPrecision(3);
  return text.replace(/-/g, "\u2212");
};

const percent = (share) => `${(100 * share).toFixed(1)}\u00a0%`;
