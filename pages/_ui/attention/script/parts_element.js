// Through this element parts are asked for and arrive: nothing to see. It and the one that draws are two modules of one
// document, and share this object.

const EXCHANGE = (globalThis[Symbol.for("heatproof.attention_parts")] ??= {
  ask: null, // tells the server which part is wanted; null while the element is not on the page
  message: null, // the last one that came
  arrived: new EventTarget(),
});

export default function ({ data, setStateValue }) {
  const ask = (wanted) => setStateValue("wanted", wanted);
  EXCHANGE.ask = ask;
  if (data?.byteLength) EXCHANGE.message = data;
  EXCHANGE.arrived.dispatchEvent(new Event("change"));
  return () => {
    if (EXCHANGE.ask === ask) EXCHANGE.ask = null;
  };
}
