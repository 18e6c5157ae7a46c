// What the encoder writes to, and the primitives of the clone format on the way out.
// The bytes of a finished message are a view of `out`: whoever gets them copies before the next encode begins.

const maxMessage = 2 ** 30
let out        // Uint8Array over outBuffer
let outBuffer
let outSize = 0
let at = 0     // how much of it is written

const float = new Float64Array(1)
const floatBytes = new Uint8Array(float.buffer)
const word = new BigUint64Array(1)
const wordBytes = new Uint8Array(word.buffer)

function allocate(size) {
  outBuffer = new ArrayBuffer(size)
  out = new Uint8Array(outBuffer)
  outSize = size
}
allocate(4096)

function room(count) {
  if (at + count <= outSize) return
  if (at + count > maxMessage) refuse('a value of more than 1 GiB')
  let size = outSize * 2
  while (size < at + count) size *= 2
  const written = new Uint8Array(outBuffer, 0, at)
  allocate(size)
  typedSet(out, written)
}

function putByte(byte) {
  room(1)
  out[at++] = byte
}

function putVarint(number) {
  room(10)
  while (number >= 128) {
    out[at++] = number % 128 | 128
    number = floor(number / 128)
  }
  out[at++] = number
}

function putBytes(bytes, count) {
  room(count)
  typedSet(out, bytes, at)
  at += count
}

function putDouble(tag, number) {
  room(9)
  out[at++] = tag
  float[0] = number
  for (let i = 0; i < 8; i++) out[at++] = floatBytes[i]
}

function putNumber(number) {
  if ((number | 0) !== number || (number === 0 && 1 / number < 0)) return putDouble(5, number)
  putByte(4)
  putVarint(((number << 1) ^ (number >> 31)) >>> 0)
}

// The words of a magnitude, least first.
function wordsOf(value) {
  const words = newList()
  for (let rest = value < 0n ? -value : value; rest > 0n; rest >>= 64n) words[words.length] = rest & 0xffffffffffffffffn
  return words
}

function putBigint(value) {
  const words = wordsOf(value)
  putByte(6)
  putByte(value < 0n ? 1 : 0)
  let unused = 0  // bytes of the last word
  if (words.length > 0) for (word[0] = words[words.length - 1]; wordBytes[7 - unused] === 0;) unused++
  putVarint(words.length * 8 - unused)
  for (let i = 0; i < words.length; i++) {
    word[0] = words[i]
    putBytes(wordBytes, 8)
  }
  at -= unused
}

// Code of each ASCII character: several times faster here than a captured charCodeAt.
const asciiCode = {__proto__: null}
for (let code = 0; code < 128; code++) asciiCode[fromCharCode(code)] = code

const shortText = 100  // above it native code is faster

function putShort(text, length) {
  room(length + 2)
  const start = at
  out[at++] = 7
  out[at++] = length
  for (let i = 0; i < length; i++) {
    const code = asciiCode[text[i]]
    if (code === undefined) return (at = start), false
    out[at++] = code
  }
  return true
}

function putString(text) {
  const {length} = text
  if (length <= shortText && putShort(text, length)) return
  if (!isWellFormed(text)) return putUnits(text, length)
  const bytes = native.utf8(text)
  const count = typedLength(bytes)
  putByte(7)
  putVarint(count)
  putBytes(bytes, count)
}

function putUnits(text, length) {
  putByte(8)
  putVarint(length)
  room(2 * length)
  for (let i = 0; i < length; i++) {
    const code = charCodeAt(text, i)
    out[at++] = code & 255
    out[at++] = code >> 8
  }
}
