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

const IS_TOUCH = matchMedia("(hover: none) and (pointer: coarse)").matches;

// A measured value as people write it, letter by letter as gradcam_core.text.figures: three figures, a true minus sign,
// no exponent such as e-4.
const figures = (value) => {
  if (!Number.isFinite(value)) return "not a number";
  const size = Math.abs(value), rounded = Number(value.toPrecision(3));
  if (size !== 0 && (size < 1e-6 || size >= 1e15)) return inPowers(value.toExponential(2)).replace("-", "\u2212");
  const text = Math.abs(rounded) >= 1000 ? rounded.toLocaleString("en") : value.toPrecision(3);
  return text.replace("-", "\u2212");
};

const inPowers = (text) => {
  const [digits, power] = text.split("e");
  return `${digits} × 10${power.replace("+", "").replace(/./g, (sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)])}`;
};

// As gradcam_core.sentences.percent: rounding makes nothing certain or impossible.
const percent = (share) => {
  if (share > 0 && share < 0.0005) return "< 0.1\u00a0%";
  if (share >= 0.9995 && share < 1) return "> 99.9\u00a0%";
  return `${(100 * share).toFixed(1)}\u00a0%`;
};

const asSentence = (text) => text[0].toUpperCase() + text.slice(1);
