// Values to messages of the clone format (src/protocol/clone.md).
//
// The bridge adds four tags, which only pass between worlds of one frame:
//   17 function: varint world that owns it, varint id        18 promise: varint world that owns it, varint id
//   19 symbol: string key of a registered symbol             1A message: varint length, a whole message

const T = {
  __proto__: null, undefined: 0x00, null: 0x01, false: 0x02, true: 0x03, buffer: 0x09, view: 0x0a, date: 0x0b,
  regexp: 0x0c, error: 0x0d, array: 0x0e, object: 0x10, map: 0x11, set: 0x12, reference: 0x13, port: 0x14, boxed: 0x15,
  hole: 0x16, function: 0x17, promise: 0x18, symbol: 0x19, message: 0x1a,
  shared: 0x1b,
}
const maxDepth = 1000
const viewTypes = {
  __proto__: null, Int8Array: 0, Uint8Array: 1, Uint8ClampedArray: 2, Int16Array: 3, Uint16Array: 4, Int32Array: 5,
  Uint32Array: 6, Float32Array: 7, Float64Array: 8, BigInt64Array: 9, BigUint64Array: 10,
}

// One message in the making. A getter may begin another one meanwhile: see encode().
let job
function newJob(mode, root) {
  return {
    __proto__: null,
    mode,
    root,            // what the value is called in errors
    ports: undefined,    // port object => index, of those that go along
    to: undefined,       // bridge: the world that the message is for
    exports: undefined,  // bridge: the functions met on the way, as records of ours
    promises: undefined,  // bridge: the promises, as {id, promise}
    suffix: -1,      // a last byte after the message, if not -1
    seen: new SafeMap(),
    count: 0,        // of objects that can be referred to
    depth: 0,
    path: newList(),  // of steps, one a level
  }
}

// What a message is for decides how it refuses a value.
const cloneMode = {
  __proto__: null,
  refusal: (path, what) => dataCloneError(`${path === '' ? '' : `${path}: `}${what} could not be cloned`),
  tooDeep: path => dataCloneError(`${substring(path, 0, 200)}: objects nested deeper than 1000 could not be cloned`),
}
const callMode = {
  __proto__: null,
  refusal: (path, what) => new Error(`An object could not be cloned. (${path === '' ? '' : `${path}: `}${what})`),
  tooDeep: cloneMode.tooDeep,
}
const bridgeMode = {
  __proto__: null,
  refusal: callMode.refusal,
  tooDeep: () => new TypeError(
    'contextBridge recursion depth exceeded.  Nested objects deeper than 1000 are not supported.'),
}

const startsIdentifier = code => (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95 || code === 36
function isIdentifier(text) {
  for (let i = 0; i < text.length; i++) {
    const code = asciiCode[text[i]] ?? 0
    if (!startsIdentifier(code) && (i === 0 || code < 48 || code > 57)) return false
  }
  return text.length > 0
}
function spellStep(step) {
  if (typeof step === 'number') return `[${step}]`
  if (typeof step === 'string') return isIdentifier(step) ? `.${step}` : `[${stringify(step)}]`
  if (step.list !== 'entries') return `.${step.list}()[${step.index}]`
  return typeof step.key === 'string' ? `.get(${stringify(step.key)})` : `.values()[${step.index}]`
}
function spellPath() {
  let text = job.root
  for (let i = 0; i < job.depth; i++) text += spellStep(job.path[i])
  return text[0] === '.' ? substring(text, 1) : text
}
function refuse(what) {
  throw job.mode.refusal(spellPath(), what)
}
const refuser = what => () => refuse(what)

function remember(value, tag) {
  job.seen.set(value, job.count++)
  putByte(tag)
}
function down() {
  if (job.depth === maxDepth) throw job.mode.tooDeep(spellPath())
  job.path[job.depth++] = ''
}
function step(key) {
  job.path[job.depth - 1] = key
}

// `holder` is the object whose member it is: a function crosses the bridge with it as its `this`.
function write(value, holder) {
  switch (typeof value) {
    case 'string': return putString(value)
    case 'number': return putNumber(value)
    case 'boolean': return putByte(value ? T.true : T.false)
    case 'undefined': return putByte(T.undefined)
    case 'object': return value === null ? putByte(T.null) : writeObject(value)
    case 'bigint': return putBigint(value)
    case 'function': return job.mode === bridgeMode ? writeFunction(value, holder) : refuse('function')
    default: return writeSymbol(value)
  }
}

function writeSymbol(value) {
  const key = job.mode === bridgeMode ? symbolKey(value) : undefined
  if (key === undefined) refuse('symbol')
  putByte(T.symbol)
  putString(key)
}

function writeObject(value) {
  const index = job.seen.get(value)
  if (index === undefined) return isArray(value) ? writeArray(value) : writerOf(value)(value)
  putByte(T.reference)
  putVarint(index)
}

function writePlain(value) {
  remember(value, T.object)
  const keys = objectKeys(value)
  putVarint(keys.length)
  down()
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]
    step(key)
    putString(key)
    write(value[key], value)
  }
  job.depth--
}

