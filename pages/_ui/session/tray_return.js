// A secret of the server brings the tray back after a reload. It is kept for this tab alone; a tab that is duplicated
// has it too, and gets a tray and a secret of its own for it.

const PLACE = "heatproof-tray";
let answered = "";

export default function ({ data, setStateValue }) {
  const { question, isAwaited, token } = data;
  const kept = keptToken();
  if (question && question !== answered && (isAwaited || (kept && kept !== token))) {
    answered = question;
    setStateValue("answer", { question, token: kept });
  }
  if (token) keep(token);
}

function keptToken() {
  try {
    return sessionStorage.getItem(PLACE) ?? "";
  } catch {
    return ""; // a browser that lets nothing be kept
  }
}

function keep(token) {
  try {
    sessionStorage.setItem(PLACE, token);
  } catch {
    // then a reload loses the tray
  }
}
