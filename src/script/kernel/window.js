// window.postMessage, through which Mullion's ports pass between a preload and its page. The engine's own stays where
// it exists and no Mullion port goes along.

const enginePost = typeof globalThis.postMessage === 'function' ? globalThis.postMessage : undefined
const engineClone = typeof globalThis.structuredClone === 'function' ? globalThis.structuredClone : undefined
const {location} = globalThis
const dispatchWindow = typeof globalThis.dispatchEvent === 'function' ? globalThis.dispatchEvent : undefined

function ownOrigin() {
  const origin = location === undefined ? undefined : location.origin
  return typeof origin === 'string' ? origin : 'null'
}

function carriesPorts(list) {
  for (let i = 0; i < list.length; i++) if (isObject(list[i]) && holders.has(list[i])) return true
  return false
}

// "*", "/", or the origin that a URL begins with.
function isForThisWindow(target) {
  if (target === '*' || target === '/') return true
  const scheme = indexOf(target, '://')
  if (scheme < 0) throw new DOMException(`Invalid target origin '${target}' in a call to 'postMessage'.`, 'SyntaxError')
  const slash = indexOf(target, '/', scheme + 3)
  return (slash < 0 ? target : substring(target, 0, slash)) === ownOrigin()
}

function postToWindow(message, target, list) {
  const here = isForThisWindow(target)
  const cargo = load(list, undefined)
  const bytes = encodeClone(message, cargo.index)
  recheck(cargo)
  if (here) callWithEnds(native.windowPost, [bytes, ownOrigin()], cargo.ends)
  else closeAll(cargo.ends)
  unload(cargo)
}

function windowPostMessage(message, targetOrigin, transfer) {
  if (arguments.length === 0) throw missingArgument('postMessage')
  const options = isObject(targetOrigin) ? targetOrigin : {__proto__: null, targetOrigin, transfer}
  const list = transferList(options.transfer)
  if (enginePost && !carriesPorts(list)) return apply(enginePost, globalThis, arguments)
  const target = options.targetOrigin
  postToWindow(message, target === undefined ? '/' : `${target}`, list)
}

// A message for this world's window. What native code hands on is a task of its own.
function windowMessage(bytes, origin, ...ids) {
  const ends = endsOf(ids)
  if (dispatchWindow === undefined) return closeAll(ends)
  dispatchMessage(globalThis, bytes, ends, {__proto__: null, origin, source: globalThis})
}

// The platform's own where one exists, unless a port of ours goes along.
function clone(value, options) {
  if (engineClone && !carriesPorts(transferList(options?.transfer))) return apply(engineClone, globalThis, arguments)
  return apply(structuredClone, undefined, arguments)
}

define(globalThis, 'postMessage', {postMessage(message, targetOrigin, transfer) {
  return apply(windowPostMessage, undefined, arguments)
}}.postMessage, true)
define(globalThis, 'structuredClone', {structuredClone(value, options) {
  return apply(clone, undefined, arguments)
}}.structuredClone, true)
