// MessagePort and MessageChannel.
//
// A port object has a holder, whose `end` is the channel's end, or undefined once the port was sent away. An end is
// local (its peer is an end of this world) or native (it has an id); sending a local end out of this world makes both
// ends native. Local or not, each message is delivered in a task of its own.
//
// An end keeps its port alive while it is started; before that the port may be collected, and its end is closed.

const holders = new SafeWeakMap()  // port => {end}
const nativeEnds = new SafeMap()   // id => end

function newEnd() {
  return {
    __proto__: null, id: 0, peer: undefined, port: undefined, started: false, closed: false,
    ended: undefined,                 // why the other side is gone
    first: undefined, last: undefined,  // messages not yet delivered: {bytes, ends, next}
  }
}

// Tasks: native code calls runTask once for each call of later().
let firstTask
let lastTask
function post(run, subject) {
  const task = {__proto__: null, run, subject, next: undefined}
  lastTask = firstTask ? (lastTask.next = task) : (firstTask = task)
  native.later()
}
function runTask() {
  const task = firstTask
  if (task === undefined) return
  firstTask = task.next
  task.run(task.subject)
}

const abandoned = new SafeFinalizationRegistry(guarded(end => closeEnd(end)))

// The port object of an end that has none.
function makePort(end) {
  const port = construct(EventTarget, [], MessagePort)
  holders.set(port, {__proto__: null, end})
  abandoned.register(port, end, end)
  return port
}

function holderOf(port) {
  const holder = isObject(port) ? holders.get(port) : undefined
  if (holder === undefined) throw new TypeError('Illegal invocation: this is no MessagePort')
  return holder
}

function startEnd(end, port) {
  if (end === undefined || end.started || end.closed) return
  end.started = true
  end.port = port
  abandoned.unregister(end)
  for (let message = end.first; message !== undefined; message = message.next) post(deliver, end)
  if (end.ended !== undefined) post(deliver, end)
  if (end.id !== 0) native.portStart(end.id)
}

// The end is no port's any more.
function leavePort(end) {
  abandoned.unregister(end)
  end.port = undefined
  end.started = false
}

// The end is about to be another port's, of this world.
function moveEnd(end) {
  if (end.id !== 0 && end.started) native.portStop(end.id)
  leavePort(end)
}

function dropMessages(end) {
  for (let message = end.first; message !== undefined; message = message.next) closeAll(message.ends)
  end.first = end.last = undefined
}

function closeAll(ends) {
  for (let i = 0; i < ends.length; i++) closeEnd(ends[i])
}

function closeEnd(end) {
  if (end.closed) return
  end.closed = true
  leavePort(end)
  dropMessages(end)
  if (end.id !== 0) closeNative(end.id)
  else if (end.peer !== undefined) endPeer(end.peer)
}

function closeNative(id) {
  nativeEnds.delete(id)
  native.portClose(id)
}

function endPeer(peer) {
  peer.peer = undefined
  peer.ended = 'closed'
  if (peer.started) post(deliver, peer)
}

function append(end, message) {
  end.last = end.last ? (end.last.next = message) : (end.first = message)
}

// One task's work for an end: its next message, or the news that there will be none.
function deliver(end) {
  if (!end.started || end.closed) return
  const message = end.first
  if (message === undefined) {
    if (end.ended !== undefined) finish(end)
    return
  }
  end.first = message.next
  if (end.first === undefined) end.last = undefined
  dispatchMessage(end.port, message.bytes, message.ends, undefined)
}

function finish(end) {
  const {port, ended} = end
  end.closed = true
  leavePort(end)
  if (end.id !== 0) closeNative(end.id)
  const event = new Event('close')
  define(event, 'reason', ended, true)
  dispatchEvent(port, event)
}

// A message becomes an event, or a messageerror. `ends` are those that came along.
function dispatchMessage(target, bytes, ends, extra) {
  const list = []
  for (let i = 0; i < ends.length; i++) define(list, i, makePort(ends[i]), true)
  let type = 'message'
  let data = null
  try {
    data = decode(bytes, list)
  } catch {
    type = 'messageerror'
  }
  const event = new MessageEvent(type, {__proto__: null, data, ...extra})
  if (data === undefined) define(event, 'data', data, true)  // the constructor takes it for nothing, and says null
  define(event, 'ports', freeze(list), true)
  dispatchEvent(target, event)
}

// The id of an end that is to leave this world. Here a local channel becomes one that others know; what waits in its
// ends waits there from now on.
function promote(end) {
  if (end.id !== 0) return end.id
  const id = native.createChannel()
  const {peer} = end
  claim(end, id)
  if (peer !== undefined) claim(peer, id + 1)
  flush(end, id + 1)
  if (peer !== undefined) flush(peer, id)
  else native.portClose(id + 1)
  return id
}

function claim(end, id) {
  end.id = id
  end.peer = undefined
  nativeEnds.set(id, end)
  if (end.started) native.portStart(id)
}

