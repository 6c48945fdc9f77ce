// Numbers as they travel, and what is made of whole matrices: rows, columns, sums.

const EXPONENTS = Float64Array.from({ length: 32 }, (_, power) => 2 ** (power - 25));

// float16, little-endian, as float32.
function halves(bytes) {
  const coded = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 1), out = new Float32Array(coded.length);
  for (let i = 0; i < out.length; i++) {
    const power = (coded[i] >> 10) & 31, part = coded[i] & 1023;
    const size = power ? (1024 + part) * EXPONENTS[power] : part * EXPONENTS[1];
    out[i] = coded[i] & 32768 ? -size : size;
  }
  return out;
}

const singles = (bytes) => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);

// What tokens with these shares look at: the sum of their rows of a (tokens, tokens) matrix that begins at `from`.
function rowOf(matrix, tokens, from, shares) {
  const out = new Float32Array(tokens);
  for (const [token, share] of shares) {
    const at = from + token * tokens;
    for (let i = 0; i < tokens; i++) out[i] += share * matrix[at + i];
  }
  return out;
}

// Who looks at them, and how much of its attention that is: the sum of their columns.
function columnOf(matrix, tokens, from, shares) {
  const out = new Float32Array(tokens);
  for (const [token, share] of shares) for (let i = 0; i < tokens; i++) out[i] += share * matrix[from + i * tokens + token];
  return out;
}

const sumOf = (values) => values.reduce((sum, value) => sum + value, 0);

// A share for people: never 0 or 100 % by rounding alone.
const sharePercent = (share) => (share >= 0.0995 && share < 0.995 ? `${Math.round(100 * share)}\u00a0%` : percent(share));
