// Where is the keyboard?

// The element that has the focus, inside any shadow root.
const focused = () => {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  return node;
};

const isTyping = (event) => {
  const node = event.composedPath()[0];
  if (!(node instanceof HTMLElement)) return false;
  if (node instanceof HTMLInputElement) return !["radio", "checkbox", "range", "button", "file"].includes(node.type);
  return node.isContentEditable || ["TEXTAREA", "SELECT"].includes(node.tagName);
};