function flush(end, from) {
  for (; end.first !== undefined; end.first = end.first.next) sendNative(from, end.first.bytes, end.first.ends)
  end.last = undefined
}

// Calls a native with the ids of ends after its other arguments. They are gone from here if and only if it succeeds.
function callWithEnds(f, first, ends) {
  const args = newList()
  for (let i = 0; i < first.length; i++) args[i] = first[i]
  for (let i = 0; i < ends.length; i++) args[first.length + i] = promote(ends[i])
  stopEnds(ends)
  try {
    apply(f, undefined, args)
  } catch (error) {
    for (let i = 0; i < ends.length; i++) if (ends[i].started) native.portStart(ends[i].id)
    throw error
  }
  for (let i = 0; i < ends.length; i++) {
    nativeEnds.delete(ends[i].id)
    leavePort(ends[i])
  }
}

function stopEnds(ends) {
  for (let i = 0; i < ends.length; i++) if (ends[i].started) native.portStop(ends[i].id)
}

function sendNative(id, bytes, ends) {
  callWithEnds(native.portPost, [id, bytes], ends)
}

// To a closed port, or through a channel to its own other end: it goes nowhere, and what it carries is closed.
function sendLocal(end, bytes, ends) {
  const {peer} = end
  for (let i = 0; i < ends.length; i++) moveEnd(ends[i])
  if (peer === undefined || contains(ends, peer)) return closeAll(ends)
  append(peer, {__proto__: null, bytes: copyBytes(bytes), ends, next: undefined})
  if (peer.started) post(deliver, peer)
}

function contains(list, item) {
  for (let i = 0; i < list.length; i++) if (list[i] === item) return true
  return false
}

// The list of a transfer argument: a sequence, or an object with one as `transfer`.
function transferList(options) {
  if (options === undefined || options === null) return newList()
  if (!isObject(options)) throw new TypeError('transferables must be an array of MessagePorts')
  if (isArray(options)) return listOf(options)
  const sequence = options[iterator] === undefined ? options.transfer : options
  if (sequence === undefined) return newList()
  if (!isObject(sequence)) throw new TypeError('transferables must be an array of MessagePorts')
  return listOf(sequence)
}

function listOf(sequence) {
  const list = newList()
  if (isArray(sequence)) {
    for (let i = 0; i < sequence.length; i++) list[i] = sequence[i]
    return list
  }
  const method = sequence[iterator]
  if (typeof method !== 'function') throw new TypeError('transferables must be an array of MessagePorts')
  const walk = apply(method, sequence, [])
  for (let turn = walk.next(); !turn.done; turn = walk.next()) list[list.length] = turn.value
  return list
}

// What goes along with a message: the ports with their ends, and the buffers. Nothing is detached yet.
function newCargo() {
  return {
    __proto__: null, ports: newList(), index: new SafeMap(), holders: newList(), ends: newList(), buffers: newList(),
  }
}

function loadPort(cargo, port, at, source) {
  const holder = holders.get(port)
  if (port === source) throw dataCloneError(`Port at index ${at} contains the source port.`)
  if (cargo.index.has(port)) throw dataCloneError(`Port at index ${at} is a duplicate.`)
  if (holder.end === undefined) throw dataCloneError(`Port at index ${at} is already neutered.`)
  if (holder.end.closed) throw dataCloneError(`Port at index ${at} is closed.`)
  cargo.index.set(port, cargo.ports.length)
  cargo.ports[cargo.ports.length] = port
  cargo.holders[cargo.holders.length] = holder
  cargo.ends[cargo.ends.length] = holder.end
}

function isBuffer(value) {
  try {
    bufferLength(value)
    return true
  } catch {
    return false
  }
}

function loadBuffer(cargo, buffer, at) {
  if (contains(cargo.buffers, buffer)) throw dataCloneError(`ArrayBuffer at index ${at} is a duplicate.`)
  if (isDetached(buffer)) throw dataCloneError(`ArrayBuffer at index ${at} is already detached.`)
  cargo.buffers[cargo.buffers.length] = buffer
}

function isDetached(buffer) {
  if (bufferDetached) return bufferDetached(buffer)
  try {
    return new Uint8Array(buffer) === undefined
  } catch {
    return true
  }
}

function load(list, source) {
  const cargo = newCargo()
  for (let i = 0; i < list.length; i++) {
    if (isObject(list[i]) && holders.has(list[i])) loadPort(cargo, list[i], i, source)
    else if (isObject(list[i]) && isBuffer(list[i])) loadBuffer(cargo, list[i], i)
    else throw new TypeError(`Port at index ${i} is not a valid port`)
  }
  return cargo
}

// Getters of the message ran since load(): what they closed or sent away cannot go along.
function recheck(cargo) {
  for (let i = 0; i < cargo.holders.length; i++) {
    if (cargo.holders[i].end !== cargo.ends[i] || cargo.ends[i].closed)
      throw dataCloneError(`Port at index ${i} is already neutered.`)
  }
}