// A hole takes a byte, so a length alone must not buy gigabytes.
function checkSparse(value, length) {
  if (length <= 2 ** 20 || objectKeys(value).length >= length / 8) return
  refuse(`an array of ${length} elements, most of them holes,`)
}

function writeArray(value) {
  const {length} = value
  checkSparse(value, length)
  remember(value, T.array)
  putVarint(length)
  down()
  for (let i = 0; i < length; i++) {
    const element = value[i]
    step(i)
    if (element === undefined && !hasOwn(value, i)) putByte(T.hole)
    else write(element)
  }
  job.depth--
}

function writeMap(value) {
  const entries = newList()
  mapForEach(value, (item, key) => {
    entries[entries.length] = key
    entries[entries.length] = item
  })
  remember(value, T.map)
  putVarint(entries.length / 2)
  down()
  const place = {__proto__: null, list: 'keys', index: 0, key: undefined}
  step(place)
  for (let i = 0; i < entries.length; i += 2) {
    place.list = 'keys'
    place.index = i / 2
    place.key = entries[i]
    write(entries[i])
    place.list = 'entries'
    write(entries[i + 1])
  }
  job.depth--
}

function writeSet(value) {
  const items = newList()
  setForEach(value, item => { items[items.length] = item })
  remember(value, T.set)
  putVarint(items.length)
  down()
  const place = {__proto__: null, list: 'values', index: 0}
  step(place)
  for (; place.index < items.length; place.index++) write(items[place.index])
  job.depth--
}

function writeBuffer(buffer) {
  const index = job.seen.get(buffer)
  if (index !== undefined) {
    putByte(T.reference)
    return putVarint(index)
  }
  bufferLength(buffer)
  remember(buffer, T.buffer)
  let bytes
  try {
    bytes = new Uint8Array(buffer)
  } catch {
    refuse('a detached ArrayBuffer')
  }
  const length = typedLength(bytes)
  putVarint(length)
  putBytes(bytes, length)
}

function isShared(buffer) {
  try {
    bufferLength(buffer)
    return false
  } catch {
    return true
  }
}

function writeView(value, type, buffer, offset, length) {
  remember(value, T.view)
  if (type === undefined) refuse(typedName(value))
  if (isShared(buffer)) refuse('SharedArrayBuffer')
  putByte(type)
  putVarint(offset)
  putVarint(length)
  writeBuffer(buffer)
}
const writeTyped = value =>
  writeView(value, viewTypes[typedName(value)], typedBuffer(value), typedOffset(value), typedLength(value))
const writeDataView = value =>
  writeView(value, 11, dataViewBuffer(value), dataViewOffset(value), dataViewLength(value))

function writeDate(value) {
  const time = dateTime(value)
  job.seen.set(value, job.count++)
  putDouble(T.date, time)
}

const flagGetters = newList()
const flagNames = ['hasIndices', 'global', 'ignoreCase', 'multiline', 'dotAll', 'unicode', 'unicodeSets', 'sticky']
const flagLetters = 'dgimsuvy'
for (let i = 0; i < flagNames.length; i++) flagGetters[i] = getter(RegExp.prototype, flagNames[i])

function writeRegExp(value) {
  const source = regexpSource(value)
  let flags = ''
  for (let i = 0; i < flagGetters.length; i++) if (flagGetters[i] && flagGetters[i](value)) flags += flagLetters[i]
  remember(value, T.regexp)
  putString(source)
  putString(flags)
}

const writeBoxed = unbox => value => {
  const primitive = unbox(value)
  remember(value, T.boxed)
  write(primitive)
}

function writeError(value) {
  let {name, message} = value
  if (typeof name !== 'string') name = 'Error'
  if (typeof message !== 'string') message = ''
  remember(value, T.error)
  putString(name)
  putString(message)
  const bare = job.mode === bridgeMode
  down()
  write(bare ? undefined : stackOf(value, errorTitle(name, message)))
  writePart(value, 'code')
  writePart(value, 'kind')
  writePart(value, 'data')
  bare ? write(undefined) : writePart(value, 'cause')
  job.depth--
}
// A stack that only repeats the title says nothing: readError puts it where there is none.
function stackOf(error, title) {
  const stack = hasOwn(error, 'stack') ? error.stack : undefined
  return typeof stack === 'string' && stack !== title ? stack : undefined
}
function writePart(error, key) {
  step(key)
  write(ownValue(error, key), error)
}

