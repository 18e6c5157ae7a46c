// The script half of what crosses between native code and one context. It is evaluated before the page's first script,
// holds the world's own intrinsics, and nothing of it can be reached from the page.
//
// CEF hands over few kinds of values, slowly, and no bytes; so what crosses is written to memory that both sides see,
// the stage, and only functions and long texts travel as CEF's values, "carried". The sides take turns on one thread:
//   control[0] where the stage is free: a side that is called leaves what lies below alone
//   control[1] the stage's size        control[2], control[3] what the call is, then what its answer is
// A record is a list of items, two numbers each (type, value), and then the bytes of those that have some.
(function () {
  'use strict'
  const {ArrayBuffer, DataView, Error, FinalizationRegistry, Float64Array, Object, Reflect, String, TextDecoder,
    TextEncoder, Uint8Array, gc} = globalThis
  const {apply, defineProperty, deleteProperty, getOwnPropertyDescriptor, getPrototypeOf} = Reflect
  const {setPrototypeOf} = Object
  const {isView} = ArrayBuffer
  const uncurry = Function.prototype.bind.bind(Function.prototype.call)
  const getter = (object, key) => uncurry(getOwnPropertyDescriptor(object, key).get)
  const TypedArrayPrototype = getPrototypeOf(Uint8Array.prototype)
  const typedName = getter(TypedArrayPrototype, Symbol.toStringTag)
  const typedBuffer = getter(TypedArrayPrototype, 'buffer')
  const typedOffset = getter(TypedArrayPrototype, 'byteOffset')
  const typedLength = getter(TypedArrayPrototype, 'byteLength')
  const typedSet = uncurry(TypedArrayPrototype.set)
  const viewBuffer = getter(DataView.prototype, 'buffer')
  const viewOffset = getter(DataView.prototype, 'byteOffset')
  const viewLength = getter(DataView.prototype, 'byteLength')
  const bufferLength = getter(ArrayBuffer.prototype, 'byteLength')
  const charCodeAt = uncurry(String.prototype.charCodeAt)
  const substring = uncurry(String.prototype.substring)
  const encodeInto = uncurry(TextEncoder.prototype.encodeInto)
  const decode = uncurry(TextDecoder.prototype.decode)
  const encoder = new TextEncoder()
  const decoder = new TextDecoder('utf-8', {ignoreBOM: true})
  const registered = uncurry(FinalizationRegistry.prototype.register)
  const classes = {
    __proto__: null, Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError,
  }

  // As in stage.hpp.
  const NONE = 0, BOOLEAN = 1, NUMBER = 2, TEXT = 3, BYTES = 4, LENT = 5, CARRIED = 6, THROWN = 7, RELEASED = 8
  const GROW = -1, ADOPT = -2, DROP = -3  // in the place of a native's number
  const shortText = 64                 // written by script itself
  const longText = 2 ** 18             // carried
  const keptSize = 2 ** 22
  const longestPart = 2 ** 16          // of what is told about an error

  let raw      // CEF's function
  let control
  let bytes = new Uint8Array(0)
  let numbers = new Float64Array(0)

  const newList = () => setPrototypeOf([], null)

  // ---- the stage

  function grow(size) {
    const old = bytes
    control[2] = GROW
    control[3] = size
    let buffer = raw()
    if (buffer === undefined) {
      buffer = new ArrayBuffer(control[3])
      control[2] = ADOPT
      raw(buffer)
    }
    bytes = new Uint8Array(buffer)
    numbers = new Float64Array(buffer)
    if (typedLength(old) <= typedLength(bytes)) typedSet(bytes, old)
  }

  function room(end) {
    if (end > control[1]) grow(end)
  }

  const aligned = at => at % 8 === 0 ? at : at + 8 - at % 8

  // ---- out

  let at = 0           // where the next bytes of the record go
  let carried          // its carried values, if there are any

  function item(index, type, value) {
    numbers[index] = type
    numbers[index + 1] = value
  }

  function carry(index, value) {
    if (carried === undefined) carried = newList()
    item(index, CARRIED, carried.length)
    carried[carried.length] = value
  }

  function writeText(index, text) {
    const {length} = text
    if (length > longText) return carry(index, text)
    room(at + 3 * length)
    if (length <= shortText && writeAscii(text, length)) return item(index, TEXT, length)
    const {written} = encodeInto(encoder, text, new Uint8Array(typedBuffer(bytes), at))
    at += written
    item(index, TEXT, written)
  }

  function writeAscii(text, length) {
    for (let i = 0; i < length; i++) {
      const code = charCodeAt(text, i)
      if (code > 127) return false
      bytes[at + i] = code
    }
    at += length
    return true
  }

  function writeBytes(index, view, length) {
    room(at + length)
    if (length > 0) typedSet(bytes, view, at)
    at += length
    item(index, BYTES, length)
  }

  function writeView(index, value) {
    const name = typedName(value)
    const length = name === undefined ? viewLength(value) : typedLength(value)
    if (length === 0 || name === 'Uint8Array') return writeBytes(index, value, length)
    const buffer = name === undefined ? viewBuffer(value) : typedBuffer(value)
    const offset = name === undefined ? viewOffset(value) : typedOffset(value)
    writeBytes(index, new Uint8Array(buffer, offset, length), length)
  }

  function writeObject(index, value) {
    if (value === null) return item(index, NONE, 0)
    try {
      if (isView(value)) return writeView(index, value)
      const length = bufferLength(value)
      writeBytes(index, new Uint8Array(value), length)
    } catch {
      item(index, NONE, 0)
    }
  }

  function writeItem(index, value) {
    switch (typeof value) {
      case 'number': return item(index, NUMBER, value)
      case 'string': return writeText(index, value)
      case 'boolean': return item(index, BOOLEAN, value ? 1 : 0)
      case 'object': return writeObject(index, value)
      case 'function': return carry(index, value)
      default: return item(index, NONE, 0)
    }
  }

  // Writes the record where the stage is free. Answers what CEF has to carry, or undefined.
  function writeRecord(list) {
    const {length} = list
    const start = control[0]
    if (start === 0 && control[1] > keptSize) grow(65536)
    at = start + 16 * length
    carried = undefined
    room(at)
    for (let i = 0; i < length; i++) writeItem(start / 8 + 2 * i, list[i])
    const along = carried
    carried = undefined
    return along
  }

  // ---- in

  const ownBytes = view => {
    const own = new Uint8Array(typedLength(view))
    typedSet(own, view)
    return own
  }

  function fromCarried(value) {
    return typeof value === 'object' ? new Uint8Array(value) : value
  }

  function readRecord(start, count, along) {
    const list = newList()
    let from = start + 16 * count
    for (let i = 0; i < count; i++) {
      const type = numbers[start / 8 + 2 * i]
      const value = numbers[start / 8 + 2 * i + 1]
      list[i] = readItem(type, value, from, along)
      if (type === TEXT || type === BYTES || type === LENT) from += value
    }
    return list
  }

  function readItem(type, value, from, along) {
    switch (type) {
      case BOOLEAN: return value === 1
      case NUMBER: return value
      case TEXT: return decode(decoder, new Uint8Array(typedBuffer(bytes), from, value))
      case BYTES: return ownBytes(new Uint8Array(typedBuffer(bytes), from, value))
      case LENT: return new Uint8Array(typedBuffer(bytes), from, value)
      case CARRIED: return fromCarried(along[value])
      default: return undefined
    }
  }

  // ---- errors

  const define = (error, key, value) =>
    defineProperty(error, key, {__proto__: null, value, writable: true, enumerable: true, configurable: true})

  function makeError(kind, code, message) {
    const error = new (classes[code] ?? Error)(message)
    define(error, 'kind', kind)
    if (code !== '') define(error, 'code', code)
    return error
  }

  // Everything here may be a getter of the page, or throw.
  function text(thrown, key) {
    try {
      const value = thrown[key]
      return typeof value === 'string' ? substring(value, 0, longestPart) : ''
    } catch {
      return ''
    }
  }

  function spell(thrown) {
    try {
      return substring(String(thrown), 0, longestPart)
    } catch {
      return 'an object that cannot be converted to a string'
    }
  }

  function describe(thrown) {
    const object = typeof thrown === 'object' && thrown !== null
    const message = object ? text(thrown, 'message') : ''
    const known = object && (message !== '' || text(thrown, 'name') !== '')
    const parts = newList()
    parts[0] = known ? text(thrown, 'name') : ''
    parts[1] = known ? message : spell(thrown)
    parts[2] = known ? text(thrown, 'stack') : ''
    parts[3] = known ? text(thrown, 'code') : ''
    parts[4] = known ? text(thrown, 'kind') : ''
    return parts
  }

  // An error of which only the engine's sentence is known, "TypeError: x is not a function": CEF loses the rest.
  function retell(name, message, stack) {
    const error = new (classes[name] ?? Error)(message)
    const hide = (key, value) =>
      defineProperty(error, key, {__proto__: null, value, writable: true, enumerable: false, configurable: true})
    if (classes[name] === undefined) hide('name', name)
    hide('stack', stack)
    return error
  }

  // ---- script calls native code

  function callNative(number, list) {
    const along = writeRecord(list)
    control[2] = number
    control[3] = list.length
    const got = along === undefined ? raw() : apply(raw, undefined, along)
    const type = control[2]
    const value = control[3]
    if (type === NONE) return undefined
    if (type === CARRIED) return fromCarried(got)
    if (type === THROWN) throw apply(makeError, undefined, readRecord(control[0], 3))
    if (type === RELEASED) throw makeError('disconnected', 'released', 'the context of this function was released')
    return readItem(type, value, control[0] + 16)
  }

  const dropped = new FinalizationRegistry(number => {
    control[2] = DROP
    control[3] = number
    raw()
  })

  // ---- native code calls script

  function answer(value) {
    const list = newList()
    list[0] = value
    const along = writeRecord(list)
    control[2] = numbers[control[0] / 8]
    control[3] = numbers[control[0] / 8 + 1]
    return along === undefined ? undefined : along[0]
  }

  function answerThrown(thrown) {
    writeRecord(describe(thrown))
    control[2] = THROWN
  }

  function call(f, ...along) {
    try {
      return answer(apply(f, undefined, readRecord(control[2], control[3], along)))
    } catch (thrown) {
      return answerThrown(thrown)
    }
  }

  // Calls sink(ok, value, ...more).
  function hand(sink, ok, value, along) {
    try {
      const more = readRecord(control[2], control[3], along)
      const list = newList()
      list[0] = ok
      list[1] = value
      for (let i = 0; i < more.length; i++) list[i + 2] = more[i]
      return answer(apply(sink, undefined, list))
    } catch (thrown) {
      return answerThrown(thrown)
    }
  }

  // ---- evaluation: CEF answers what a script came to unless it is a bigint or a symbol, and never what it threw.
  // Where its source can be put inside an expression or a block, it tells that itself. The function for that is found
  // under a name of its own by the script's first expression, and is gone from there before anything else runs.

  let evaluation  // the innermost one
  let ended       // what the last one came to

  function begin(name) {
    const own = evaluation = {__proto__: null, outer: evaluation, state: 0, value: undefined}
    const tell = (state, value) => {
      own.state = state
      own.value = value
    }
    const take = () => {
      deleteProperty(globalThis, name)
      own.state = 1
      return tell
    }
    if (!defineProperty(globalThis, name, {__proto__: null, value: take, configurable: true})) {
      evaluation = own.outer
      throw new Error('the page has a property of this name')
    }
  }

  function end(name) {
    deleteProperty(globalThis, name)
    ended = evaluation.value
    control[2] = evaluation.state
    evaluation = evaluation.outer
  }

  function takeEnded() {
    const value = ended
    ended = undefined
    return value
  }

  return {
    __proto__: null,
    begin,
    end,
    answerEnded: () => answer(takeEnded()),
    answerEndedThrown: () => answerThrown(takeEnded()),
    handEnded: (sink, ok, ...along) => hand(sink, ok, takeEnded(), along),
    boot(theRaw, controlBuffer) {
      raw = theRaw
      if (controlBuffer === undefined) raw(controlBuffer = new ArrayBuffer(32))
      control = new Float64Array(controlBuffer)
    },
    grow,
    call,
    hand: (sink, ok, value, ...along) => hand(sink, ok, value, along),
    answer,
    answerThrown,
    retell,
    makeNative(number, name) {
      const native = (...list) => callNative(number, list)
      defineProperty(native, 'name', {__proto__: null, value: name, configurable: true})
      registered(dropped, native, number)
      return native
    },
    collect: typeof gc === 'function' ? () => gc() : () => {},
  }
})()
