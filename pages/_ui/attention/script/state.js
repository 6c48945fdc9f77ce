// Everything that the page knows. A field is declared here, with its meaning and its first value.

function newState(root) {
  return {
    root,
    panes: null, // the pane set of the stage: see drawing/panes.js
    view: null, // the message on screen: see message.py
    incoming: 0, // how many messages have come: one whose photo is being decoded may be overtaken
    palettes: {}, // the colours of each colour map, by slug
    parts: new Map(), // matrices by the name of their blob, the one used last at the end: see asking.js
    shifts: new Map(), // of the cells of a layer by its place, once it is known
    refused: new Map(), // by the name of a part that could not be given: why, in a sentence
    choice: null, // what is chosen: see choices.js
    wanted: "", // the name of the part that was asked for and has not come
    cells: null, // where the cells on screen lie: see cells.js
    shown: null, // the map on screen: values, others, scale, unit, token
    registry: { formats: [] }, // of files that can be taken away
    send: () => {}, // asks the server for one
    file: { wanted: null, next: null }, // what was asked for and has not come, and the format that is asked for then
    code: { isOf: null, askedOf: null }, // what the lines on screen are of, and those that were asked for
    path: "", // of the page that it stands on
    listening: null, // ends what the page listens to
    address: {
      isWriting: false, // whether the change of address that is noticed is our own
      isTravelled: false, // whether Back or Forward led to another image or model, whose view is on its way
    },
    node: { // those that are written to later, by what they show
      says: null,
      caveat: null,
      note: null,
      bar: null,
      film: null,
      block: null,
      blockValue: null,
      head: null,
      token: null,
      hide: null,
      present: null,
      sinks: null, // the crosses over them
      taking: null, // where the menu comes
      menu: null, // and what is in it, and the sentence at the foot of the window
      notice: null,
      byHand: null,
      linkNote: null,
      command: null,
      python: null,
    },
    buttons: { show: [], direction: [] },
    thumbs: new Map(), // the buttons of the filmstrip by "block head"
    timer: { part: 0, file: 0, code: 0, notice: 0 },
  };
}
