// The pictures to go through while presenting: those of the tray, or while that is empty those of the samples. Their cards
// stand in the sidebar; one is opened by a click on its card, as ever.

const PICTURE_CARDS = ["tray", "sample"].map((group) => `.st-key-${group} [data-testid=stRadioOption]`);
const PICTURE_TRY = 500; // ms, after which it is seen whether a picture comes

const pictureCards = () => PICTURE_CARDS.map((cards) => [...document.querySelectorAll(cards)]).find((cards) => cards.length) ?? [];

// The card of the picture on screen, or that is on its way; -1 where there is none.
const pictureNow = (state, cards) => state.presented.awaited?.place ?? cards.findIndex((card) => card.querySelector("input")?.checked);

function drawPictures(state) {
  const { presented, view } = state, cards = pictureCards(), { awaited } = presented;
  if (awaited && awaited.photo !== view.photo) stopOpening(state);
  const place = pictureNow(state, cards), name = cards[place]?.textContent ?? "";
  presented.pictures.hidden = cards.length < 2;
  presented.place.textContent = presented.awaited ? `Opening ${name}` : place < 0 ? `${cards.length} pictures` : `${place + 1} of ${cards.length}`;
  state.node.dialog.toggleAttribute("data-opening", Boolean(presented.awaited));
}

// The next picture or the former one, round the ends.
function stepPicture(state, step) {
  const cards = pictureCards(), from = pictureNow(state, cards);
  if (cards.length < 2) return;
  const place = from < 0 ? (step > 0 ? 0 : cards.length - 1) : (from + step + cards.length) % cards.length;
  state.presented.awaited = { place, name: cards[place].textContent, photo: state.view.photo, quiet: 0 };
  cards[place].click();
  drawPictures(state);
  watchOpening(state);
}

// Two looks at a silent server, and no picture: it was refused, and the sidebar says why.
function watchOpening(state) {
  clearTimeout(state.timer.picture);
  state.timer.picture = setTimeout(() => {
    const { awaited } = state.presented, { incoming } = state;
    if (!awaited) return;
    awaited.quiet = isRunning() || incoming.id || incoming.waiting || state.pending ? 0 : awaited.quiet + 1;
    if (awaited.quiet < 2) return watchOpening(state);
    stopOpening(state);
    if (awaited.photo === state.view.photo && !pictureCards()[awaited.place]?.querySelector("input")?.checked) say(state, `“${awaited.name}” could not be opened.`);
    drawPictures(state);
  }, PICTURE_TRY);
}

function stopOpening(state) {
  clearTimeout(state.timer.picture);
  state.presented.awaited = null;
}
