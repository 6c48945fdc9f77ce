// One message to a view: see payload.py for its layout.

function unpack(data) {
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
  const aligned = bytes.byteOffset % 4 ? bytes.slice() : bytes;
  const length = new DataView(aligned.buffer, aligned.byteOffset).getUint32(0, true);
  const view = JSON.parse(new TextDecoder().decode(aligned.subarray(4, 4 + length)));
  let at = 4 + Math.ceil(length / 4) * 4;
  const blob = {};
  for (const [name, size] of Object.entries(view.blobs)) {
    blob[name] = aligned.subarray(at, at + size);
    at += Math.ceil(size / 4) * 4;
  }
  return { ...view, blob, cams: unpackMaps(view, blob.maps) };
}

// The raw maps by class index, signed, at the layer's own resolution.
function unpackMaps(view, bytes) {
  const [height, width] = view.cells;
  const all = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const size = height * width;
  return new Map(view.mapped.map((index, place) => [index, all.subarray(place * size, (place + 1) * size)]));
}
