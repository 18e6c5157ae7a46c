// The context bridge: values are copied from world to world, functions and promises go by id.
//
// A world exports functions: id => {fn, self, count}. The other side has one proxy for each while anything holds it, so
// that the same function stays the same. Each time it is sent its exporter counts one more; when the proxy was
// collected the other side gives back as many as it had seen. So an id ends only when no message has it.

// The worlds of a frame run in one engine, so their kernels call each other as script does, without native code between
// them. They pass numbers, strings and the bytes of messages; what they throw stays where it was thrown.

const nativeWorld = 0xffffffff
let ownWorld = 0

const peers = new SafeMap()  // world => the entries of its kernel

function bridgeMeet(world, expose, call, settle, release, part) {
  peers.set(world, {__proto__: null, expose, call, settle, release, part})
}
function bridgePart(world) {
  peers.delete(world)
}

function across(world, entry, what, bytes) {
  const peer = peers.get(world)
  if (peer === undefined) throw releasedError()
  let answer
  try {
    answer = peer[entry](ownWorld, what, bytes)
  } catch {
    // the stack is used up, and the error is the other world's
  }
  if (answer === undefined) throw new RangeError('Maximum call stack size exceeded')
  return ownView(answer)
}

const exported = new SafeMap()         // id => {id, fn, self, count}
const exportedIds = new SafeWeakMap()  // fn => list of ids, one for each self
const proxies = new SafeWeakMap()      // proxy => its import
const imported = new SafeMap()         // world => Map of id => {world, id, count, proxy: WeakRef}
const awaited = new SafeMap()          // world => Map of id => {resolve, reject}
let lastId = 0

function tableOf(tables, world) {
  let table = tables.get(world)
  if (table === undefined) tables.set(world, table = new SafeMap())
  return table
}

// ---- out

// One record for each object that has the function; by itself it is whichever it was first.
function exportOf(fn, self) {
  const ids = newList()
  const known = exportedIds.get(fn) ?? newList()
  for (let i = 0; i < known.length; i++) {
    const record = exported.get(known[i])
    if (record !== undefined && (self === undefined || record.self === self)) return record
    if (record !== undefined) ids[ids.length] = record.id
  }
  const record = {__proto__: null, id: ++lastId, fn, self, count: 0}
  exported.set(record.id, record)
  ids[ids.length] = record.id
  exportedIds.set(fn, ids)
  return record
}

function putId(tag, world, id) {
  putByte(tag)
  putVarint(world)
  putVarint(id)
}

function writeFunction(fn, self) {
  if (job.to === nativeWorld) refuse('function')
  const proxy = proxies.get(fn)
  if (proxy !== undefined && proxy.world === job.to) return putId(T.function, proxy.world, proxy.id)
  const record = exportOf(fn, self)
  job.exports[job.exports.length] = record
  putId(T.function, ownWorld, record.id)
}

function writePromise(promise) {
  if (job.to === nativeWorld) refuse('Promise')
  const id = ++lastId
  job.promises[job.promises.length] = {__proto__: null, id, promise}
  putId(T.promise, ownWorld, id)
}

function countExports(records, step) {
  for (let i = 0; i < records.length; i++) {
    records[i].count += step
    if (records[i].count <= 0) exported.delete(records[i].id)
  }
}

// Attaching runs what the promise's constructor says, which may be anything.
function follow(promises, to) {
  for (let i = 0; i < promises.length; i++) {
    const {id, promise} = promises[i]
    const settled = ok => guarded(value => settle(to, id, ok, value))
    try {
      promiseThen(promise, settled(true), settled(false))
    } catch (error) {
      settle(to, id, false, error)
    }
  }
}

// The bytes are valid until the next encode, as everywhere. A suffix follows them if it is not -1.
function encodeBridge(value, to, root, suffix) {
  const begun = newJob(bridgeMode, root)
  begun.to = to
  begun.exports = newList()
  begun.promises = newList()
  begun.suffix = suffix
  let bytes
  try {
    bytes = encode(begun, value)
  } catch (error) {
    countExports(begun.exports, 0)
    throw error
  }
  countExports(begun.exports, 1)
  if (begun.promises.length === 0) return bytes
  bytes = copyBytes(bytes)
  follow(begun.promises, to)
  return bytes
}

function settle(to, id, ok, value) {
  let bytes
  try {
    bytes = encodeBridge(value, to, ok ? 'result' : 'reason', -1)
  } catch (error) {
    ok = false
    bytes = encodeBridge(plainError(error), to, '', -1)
  }
  const peer = peers.get(to)
  if (peer !== undefined) peer.settle(ownWorld, id, ok, bytes)
}

const unknownException = 'An unknown exception occurred in the isolated context, an error occurred but a valid ' +
  'exception was not thrown.'

// What of an exception certainly crosses.
function plainError(error) {
  const message = isObject(error) ? peek(error, 'message', 'string') : undefined
  if (message === undefined) return new Error(unknownException)
  const plain = new Error(message)
  define(plain, 'name', peek(error, 'name', 'string') ?? 'Error', false)
  const code = peek(error, 'code', 'string')
  const kind = peek(error, 'kind', 'string')
  if (code !== undefined) define(plain, 'code', code, true)
  if (kind !== undefined) define(plain, 'kind', kind, true)
  return plain
}

