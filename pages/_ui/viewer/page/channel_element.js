// The element that tells the server which class is chosen: nothing to see. What was chosen before it came is told now,
// and on a page without a viewer the look too, if the server does not know it: what it draws is drawn anew.

const SEEN = new WeakSet(); // elements that have been drawn before

export default function ({ data, parentElement, setStateValue }) {
  const send = (choice) => setStateValue("chosen", choice);
  CHANNEL.send = send;
  if (!SEEN.has(parentElement)) begin(parentElement, data);
  sendChoice();
  return () => {
    if (CHANNEL.send === send) CHANNEL.send = null;
  };
}

function begin(element, { look, known }) {
  const own = globalThis[Symbol.for("heatproof.own_parameters")];
  SEEN.add(element);
  CHANNEL.isLeaving = false;
  if (CHANNEL.isByPerson && isOfKnown(known) && CHANNEL.choice.index !== known.index) CHANNEL.isTold = false; // it was lost
  if (!own?.imageAndModel || (own.viewers && own.viewersPath === location.pathname)) return;
  if (Object.entries(look).every(([name, value]) => (own.parameters[name] ?? null) === value)) return;
  CHANNEL.isTold = true;
  CHANNEL.send({ ...CHANNEL.choice, look: own.parameters, count: ++CHANNEL.count });
}

// Whether the choice is one of the image and the model that the page shows.
const isOfKnown = ({ imageAndModel }) => CHANNEL.choice?.imageAndModel.join("\n") === imageAndModel.join("\n");
