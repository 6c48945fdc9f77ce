// Whether an address is about the image and the model of a view. A link may name the usual ones, which need no words.
const isAbout = ({ imageAndModel, usualImageAndModel }, address) =>
  ["image", "model"].every((name, place) =>
    [imageAndModel[place], imageAndModel[place] || usualImageAndModel[place]].includes(address.get(name) ?? ""));
