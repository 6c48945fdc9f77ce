// The element that tells the server which class is chosen: nothing to see. What was chosen before it came is told now,
// and on a page without a viewer the look too, if the server does not know it: what it draws is drawn anew.

const SEEN = new WeakSet(); // elements that have been drawn before

export default function ({ data, parentElement, setStateValue }) {
  const send = (choice) => setStateValue("chosen", choice);
  CHANNEL.send = send;
  if (!SEEN.has(parentElement)) begin(parentElement, data.look);
  sendChoice();
  return () => {
    if (CHANNEL.send === send) CHANNEL.send = null;
  };
}

function begin(element, look) {
  const own = globalThis[Symbol.for("heatproof.own_parameters")];
  SEEN.add(element);
  CHANNEL.isLeaving = false;
  if (!own?.imageAndModel || (own.viewers && own.viewersPath === location.pathname)) return;
  if (Object.entries(look).every(([name, value]) => (own.parameters[name] ?? null) === value)) return;
  CHANNEL.isTold = true;
  CHANNEL.send({ ...CHANNEL.choice, look: own.parameters, count: ++CHANNEL.count });
}
