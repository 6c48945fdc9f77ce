// Between the viewer and the element that tells the server which class is chosen: two elements, so that what the
// server then does touches nothing of the viewer. They are two modules of one document, and share this object.

const CHANNEL = (globalThis[Symbol.for("heatproof.chosen")] ??= {
  send: null, // tells the server; null while the element is not on the page
  choice: null, // what is to be told, or was told last: imageAndModel and index
  isTold: true,
  isByPerson: false, // whether a person made it, and no view of the server has said it since
  isLeaving: false, // whether another page is about to be opened: what is to be told or asked waits for its elements
  unanswered: null, // the class that a viewer waited for which has left: see `pending` in state.js
  count: 0, // of what was told: with it the same choice again is news
});

function sendChoice() {
  if (CHANNEL.isTold || CHANNEL.isLeaving || !CHANNEL.send) return;
  CHANNEL.isTold = true;
  CHANNEL.send({ ...CHANNEL.choice, count: ++CHANNEL.count });
}

// What is on screen, for what stands below the viewer and belongs to one class of one view: it must not stand under
// another. `of` is the digest of the question and the index of the class, as in `data-shown`; empty without a viewer.
const SHOWN = (globalThis[Symbol.for("heatproof.shown")] ??= { of: "", changed: new EventTarget() });

// What is known of them, by the same name: cards with a verdict, a title and a mark (trust/known_cards.js).
const KNOWN = (globalThis[Symbol.for("heatproof.cards")] ??= { cards: new Map(), changed: new EventTarget() });

const verdictOf = (view, index) => {
  const card = KNOWN.cards.get(`${view.question} ${index}`);
  return card && !card.isProvisional ? card : null;
};

function sayWhatIsShown(of) {
  if (SHOWN.of === of) return;
  SHOWN.of = of;
  SHOWN.changed.dispatchEvent(new Event("change"));
}
