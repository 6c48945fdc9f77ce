// The cards that the server has sent: two elements of one document bring them, and the card element shows one of them.
// A card's name is the digest of its view and the index of its class, as in the viewer's `data-shown`.

const KNOWN = (globalThis[Symbol.for("heatproof.cards")] ??= { cards: new Map(), changed: new EventTarget() });
const MOST_CARDS = 500; // the oldest go first

function keepCards({ question, cards }) {
  for (const [index, card] of Object.entries(cards)) {
    const name = `${question} ${index}`, former = KNOWN.cards.get(name);
    if (former && !former.isProvisional && card.isProvisional) continue; // a verdict stays
    KNOWN.cards.delete(name);
    KNOWN.cards.set(name, card);
  }
  for (const name of KNOWN.cards.keys()) {
    if (KNOWN.cards.size <= MOST_CARDS) break;
    KNOWN.cards.delete(name);
  }
  KNOWN.changed.dispatchEvent(new Event("change"));
}
