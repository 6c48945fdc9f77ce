// Pictures that are pasted or dropped anywhere on the page. They go to the server as {name, base64}; what is too large
// stays here and goes as a name. Nothing from outside becomes a part of the page.

const doors = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const known = doors.get(parentElement);
  const door = known ?? {};
  door.limits = data;
  door.send = (parcel) => setTriggerValue("parcel", parcel);
  if (!known) {
    doors.set(parentElement, door);
    door.close = listen(parentElement.ownerDocument, door);
  }
  return () => {
    door.close();
    doors.delete(parentElement);
  };
}

function listen(page, door) {
  const listeners = {
    paste: (event) => pasted(event, door),
    dragover: (event) => dragged(event, page),
    dragleave: (event) => event.relatedTarget || showDropping(page, false),
    drop: (event) => dropped(event, page, door),
  };
  for (const [name, listener] of Object.entries(listeners)) page.addEventListener(name, listener);
  return () => {
    for (const [name, listener] of Object.entries(listeners)) page.removeEventListener(name, listener);
    showDropping(page, false);
  };
}

function pasted(event, door) {
  const files = [...event.clipboardData.files].filter((file) => file.type.startsWith("image/"));
  if (event.defaultPrevented || (!files.length && isWriting(event))) return;
  const text = event.clipboardData.getData("text/plain").trim();
  if (files.length) take(files.map((file) => ({ file, name: file.name })), door);
  else if (/^https?:\/\/\S{1,2040}$/i.test(text)) door.send({ files: [], refused: [], address: text });
  else return;
  event.preventDefault();
}

function isWriting(event) {
  const field = event.composedPath()[0];
  const isText = field.matches?.("textarea, input:not([type=radio], [type=checkbox], [type=range], [type=file])");
  return Boolean(isText || field.isContentEditable);
}

function dragged(event, page) {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault(); // or the browser would leave the page to show the file
  showDropping(page, true);
}

function dropped(event, page, door) {
  showDropping(page, false);
  if (!event.dataTransfer?.files.length) return;
  event.preventDefault();
  if (event.target.closest?.("[data-testid=stFileUploaderDropzone]")) return; // the uploader takes these itself
  take([...event.dataTransfer.files].map((file) => ({ file, name: file.name })), door);
}

function showDropping(page, isDropping) {
  page.documentElement.classList.toggle("is-dropping", isDropping);
}

async function take(offered, door) {
  const parcel = { files: [], refused: [], address: "" };
  let room = door.limits.together;
  for (const { file, name } of offered) {
    const fits = file.size <= door.limits.each && file.size <= room && parcel.files.length < door.limits.most;
    if (!fits) {
      parcel.refused.push(name);
      continue;
    }
    room -= file.size;
    try {
      parcel.files.push({ name, base64: await base64Of(file) });
    } catch {
      parcel.refused.push(name); // a folder, or a file that is gone
    }
  }
  door.send(parcel);
}

function base64Of(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
