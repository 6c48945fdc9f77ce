// The element that tells the server which class is chosen: nothing to see. What was chosen before it came is told now.

export default function ({ setStateValue }) {
  const send = (choice) => setStateValue("chosen", choice);
  CHANNEL.send = send;
  sendChoice();
  return () => {
    if (CHANNEL.send === send) CHANNEL.send = null;
  };
}
