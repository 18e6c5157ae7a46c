// A target's listeners by type, and the state to which its events bubble.
const newTargetState = target => ({target, listeners: {__proto__: null}, handlers: {__proto__: null}, parent: null})

let stateOf
class EventTarget {
  #state = newTargetState(this)
  static {
    stateOf = target => {
      if (target === undefined || target === null || target === globalThis) return windowState
      if (!isObject(target) || !(#state in target)) throw new TypeError('Illegal invocation: this is no EventTarget')
      return target.#state
    }
  }
  addEventListener(type, callback, options) {
    required('addEventListener', 2, arguments)
    addListener(stateOf(this), `${type}`, callback, options)
  }
  removeEventListener(type, callback, options) {
    required('removeEventListener', 2, arguments)
    const capture = !!(isObject(options) ? options.capture : options)
    removeListener(stateOf(this), `${type}`, callback, capture)
  }
  dispatchEvent(event) {
    required('dispatchEvent', 1, arguments)
    let slots
    try {
      slots = slotsOf(event)
    } catch {
      throw new TypeError('dispatchEvent: the argument is no Event')
    }
    if (slots.dispatching) throw new DOMException('The event is already being dispatched.', 'InvalidStateError')
    slots.trusted = false
    return dispatch(stateOf(this), event)
  }
}
// The global object cannot hold private fields, and its prototype cannot be changed.
const windowState = newTargetState(globalThis)
defineInterface(EventTarget)

function addListener(state, type, callback, options) {
  const {capture, once, passive, signal} = isObject(options) ? options : {capture: options}
  if (signal !== undefined && !isSignal(signal)) throw new TypeError('addEventListener: signal is no AbortSignal')
  if (callback === null || callback === undefined) return
  if (!isObject(callback)) throw new TypeError('addEventListener: the listener is neither a function nor an object')
  if (signal?.aborted) return
  const list = state.listeners[type] ??= []
  if (findListener(list, callback, !!capture) >= 0) return
  push(list, {callback, capture: !!capture, once: !!once, passive: !!passive, removed: false})
  if (signal) onAbort(signal, () => removeListener(state, type, callback, !!capture))
}

function findListener(list, callback, capture) {
  for (let i = 0; i < list.length; i++)
    if (list[i].callback === callback && list[i].capture === capture) return i
  return -1
}

function removeListener(state, type, callback, capture) {
  const list = state.listeners[type]
  const at = list ? findListener(list, callback, capture) : -1
  if (at < 0) return
  list[at].removed = true
  splice(list, at, 1)
  if (list.length === 0) delete state.listeners[type]
}

function callListener(listener, event, slots) {
  const {callback} = listener
  slots.passive = listener.passive
  try {
    if (typeof callback === 'function') {
      apply(callback, slots.currentTarget, [event])
    } else {
      const handle = callback.handleEvent
      if (typeof handle !== 'function') throw new TypeError('The listener has no function handleEvent')
      apply(handle, callback, [event])
    }
  } catch (error) {
    reportException(error)
  }
  slots.passive = false
}

function invokeListeners(state, event, slots, phase, capture) {
  const list = state.listeners[slots.type]
  if (slots.stopped || !list) return
  slots.phase = phase
  slots.currentTarget = state.target
  const snapshot = slice(list)
  for (let i = 0; i < snapshot.length && !slots.stoppedNow; i++) {
    const listener = snapshot[i]
    if (listener.removed || listener.capture !== capture) continue
    if (listener.once) removeListener(state, slots.type, listener.callback, capture)
    callListener(listener, event, slots)
  }
}

// False if a listener prevented what was to happen.
function dispatch(state, event) {
  const slots = slotsOf(event)
  const path = [state]
  if (state.parent && slots.type !== 'load') push(path, state.parent)
  slots.dispatching = true
  slots.target = state.target
  slots.path = path
  for (let i = path.length - 1; i > 0; i--) invokeListeners(path[i], event, slots, 1, true)
  invokeListeners(state, event, slots, 2, true)
  invokeListeners(state, event, slots, 2, false)
  for (let i = 1; slots.bubbles && i < path.length; i++) invokeListeners(path[i], event, slots, 3, false)
  slots.phase = 0
  slots.currentTarget = slots.path = null
  slots.dispatching = slots.stopped = slots.stoppedNow = false
  return !slots.canceled
}

// Dispatches an event of the platform's own.
function fire(state, event) {
  slotsOf(event).trusted = true
  return dispatch(state, event)
}

// on... attributes. `run` calls the handler with what its event asks for; by default `false` prevents the default.
const runHandler = (handler, target, event) => {
  if (apply(handler, target, [event]) === false) event.preventDefault()
}
const runErrorHandler = (handler, target, event) => {
  const args = event instanceof ErrorEvent
    ? [event.message, event.filename, event.lineno, event.colno, event.error]
    : [event]
  if (apply(handler, target, args) === true) event.preventDefault()
}
const runUnloadHandler = (handler, target, event) => {
  const answer = apply(handler, target, [event])
  if (answer === undefined || answer === null) return
  event.preventDefault()
  if (event.returnValue === '') event.returnValue = answer
}

function setHandler(state, type, value, run) {
  const record = state.handlers[type] ??= {value: null, listener: null}
  const before = record.value
  record.value = isObject(value) ? value : null
  if (before === null && record.value !== null) {
    record.listener = event => {
      if (typeof record.value === 'function') run(record.value, event.currentTarget, event)
    }
    addListener(state, type, record.listener)
  } else if (before !== null && record.value === null) {
    removeListener(state, type, record.listener, false)
  }
}

function defineHandler(object, type, run = runHandler) {
  defineProperty(object, `on${type}`, {
    get() { return stateOf(this).handlers[type]?.value ?? null },
    set(value) { setHandler(stateOf(this), type, value, run) },
    configurable: true, enumerable: true,
  })
}