// By prototype, which is quick. What only looks so, as Object.create(Map.prototype) does, has none of the insides that
// a writer asks for before it writes anything, and is a plain object.
const writers = new SafeMap()
const branded = writer => value => {
  const {count} = job
  try {
    writer(value)
  } catch (error) {
    if (job.count !== count) throw error
    writePlain(value)
  }
}
const brandedWriters = newList()
function register(prototype, writer) {
  brandedWriters[brandedWriters.length] = writer
  writers.set(prototype, branded(writer))
}
register(Map.prototype, writeMap)
register(Set.prototype, writeSet)
register(Date.prototype, writeDate)
register(RegExp.prototype, writeRegExp)
register(ArrayBuffer.prototype, writeBuffer)
register(DataView.prototype, writeDataView)
register(TypedArrayPrototype, writeTyped)
register(Boolean.prototype, writeBoxed(booleanValue))
register(Number.prototype, writeBoxed(numberValue))
register(String.prototype, writeBoxed(stringValue))
register(BigInt.prototype, writeBoxed(bigintValue))
writers.set(Error.prototype, writeError)
writers.set(PromisePrototype, value => job.mode === bridgeMode ? writePromise(value) : refuse('Promise'))
writers.set(IteratorPrototype, refuser('iterator or generator'))

// What has insides that nothing here can read, the platform's objects included.
const uncloneable = [
  'Symbol', 'WeakMap', 'WeakSet', 'WeakRef', 'FinalizationRegistry', 'SharedArrayBuffer', 'EventTarget', 'Event', 'URL',
  'URLSearchParams', 'AbortController', 'AbortSignal', 'TextEncoder', 'TextDecoder', 'Headers', 'Request', 'Response',
  'Blob', 'FormData', 'FileList', 'ReadableStream', 'WritableStream', 'TransformStream', 'Crypto', 'Performance',
  'Navigator', 'Location', 'History', 'Storage', 'Node', 'CSSStyleDeclaration', 'DOMTokenList', 'NodeList',
  'ImageBitmap']
const uncloneableWasm = ['Module', 'Instance', 'Memory', 'Table', 'Global']
function registerUncloneable(holder, names) {
  for (let i = 0; i < names.length; i++) {
    const {prototype} = holder[names[i]] ?? {prototype: undefined}
    if (prototype) writers.set(prototype, refuser(names[i]))
  }
}
registerUncloneable(globalThis, uncloneable)
registerUncloneable(globalThis.WebAssembly ?? {}, uncloneableWasm)

function writerOf(value) {
  if (value === globalThis) return refuser('Window')
  let own = getPrototypeOf(value)
  if (own === ObjectPrototype || own === null) return writePlain
  for (; own !== null; own = getPrototypeOf(own)) {
    if (own === ObjectPrototype) return writePlain
    const writer = writers.get(own)
    if (writer !== undefined) return writer
  }
  return writeForeign
}

// An object of another realm (an iframe's): its prototypes say nothing, so its insides are tried one by one.
function writeForeign(value) {
  const {count} = job
  for (let i = 0; i < brandedWriters.length; i++) {
    try {
      return brandedWriters[i](value)
    } catch (error) {
      if (job.count !== count) throw error
    }
  }
  writePlain(value)
}

const keptSize = 2 ** 22

// The bytes are valid until the next call of any encode function.
function encode(begun, value) {
  const outer = job === undefined ? undefined : {__proto__: null, job, out, outBuffer, outSize, at}
  if (outer !== undefined || outSize > keptSize) allocate(4096)
  job = begun
  at = 0
  try {
    putByte(1)
    write(value)
    if (begun.suffix >= 0) putByte(begun.suffix)
    return new Uint8Array(outBuffer, 0, at)
  } finally {
    job = undefined
    if (outer !== undefined) ({job, out, outBuffer, outSize, at} = outer)
  }
}

function encodeClone(value, ports) {
  const begun = newJob(cloneMode, '')
  begun.ports = ports
  return encode(begun, value)
}

// The arguments of an IPC message.
function encodeCall(args, root, ports) {
  const begun = newJob(callMode, root)
  begun.ports = ports
  return encode(begun, args)
}

// Of another world's bytes, or a part of them, one of this world's own.
const ownView = bytes => new Uint8Array(typedBuffer(bytes), typedOffset(bytes), typedLength(bytes))

function copyBytes(bytes) {
  const copy = new Uint8Array(typedLength(bytes))
  typedSet(copy, bytes)
  return copy
}
