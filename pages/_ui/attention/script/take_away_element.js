// Through this element files are asked for and arrive, as parts do through parts_element.js.

const FILES = (globalThis[Symbol.for("heatproof.attention_files")] ??= {
  ask: null, // tells the server what is wanted; null while the element is not on the page
  message: null, // the last one that came
  arrived: new EventTarget(),
});

export default function ({ data, setStateValue }) {
  const ask = (wanted) => setStateValue("wanted", wanted);
  FILES.ask = ask;
  if (data) FILES.message = data;
  if (data) FILES.arrived.dispatchEvent(new Event("change"));
  return () => {
    if (FILES.ask === ask) FILES.ask = null;
  };
}
