// Everything that a viewer knows. A field is declared here, with its meaning and its first value, and nowhere else.

let viewers = 0; // how many have been built in this document

// What stands in one element; `root` is its node.
function newState(root) {
  return {
    root,
    name: `hp-${++viewers}`, // begins the ids of its nodes: no two nodes of a document have the same one
    send: () => {}, // tells the server a value: asked, wanted, choice
    panes: null, // the pane set: see drawing/panes.js

    view: null, // the message on screen, and the raw maps of its classes by index: `cams`
    index: null, // the class on screen
    registry: null, // what there is to choose, as the server told last: look (parameters), formats (of files)
    look: null, // how it is drawn, by the names of the server's registry
    palettes: {}, // the colours of each colour map, by slug
    repeated: new Set(), // the labels that several classes of the view have
    probabilities: null, // of every class of the view, by index
    isShown: false, // whether a view has been shown since this viewer was built

    incoming: {
      id: null, // of the message whose photo is being decoded
      waiting: null, // a message that is complete but for the class that is wanted: view and pixels
    },
    pending: null, // the class that the server was asked for: imageAndModel, index, isTravel (it came by Back or Forward)

    file: {
      wanted: null, // what was asked for and has not come: token, what, index, look, view
      next: null, // the format that is asked for once that has come
    },
    code: {
      isOf: null, // what the lines on screen are of; null while they are being written
      askedOf: null, // what the lines that were asked for are of
    },

    address: {
      told: null, // what the address is to say of the server's choices; null when it is newer than the last message
      isWriting: false, // whether the change of address that is noticed is our own
      isTravelling: false, // between a step of Back or Forward and its news
    },

    node: { // those that are written to later, by what they show
      list: null,
      count: null, // the control of how many classes are listed
      more: null, // the search and the count, beside the list
      cue: null,
      tools: null, // the row of controls, and what is behind "Look"
      looks: null,
      lookButton: null,
      legend: null,
      menu: null,
      notice: null,
      byHand: null, // what a person is to copy
      linkNote: null,
      command: null,
      python: null,
      sentence: null,
      reserve: null, // unseen sentences, which keep room for the longest
      explained: null,
      caption: null,
      notes: null,
      howToRead: null,
      whatItSaw: null,
      remedies: null,
      dialog: null,
      slot: null, // where the panels stand in it
      scale: null, // where the colour bar stands in it
    },
    presented: {
      lent: [], // the page's nodes that stand on the stage, and the comments that keep their places: node, home
      former: null, // the page's look meanwhile, by name; null while nothing is presented
      given: null, // what the stage began with
      look: null, // the stage's own, if another one was chosen there
      awaited: null, // the picture that was asked for: place among the cards, name, photo that was on screen, quiet looks
      watcher: null, // tells of another size of the stage
      header: null, // nodes: this, the one below, and what they show
      footer: null,
      opening: null,
      sentence: null,
      verdict: null,
      classes: null,
      caption: null,
      pictures: null,
      place: null,
    },
    control: {}, // by look parameter: input and show, which puts a value into it
    search: { input: null, options: null, active: -1 },
    remediesOf: null, // the question and class for which the server was asked what helps
    inputAddress: "", // of the image that the model saw, as the browser made it

    timer: { ask: 0, remedies: 0, file: 0, code: 0, reconcile: 0, notice: 0, choice: 0, picture: 0 },
  };
}

function dropState(state) {
  Object.values(state.timer).forEach(clearTimeout);
  URL.revokeObjectURL(state.inputAddress);
  dropPanes(state.panes);
}