function encodeThrown(error, to) {
  try {
    if (isObject(error) && inherits(error, Error.prototype)) return encodeBridge(error, to, 'error', 1)
  } catch {
    // some part of it does not cross
  }
  return encodeBridge(plainError(error), to, '', 1)
}

// What a call gave, as native code carries it: a message, and a last byte that is 0 for a result and 1 for an error.
function outcomeOf(to, call) {
  try {
    return encodeBridge(call(), to, 'result', 0)
  } catch (error) {
    return encodeThrown(error, to)
  }
}

// ---- in

function readBridged(tag) {
  switch (tag) {
    case T.function: return readFunction(getVarint(), getVarint())
    case T.promise: return readPromise(getVarint(), getVarint())
    case T.symbol: return symbolFor(getKey())
    case T.message: return readMessage(getCount(1))
    default: return malformed('no value')
  }
}

function readMessage(count) {
  const outer = {__proto__: null, end, refs}
  end = pos + count
  refs = newList()
  const value = readWhole()
  ;({end, refs} = outer)
  return value
}

const dropped = new SafeFinalizationRegistry(guarded(dead => {
  const table = tableOf(imported, dead.world)
  if (table.get(dead.id) === dead) table.delete(dead.id)
  if (dead.world === nativeWorld) return native.bridgeRelease(dead.id, dead.count)
  const peer = peers.get(dead.world)
  if (peer !== undefined) peer.release(ownWorld, dead.id, dead.count)
}))

function readFunction(world, id) {
  if (world === ownWorld) return (exported.get(id) ?? malformed('a function that was released')).fn
  if (world !== sender) malformed('a function of a third world')
  const known = tableOf(imported, world).get(id)
  const proxy = known && known.proxy.deref()
  if (proxy === undefined) return importFunction(world, id)
  known.count++
  return freezing ? freeze(proxy) : proxy
}

function importFunction(world, id) {
  const record = {__proto__: null, world, id, count: 1, proxy: undefined}
  const proxy = (...args) => callForeign(record, args)
  record.proxy = new SafeWeakRef(proxy)
  tableOf(imported, world).set(id, record)
  proxies.set(proxy, record)
  dropped.register(proxy, record)
  return freezing ? freeze(proxy) : proxy
}

function readPromise(world, id) {
  if (world !== sender) malformed('a promise of a third world')
  return new Promise((resolve, reject) => {
    tableOf(awaited, world).set(id, {__proto__: null, resolve, reject})
  })
}

function openOutcome(bytes, from) {
  const last = typedLength(bytes) - 1
  const value = decode(bytes, undefined, last, from)
  if (bytes[last] !== 0) throw value
  return value
}

function callForeign({world, id}, args) {
  const bytes = encodeBridge(args, world, 'arguments', -1)
  return openOutcome(world === nativeWorld ? native.bridgeCall(id, bytes) : across(world, 'call', id, bytes), world)
}

// ---- what other worlds ask

function bridgeExpose(from, key, bytes) {
  return outcomeOf(from, () => {
    if (key in globalThis) throw new Error('Cannot bind an API on top of an existing property on the window object')
    const value = decode(ownView(bytes), undefined, undefined, from, true)
    defineProperty(globalThis, key, {__proto__: null, value, enumerable: true})
  })
}

function bridgeCall(from, id, bytes) {
  return outcomeOf(from, () => {
    const record = exported.get(id)
    if (record === undefined) throw new Error('the function was released')
    return apply(record.fn, record.self, decode(ownView(bytes), undefined, undefined, from))
  })
}

function bridgeSettle(from, id, ok, bytes) {
  const table = tableOf(awaited, from)
  const promise = table.get(id)
  if (promise === undefined) return
  table.delete(id)
  let value
  try {
    value = decode(ownView(bytes), undefined, undefined, from)
  } catch (error) {
    return promise.reject(error)
  }
  ok ? promise.resolve(value) : promise.reject(value)
}

function bridgeRelease(from, id, count) {
  const record = exported.get(id)
  if (record !== undefined) countExports([record], -count)
}

// Called with what the function's source evaluated to.
function bridgeExecute(ok, fn, from, bytes) {
  return outcomeOf(from, () => {
    if (!ok) throw fn
    if (typeof fn !== 'function') throw new TypeError('Invalid script')
    return apply(fn, null, decode(bytes, undefined, undefined, from))
  })
}

// ---- what the preload sees

function exposeIn(world, key, api) {
  key = `${key}`
  openOutcome(across(world, 'expose', key, encodeBridge(api, world, key, -1)), world)
}

function executeInMainWorld(script) {
  if (!isObject(script) || typeof script.func !== 'function')
    throw new TypeError("Function 'func' is required in script")
  const {func, args = []} = script
  if (!isArray(args)) throw new TypeError("'args' must be an array")
  const bytes = encodeBridge(args, 0, 'args', -1)
  return openOutcome(native.bridgeExecute(0, functionToString(func), bytes), 0)
}

const contextBridge = freeze({
  exposeInMainWorld(key, api) {
    exposeIn(0, key, api)
  },
  exposeInIsolatedWorld(worldId, key, api) {
    exposeIn(worldId, key, api)
  },
  executeInMainWorld,
})
