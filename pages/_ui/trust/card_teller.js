// An element with nothing to see: it brings the card element more cards.

export default function ({ data }) {
  if (data) keepCards(data);
}
