// ipcRenderer, in the preload's world.

function releasedError() {
  const error = new Error('IPC method called after context was released')
  define(error, 'code', 'released', true)
  define(error, 'kind', 'disconnected', true)
  return error
}

// channel => list of {listener, once}; a list is never changed, but replaced.
const listeners = new SafeMap()

function checkListener(listener) {
  if (typeof listener === 'function') return
  const received = listener === null || listener === undefined ? `${listener}` : `type ${typeof listener}`
  throw new TypeError(`The "listener" argument must be of type function. Received ${received}`)
}

function checkChannel(channel) {
  if (typeof channel === 'string') return channel
  throw new TypeError(`Error processing argument at index 0, conversion failure from ${spell(channel)}`)
}

function addIpcListener(channel, listener, once) {
  checkListener(listener)
  const list = newList()
  const before = listeners.get(channel) ?? newList()
  for (let i = 0; i < before.length; i++) list[i] = before[i]
  list[list.length] = {__proto__: null, listener, once}
  listeners.set(channel, list)
}

// The last one added goes first, as in Node.
function dropIpcListener(channel, matches) {
  const before = listeners.get(channel) ?? newList()
  let at = before.length - 1
  while (at >= 0 && !matches(before[at])) at--
  if (at < 0) return
  const list = newList()
  for (let i = 0; i < before.length; i++) if (i !== at) list[list.length] = before[i]
  list.length > 0 ? listeners.set(channel, list) : listeners.delete(channel)
}

function emit(channel, args) {
  const list = listeners.get(channel)
  if (list === undefined) return false
  for (let i = 0; i < list.length; i++) {
    const entry = list[i]
    if (entry.once) dropIpcListener(channel, other => other === entry)
    try {
      apply(entry.listener, ipcRenderer, args)
    } catch (error) {
      report(error)
    }
  }
  return true
}

const invocations = new SafeMap()  // request => {channel, resolve, reject}
let lastRequest = 0

function invoke(channel, args) {
  const bytes = encodeCall(args, 'arguments')
  const request = ++lastRequest
  return new Promise((resolve, reject) => {
    invocations.set(request, {__proto__: null, channel, resolve, reject})
    try {
      native.ipcInvoke(request, channel, bytes)
    } catch (error) {
      invocations.delete(request)
      reject(error)
    }
  })
}

// What the handler threw, under the name of its class, with its code, kind and data.
function invokeError(channel, cause) {
  if (!isObject(cause)) return new Error(`Error invoking remote method '${channel}': ${spell(cause)}`)
  const name = peek(cause, 'name', 'string') ?? 'Error'
  const message = peek(cause, 'message', 'string') ?? ''
  const error = newError(name, `Error invoking remote method '${channel}': ${errorTitle(name, message)}`)
  const parts = ['code', 'kind', 'data']
  for (let i = 0; i < parts.length; i++) {
    const value = ownValue(cause, parts[i])
    if (value !== undefined) define(error, parts[i], value, true)
  }
  return error
}

function invokeReply(request, ok, bytes) {
  const invocation = invocations.get(request)
  if (invocation === undefined) return
  invocations.delete(request)
  const {channel, resolve, reject} = invocation
  let value
  try {
    value = decode(bytes)
  } catch (error) {
    return reject(invokeError(channel, error))
  }
  ok ? resolve(value) : reject(invokeError(channel, value))
}

function ipcMessage(channel, bytes, ...ids) {
  const ends = endsOf(ids)
  const list = []
  for (let i = 0; i < ends.length; i++) define(list, i, makePort(ends[i]), true)
  const event = {sender: ipcRenderer, ports: list}
  const args = newList()
  args[0] = event
  const values = decode(bytes, list)
  for (let i = 0; i < values.length; i++) args[i + 1] = values[i]
  emit(channel, args)
}

function ipcPostMessage(channel, message, transfer) {
  checkChannel(channel)
  const cargo = load(portList(transfer), undefined)
  const bytes = encodeCall([message], 'arguments', cargo.index)
  recheck(cargo)
  callWithEnds(native.ipcPostMessage, [channel, bytes], cargo.ends)
  unload(cargo)
}

function portList(transfer) {
  if (transfer === null) throw new TypeError('Invalid value for transfer')
  const list = transferList(transfer)
  for (let i = 0; i < list.length; i++)
    if (!isObject(list[i]) || !holders.has(list[i])) throw new TypeError('Invalid value for transfer')
  return list
}

class IpcRenderer {
  on(channel, listener) {
    addIpcListener(channel, listener, false)
    return this
  }
  once(channel, listener) {
    addIpcListener(channel, listener, true)
    return this
  }
  addListener(channel, listener) {
    addIpcListener(channel, listener, false)
    return this
  }
  off(channel, listener) {
    checkListener(listener)
    dropIpcListener(channel, entry => entry.listener === listener)
    return this
  }
  removeListener(channel, listener) {
    checkListener(listener)
    dropIpcListener(channel, entry => entry.listener === listener)
    return this
  }
  removeAllListeners(channel) {
    arguments.length === 0 ? listeners.clear() : listeners.delete(channel)
    return this
  }
  listenerCount(channel) {
    return listeners.get(channel)?.length ?? 0
  }
  eventNames() {
    const names = []
    listeners.forEach((list, channel) => { define(names, names.length, channel, true) })
    return names
  }
  emit(channel, ...args) {
    return emit(channel, args)
  }
  send(channel, ...args) {
    native.ipcSend(checkChannel(channel), encodeCall(args, 'arguments'))
  }
  sendSync(channel, ...args) {
    return decode(native.ipcSendSync(checkChannel(channel), encodeCall(args, 'arguments')))
  }
  invoke(channel, ...args) {
    return invoke(checkChannel(channel), args)
  }
  postMessage(channel, message, transfer) {
    ipcPostMessage(channel, message, transfer)
  }
}
const ipcRenderer = new IpcRenderer()

const electron = freeze({__proto__: null, contextBridge, ipcRenderer})

function require(name) {
  if (name === 'mullion' || name === 'electron') return electron
  throw new Error(`module not found: ${spell(name)}`)
}
