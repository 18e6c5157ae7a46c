// Everything here is captured before a page's first script, so that a page which patches Array.prototype or Promise
// breaks its own code and not the platform's. All files of this folder are one function; meson.build has their order.
// That function's parameters are pairs of a name and what native code gives under it (page/natives.cpp).

const {apply, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys, setPrototypeOf} = Reflect
const uncurry = Function.prototype.bind.bind(Function.prototype.call)
const {freeze, create} = Object
const {isArray} = Array
const {min, max, floor, trunc} = Math
const {toStringTag, iterator} = Symbol
const {isView} = ArrayBuffer
const indirectEval = eval
const nativeString = String
const nativeNumber = Number

const push = uncurry(Array.prototype.push)
const pop = uncurry(Array.prototype.pop)
const slice = uncurry(Array.prototype.slice)
const splice = uncurry(Array.prototype.splice)
const indexOf = uncurry(Array.prototype.indexOf)
const join = uncurry(Array.prototype.join)
const map = uncurry(Array.prototype.map)
const sort = uncurry(Array.prototype.sort)

const charCodeAt = uncurry(String.prototype.charCodeAt)
const substring = uncurry(String.prototype.substring)
const textIndexOf = uncurry(String.prototype.indexOf)
const lastTextIndexOf = uncurry(String.prototype.lastIndexOf)
const startsWith = uncurry(String.prototype.startsWith)
const replaceAll = uncurry(String.prototype.replaceAll)
const split = uncurry(String.prototype.split)
const padEnd = uncurry(String.prototype.padEnd)
const repeat = uncurry(String.prototype.repeat)
const toLowerCase = uncurry(String.prototype.toLowerCase)
const toUpperCase = uncurry(String.prototype.toUpperCase)
const toWellFormed = uncurry(String.prototype.toWellFormed)
const trim = uncurry(String.prototype.trim)
const trimEnd = uncurry(String.prototype.trimEnd)
const matches = uncurry(RegExp.prototype.test)

const NativeMap = Map
const NativeSet = Set
const mapGet = uncurry(Map.prototype.get)
const mapSet = uncurry(Map.prototype.set)
const mapHas = uncurry(Map.prototype.has)
const mapDelete = uncurry(Map.prototype.delete)
const mapForEach = uncurry(Map.prototype.forEach)
const setHas = uncurry(Set.prototype.has)
const setAdd = uncurry(Set.prototype.add)
const setDelete = uncurry(Set.prototype.delete)
const setForEach = uncurry(Set.prototype.forEach)

const NativePromise = Promise
const resolved = Promise.resolve()
const then = uncurry(Promise.prototype.then)
const NativeUint8Array = Uint8Array
const typedArrayPrototype = getPrototypeOf(Uint8Array.prototype)
const getter = (object, name) => uncurry(getOwnPropertyDescriptor(object, name).get)
const viewBuffer = getter(typedArrayPrototype, 'buffer')
const viewOffset = getter(typedArrayPrototype, 'byteOffset')
const viewBytes = getter(typedArrayPrototype, 'byteLength')
const viewKind = getter(typedArrayPrototype, toStringTag)  // undefined for what is no typed array
const viewSet = uncurry(typedArrayPrototype.set)
const viewSlice = uncurry(typedArrayPrototype.slice)
const dataViewBuffer = getter(DataView.prototype, 'buffer')
const dataViewOffset = getter(DataView.prototype, 'byteOffset')
const dataViewBytes = getter(DataView.prototype, 'byteLength')
const bufferBytes = getter(ArrayBuffer.prototype, 'byteLength')

const host = {__proto__: null}
for (let i = 0; i < given.length; i += 2) host[given[i]] = given[i + 1]
freeze(host)

// What native code calls: entries[name](...).
const entries = {__proto__: null}

const defineGlobal = (name, value) =>
  defineProperty(globalThis, name, {value, writable: true, configurable: true, enumerable: false})

// Makes a class look as browsers' do: its members can be enumerated, its objects have its name.
function shapeInterface(Class) {
  const keys = ownKeys(Class.prototype)
  for (let i = 0; i < keys.length; i++) {
    if (typeof keys[i] !== 'string' || keys[i] === 'constructor') continue
    const property = getOwnPropertyDescriptor(Class.prototype, keys[i])
    property.enumerable = true
    defineProperty(Class.prototype, keys[i], property)
  }
  defineProperty(Class.prototype, toStringTag, {value: Class.name, configurable: true})
}
function defineInterface(Class) {
  shapeInterface(Class)
  defineGlobal(Class.name, Class)
}

function defineConstants(Class, constants) {
  const names = ownKeys(constants)
  for (let i = 0; i < names.length; i++) {
    const property = {value: constants[names[i]], enumerable: true}
    defineProperty(Class, names[i], property)
    defineProperty(Class.prototype, names[i], property)
  }
}

const isObject = value => (typeof value === 'object' && value !== null) || typeof value === 'function'
const illegal = () => new TypeError('Illegal constructor')
const required = (what, count, args) => {
  if (args.length >= count) return
  throw new TypeError(`${what}: ${count} argument${count > 1 ? 's' : ''} required, but only ${args.length} present`)
}
// What a page may hand over instead of an object: undefined and null stand for {}.
const dictionary = (value, what) => {
  if (value === undefined || value === null) return {__proto__: null}
  if (!isObject(value)) throw new TypeError(`${what}: the options must be an object`)
  return value
}
const wellFormed = value => toWellFormed(`${value}`)

// A Uint8Array over the bytes of an ArrayBuffer or of any view; undefined for everything else.
function bytesOf(source) {
  if (!isView(source)) {
    try {
      bufferBytes(source)
    } catch {
      return undefined
    }
    return new NativeUint8Array(source)
  }
  if (viewKind(source) !== undefined)
    return new NativeUint8Array(viewBuffer(source), viewOffset(source), viewBytes(source))
  return new NativeUint8Array(dataViewBuffer(source), dataViewOffset(source), dataViewBytes(source))
}
