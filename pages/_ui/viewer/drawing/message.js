// Messages of the server: see payload.py for their layout.

// The head as an object, the blobs beside it under `blob`.
function unpack(data) {
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
  const aligned = bytes.byteOffset % 4 ? bytes.slice() : bytes;
  const length = new DataView(aligned.buffer, aligned.byteOffset).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(aligned.subarray(4, 4 + length)));
  let at = 4 + Math.ceil(length / 4) * 4;
  const blob = {};
  for (const [name, size] of Object.entries(head.blobs)) {
    blob[name] = aligned.subarray(at, at + size);
    at += Math.ceil(size / 4) * 4;
  }
  return { ...head, blob };
}

// Raw maps of one shape, one after another: signed, at the layer's own resolution.
function unpackMaps([rows, columns], bytes) {
  const all = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4), size = rows * columns;
  return Array.from({ length: all.length / size }, (_, place) => all.subarray(place * size, (place + 1) * size));
}

// The colour tables by slug, in the order of the colour maps' slugs, and as `diverging` the two that come after them.
function unpackPalettes(slugs, bytes) {
  const at = (place) => palette(bytes.subarray(place * 768, (place + 1) * 768));
  return { ...Object.fromEntries(slugs.map((slug, place) => [slug, at(place)])), diverging: [at(slugs.length), at(slugs.length + 1)] };
}

// The pixels of a WebP file, untouched by colour profiles.
async function decoded(file, [width, height]) {
  const options = { colorSpaceConversion: "none", premultiplyAlpha: "none" };
  const bitmap = await createImageBitmap(new Blob([file], { type: "image/webp" }), options);
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, width, height);
}
