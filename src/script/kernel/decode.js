// Messages of the clone format back to values. What comes in may have been written by anybody: every number is checked
// against the bytes that are left before it is used.

let input        // Uint8Array
let inputBuffer
let inputOffset  // of input in inputBuffer
let pos = 0
let end = 0
let refs         // list of the objects that can be referred to
let ports        // list of the ports that came along, or undefined
let shared       // list of the buffers that came along: bytes in the input or, once met, an ArrayBuffer; or undefined
let nesting = 0
let sender       // bridge: the world that wrote the message, or undefined
let freezing = false

function malformed(what) {
  throw dataCloneError(`malformed message: ${what} at byte ${pos}`)
}

function need(count) {
  if (count > end - pos) malformed('it ends too early')
}

function getByte() {
  if (pos >= end) malformed('it ends too early')
  return input[pos++]
}

function getVarint() {
  let byte = getByte()
  let number = byte & 127
  for (let scale = 128; byte >= 128; scale *= 128) {
    byte = getByte()
    number += (byte & 127) * scale
    if (scale > 2 ** 63) malformed('a number of more than 64 bits')
  }
  return number
}

// A count of things that take at least `size` bytes each.
function getCount(size) {
  const count = getVarint()
  need(count * size)
  return count
}

function viewOf(count) {
  need(count)
  const view = new Uint8Array(inputBuffer, inputOffset + pos, count)
  pos += count
  return view
}

function getDouble() {
  need(8)
  for (let i = 0; i < 8; i++) floatBytes[i] = input[pos++]
  return float[0]
}

function getInt32() {
  const bits = getVarint()
  if (bits > 0xffffffff) malformed('an integer of more than 32 bits')
  return (bits >>> 1) ^ -(bits & 1)
}

const hexDigit = '0123456789abcdef'
function longBigint(count) {
  let text = '0x0'
  for (let i = count - 1; i >= 0; i--) {
    const byte = input[pos + i]
    text += hexDigit[byte >> 4]
    text += hexDigit[byte & 15]
  }
  pos += count
  return BigInt(text)
}

function getBigint() {
  const sign = getByte()
  const count = getCount(1)
  if (sign > 1) malformed('a sign that is neither 0 nor 1')
  if (count > 2 ** 17) malformed('a bigint of more than a million bits')
  let value = 0n
  if (count > 64) value = longBigint(count)
  else for (let i = count - 1; i >= 0; i--) value = value << 8n | BigInt(input[pos + i])
  if (count <= 64) pos += count
  return sign === 1 ? -value : value
}

// Keys come again and again, so short ones are looked up by their bytes instead of being built anew.
const cachedKeys = 256
const keyTexts = newList()
const keyBytes = new Uint8Array(cachedKeys * 32)  // length, then the bytes
for (let i = 0; i < cachedKeys; i++) keyTexts[i] = ''

function sameKey(slot, count) {
  if (keyBytes[slot] !== count) return false
  for (let i = 0; i < count; i++) if (keyBytes[slot + 1 + i] !== input[pos + i]) return false
  return true
}

function cachedKey(count) {
  let hash = count
  for (let i = 0; i < count; i++) hash = (hash * 31 + input[pos + i]) & 0xffffff
  const index = hash % cachedKeys
  const slot = index * 32
  if (!sameKey(slot, count)) {
    keyBytes[slot] = count
    for (let i = 0; i < count; i++) keyBytes[slot + 1 + i] = input[pos + i]
    keyTexts[index] = buildText(count)
  }
  pos += count
  return keyTexts[index]
}

function buildText(count) {
  let text = ''
  for (let i = 0; i < count; i++) {
    const code = input[pos + i]
    if (code >= 128) return native.text(new Uint8Array(inputBuffer, inputOffset + pos, count))
    text += fromCharCode(code)
  }
  return text
}

function getText8() {
  const count = getCount(1)
  if (count > 40) return native.text(viewOf(count))  // which is faster from there on
  const text = buildText(count)
  pos += count
  return text
}

function getText16() {
  const count = getCount(2)
  let text = ''
  for (let i = 0; i < count; i++, pos += 2) text += fromCharCode(input[pos] | input[pos + 1] << 8)
  return text
}

function getKey() {
  const tag = getByte()
  if (tag === 8) return getText16()
  if (tag !== 7) malformed('no string')
  if (pos < end && input[pos] < 31) return need(input[pos] + 1), cachedKey(input[pos++])
  return getText8()
}

function read() {
  const tag = getByte()
  switch (tag) {
    case 0x00: return undefined
    case 0x01: return null
    case 0x02: return false
    case 0x03: return true
    case 0x04: return getInt32()
    case 0x05: return getDouble()
    case 0x06: return getBigint()
    case 0x07: return getText8()
    case 0x08: return getText16()
    default: return readObject(tag)
  }
}

function readObject(tag) {
  switch (tag) {
    case T.buffer: return readBuffer()
    case T.view: return readView()
    case T.date: return keep(new Date(getDouble()))
    case T.regexp: return readRegExp()
    case T.error: return readError()
    case T.array: return readArray()
    case T.object: return readPlain()
    case T.map: return readMap()
    case T.set: return readSet()
    case T.reference: return readReference()
    case T.port: return readPort()
    case T.shared: return readShared()
    case T.boxed: return readBoxed()
    default: return sender === undefined ? malformed('no value') : readBridged(tag)
  }
}