// The message is on its way: ports are neutered, buffers detached where the engine can.
function unload(cargo) {
  for (let i = 0; i < cargo.holders.length; i++) cargo.holders[i].end = undefined
  if (bufferTransfer) for (let i = 0; i < cargo.buffers.length; i++) bufferTransfer(cargo.buffers[i], 0)
}

function postMessage(port, message, options) {
  const holder = holderOf(port)
  if (holder.end === undefined || holder.end.closed) return
  const cargo = load(transferList(options), port)
  const bytes = encodeClone(message, cargo.index)
  recheck(cargo)
  const {end} = holder
  if (end === undefined || end.closed) closeAll(cargo.ends)
  else if (end.id !== 0) sendNative(end.id, bytes, cargo.ends)
  else sendLocal(end, bytes, cargo.ends)
  unload(cargo)
}

class MessagePort extends EventTarget {
  constructor() {
    throw new TypeError('Illegal constructor')
  }
  postMessage(message, transfer) {
    if (arguments.length === 0) throw missingArgument('MessagePort.postMessage')
    postMessage(this, message, transfer)
  }
  start() {
    startEnd(holderOf(this).end, this)
  }
  close() {
    const {end} = holderOf(this)
    if (end !== undefined) closeEnd(end)
  }
}

class MessageChannel {
  #ports
  constructor() {
    const one = newEnd()
    const two = newEnd()
    one.peer = two
    two.peer = one
    this.#ports = [makePort(one), makePort(two)]
  }
  get port1() {
    return this.#ports[0]
  }
  get port2() {
    return this.#ports[1]
  }
}

// onmessage and its like: one listener, added where the attribute is first set.
const handlers = new SafeWeakMap()  // port => {type: handler}
function handlersOf(port) {
  let all = handlers.get(port)
  if (all === undefined) handlers.set(port, all = {__proto__: null})
  return all
}
function setHandler(port, type, value) {
  holderOf(port)
  const all = handlersOf(port)
  if (all[type] === undefined && isObject(value)) {
    addListener(port, type, event => {
      if (typeof all[type] === 'function') return apply(all[type], port, [event])
    })
  }
  if (all[type] !== undefined || isObject(value)) all[type] = isObject(value) ? value : null
}
function defineHandler(type) {
  defineProperty(MessagePort.prototype, `on${type}`, {
    __proto__: null, enumerable: true, configurable: true,
    get() {
      return handlers.get(this)?.[type] ?? null
    },
    set(value) {
      setHandler(this, type, value)
      if (type === 'message') startEnd(holderOf(this).end, this)
    },
  })
}
defineHandler('message')
defineHandler('messageerror')
defineHandler('close')

const addListener = uncurry(EventTarget.prototype.addEventListener)
const dispatchEvent = uncurry(EventTarget.prototype.dispatchEvent)

function defineInterface(Class) {
  const names = ownKeys(Class.prototype)
  for (let i = 0; i < names.length; i++) {
    if (names[i] === 'constructor' || typeof names[i] !== 'string') continue
    defineProperty(Class.prototype, names[i], {__proto__: null, enumerable: true})
  }
  defineProperty(Class.prototype, toStringTag, {__proto__: null, value: Class.name, configurable: true})
  defineGlobal(Class.name, Class)
}
defineInterface(MessagePort)
defineInterface(MessageChannel)

writers.set(MessagePort.prototype, port => {
  const index = job.ports?.get(port)
  if (index === undefined) refuse('MessagePort (it is not in the transfer list)')
  putByte(T.port)
  putVarint(index)
})

// Native code's side.
function endsOf(ids) {
  const ends = newList()
  for (let i = 0; i < ids.length; i++) {
    const end = ends[i] = newEnd()
    end.id = ids[i]
    nativeEnds.set(end.id, end)
  }
  return ends
}

function portMessage(id, bytes, ...ids) {
  const end = nativeEnds.get(id)
  const ends = endsOf(ids)
  if (end === undefined) return closeAll(ends)
  if (end.first === undefined && end.started) return dispatchMessage(end.port, bytes, ends, undefined)
  append(end, {__proto__: null, bytes: copyBytes(bytes), ends, next: undefined})
  if (end.started) post(deliver, end)
}

function portClosed(id, reason) {
  const end = nativeEnds.get(id)
  if (end === undefined || end.ended !== undefined) return
  end.ended = reason
  if (end.started) end.first === undefined ? finish(end) : post(deliver, end)
}

function structuredClone(value, options) {
  if (arguments.length === 0) throw missingArgument('structuredClone')
  const cargo = load(transferList(options?.transfer), undefined)
  const bytes = copyBytes(encodeClone(value, cargo.index))
  recheck(cargo)
  const list = newList()
  for (let i = 0; i < cargo.ends.length; i++) {
    moveEnd(cargo.ends[i])
    list[i] = makePort(cargo.ends[i])
  }
  const copy = decode(bytes, list)
  unload(cargo)
  return copy
}
