// What the kernel uses of the language, captured before a page's first script. A page may replace every property of
// every prototype afterwards; so nothing below calls a method by its name on an object of the page's world, iterates
// with for-of or spread, awaits, or writes an index to an array that has a prototype.

const {
  Array, ArrayBuffer, BigInt, BigInt64Array, BigUint64Array, Boolean, DataView, Date, Error, EvalError,
  FinalizationRegistry, Float32Array, Float64Array, Function, Int16Array, Int32Array, Int8Array, Map, Math, Number,
  Object, Promise, RangeError, ReferenceError, Reflect, RegExp, Set, String, Symbol, SyntaxError, TypeError, URIError,
  Uint16Array, Uint32Array, Uint8Array, Uint8ClampedArray, WeakMap, WeakRef, WeakSet,
} = globalThis
const {DOMException, Event, EventTarget, MessageEvent} = globalThis  // the platform's

const {apply, construct, defineProperty, deleteProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys} = Reflect
const {freeze, keys: objectKeys, hasOwn, setPrototypeOf} = Object
const {isArray} = Array
const {floor, trunc} = Math
const {isSafeInteger} = Number
const {stringify} = JSON
const {fromCharCode} = String
const {iterator, toStringTag} = Symbol
const symbolKey = Symbol.keyFor
const symbolFor = Symbol.for

const uncurry = Function.prototype.bind.bind(Function.prototype.call)
const getter = (object, key) => {
  const property = getOwnPropertyDescriptor(object, key)
  return property && property.get ? uncurry(property.get) : undefined
}

const ObjectPrototype = Object.prototype
const ArrayPrototype = Array.prototype
const TypedArrayPrototype = getPrototypeOf(Uint8Array.prototype)
const PromisePrototype = Promise.prototype
const IteratorPrototype = getPrototypeOf(getPrototypeOf([][iterator]()))

const promiseThen = uncurry(PromisePrototype.then)
const functionToString = uncurry(Function.prototype.toString)
const charCodeAt = uncurry(String.prototype.charCodeAt)
const substring = uncurry(String.prototype.substring)
const lastIndexOf = uncurry(String.prototype.lastIndexOf)
const indexOf = uncurry(String.prototype.indexOf)
const numberToText = uncurry(Number.prototype.toString)
const isWellFormed = uncurry(String.prototype.isWellFormed)
const typedSet = uncurry(TypedArrayPrototype.set)
const typedName = getter(TypedArrayPrototype, toStringTag)  // undefined for what is no typed array
const typedBuffer = getter(TypedArrayPrototype, 'buffer')
const typedOffset = getter(TypedArrayPrototype, 'byteOffset')
const typedLength = getter(TypedArrayPrototype, 'length')
const dataViewBuffer = getter(DataView.prototype, 'buffer')
const dataViewOffset = getter(DataView.prototype, 'byteOffset')
const dataViewLength = getter(DataView.prototype, 'byteLength')
const bufferLength = getter(ArrayBuffer.prototype, 'byteLength')
const bufferTransfer = ArrayBuffer.prototype.transfer && uncurry(ArrayBuffer.prototype.transfer)
const bufferDetached = getter(ArrayBuffer.prototype, 'detached')
const dateTime = uncurry(Date.prototype.getTime)
const regexpSource = getter(RegExp.prototype, 'source')
const booleanValue = uncurry(Boolean.prototype.valueOf)
const numberValue = uncurry(Number.prototype.valueOf)
const stringValue = uncurry(String.prototype.valueOf)
const bigintValue = uncurry(BigInt.prototype.valueOf)
const mapForEach = uncurry(Map.prototype.forEach)
const setForEach = uncurry(Set.prototype.forEach)
const mapSize = getter(Map.prototype, 'size')
const setSize = getter(Set.prototype, 'size')
const mapAdd = uncurry(Map.prototype.set)
const setAdd = uncurry(Set.prototype.add)

// A subclass whose objects find the original methods without looking at any prototype that a page can reach.
function seal(Class) {
  const original = getPrototypeOf(Class.prototype)
  const names = ownKeys(original)
  for (let i = 0; i < names.length; i++) {
    if (names[i] === 'constructor') continue
    defineProperty(Class.prototype, names[i], getOwnPropertyDescriptor(original, names[i]))
  }
  setPrototypeOf(Class.prototype, null)
  return Class
}
const SafeMap = seal(class extends Map { constructor() { super() } })
const SafeWeakMap = seal(class extends WeakMap { constructor() { super() } })
const SafeWeakRef = seal(class extends WeakRef { constructor(target) { super(target) } })
const SafeFinalizationRegistry = seal(class extends FinalizationRegistry { constructor(f) { super(f) } })

// An array without a prototype: list[list.length] = x runs nobody's setter.
const newList = () => setPrototypeOf([], null)

const define = (object, key, value, enumerable) =>
  defineProperty(object, key, {__proto__: null, value, writable: true, enumerable, configurable: true})
const defineGlobal = (key, value) => define(globalThis, key, value, false)

const isObject = value => (typeof value === 'object' && value !== null) || typeof value === 'function'
function inherits(object, prototype) {
  for (let own = getPrototypeOf(object); own !== null; own = getPrototypeOf(own)) if (own === prototype) return true
  return false
}