function keep(object) {
  refs[refs.length] = object
  return object
}

function into(object) {
  if (nesting++ === maxDepth) malformed('objects nested too deep')
  return keep(object)
}

function outOf(object) {
  nesting--
  return freezing ? freeze(object) : object
}

function readReference() {
  const index = getVarint()
  if (index >= refs.length || refs[index] === undefined) malformed('a reference to what is not there')
  return refs[index]
}

function readPort() {
  const index = getVarint()
  if (ports === undefined || index >= ports.length) malformed('a port that did not come along')
  return ports[index]
}

function readShared() {
  const index = getVarint()
  if (shared === undefined || index >= shared.length) malformed('a buffer that did not come along')
  const met = shared[index]
  if (met.buffer !== undefined) return met.buffer
  const bytes = new Uint8Array(met.size)
  typedSet(bytes, new Uint8Array(inputBuffer, inputOffset + met.at, met.size))
  return met.buffer = typedBuffer(bytes)
}

// In front of the message: its own process put them there.
function readEnvelope() {
  const count = getCount(1)
  shared = newList()
  for (let i = 0; i < count; i++) {
    const size = getCount(1)
    shared[i] = { __proto__: null, at: pos, size, buffer: undefined }
    pos += size
  }
}

function readBuffer() {
  const count = getCount(1)
  const bytes = new Uint8Array(count)
  typedSet(bytes, viewOf(count))
  return keep(typedBuffer(bytes))
}

const viewClasses = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
  Float32Array, Float64Array, BigInt64Array, BigUint64Array, DataView]

function readView() {
  const type = getByte()
  const offset = getVarint()
  const length = getVarint()
  const slot = refs.length
  keep(undefined)
  if (type >= viewClasses.length) malformed('a view of no known type')
  const tag = getByte()
  if (tag !== T.buffer && tag !== T.reference) malformed('a view without a buffer')
  const buffer = tag === T.buffer ? readBuffer() : readReference()
  try {
    bufferLength(buffer)
    return refs[slot] = new viewClasses[type](buffer, offset, length)
  } catch {
    malformed('a view that does not fit its buffer')
  }
}

function readRegExp() {
  const source = getKey()
  const flags = getKey()
  try {
    return keep(new RegExp(source, flags))
  } catch {
    malformed('a regular expression that is none')
  }
}

function readBoxed() {
  const slot = refs.length
  keep(undefined)
  const value = read()
  if (value === null || value === undefined || typeof value === 'object') malformed('a box without a primitive')
  return refs[slot] = Object(value)
}

// A key that nothing on Object.prototype answers to can be assigned: no setter runs.
function put(object, key, value) {
  if (key in ObjectPrototype) define(object, key, value, true)
  else object[key] = value
}

function readPlain() {
  const count = getCount(3)
  const object = into({})
  for (let i = 0; i < count; i++) put(object, getKey(), read())
  return outOf(object)
}

function readElement(array, index) {
  if (pos < end && input[pos] === T.hole) {
    pos++
    array.length = index + 1
  } else if (index in ArrayPrototype) {
    define(array, index, read(), true)
  } else {
    array[index] = read()
  }
}

function readArray() {
  const count = getCount(1)
  const array = into([])
  for (let i = 0; i < count; i++) readElement(array, i)
  return outOf(array)
}

function readMap() {
  const count = getCount(2)
  const map = into(new Map())
  for (let i = 0; i < count; i++) {
    const key = read()
    mapAdd(map, key, read())
  }
  return outOf(map)
}

function readSet() {
  const count = getCount(1)
  const set = into(new Set())
  for (let i = 0; i < count; i++) setAdd(set, read())
  return outOf(set)
}

// An error of the class that its name says, with that name if there is no such class.
function newError(name, message) {
  if (domErrorNames[name] && DOMException) return new DOMException(message, name)
  const error = new (errorClasses[name] ?? Error)()
  deleteProperty(error, 'line')
  deleteProperty(error, 'column')
  deleteProperty(error, 'sourceURL')
  if (message !== '') define(error, 'message', message, false)
  if (!errorClasses[name]) define(error, 'name', name, false)
  return error
}

function readError() {
  const name = getKey()
  const message = getKey()
  const error = into(newError(name, message))
  const stack = read()
  define(error, 'stack', typeof stack === 'string' ? stack : errorTitle(name, message), false)
  readPart(error, 'code', true)
  readPart(error, 'kind', true)
  readPart(error, 'data', true)
  readPart(error, 'cause', false)
  return outOf(error)
}
function readPart(error, key, enumerable) {
  const value = read()
  if (value !== undefined) define(error, key, value, enumerable)
}

function readWhole() {
  let version = getByte()
  if (version === 2) {
    readEnvelope()
    version = getByte()
  }
  if (version !== 1) malformed('a version that is not known')
  const value = read()
  if (pos !== end) malformed('more than one value')
  return value
}

// `from` is the world whose bridge message it is, `frozen` whether what comes out is to be frozen.
function decode(bytes, arrived, length, from, frozen) {
  input = bytes
  inputBuffer = typedBuffer(bytes)
  inputOffset = typedOffset(bytes)
  pos = 0
  end = length ?? typedLength(bytes)
  refs = newList()
  ports = arrived
  nesting = 0
  sender = from
  freezing = frozen === true
  try {
    return readWhole()
  } finally {
    input = inputBuffer = refs = ports = shared = undefined
  }
}
