// Values as console shows them: one line, three levels deep, no getter called.
const inspectLimits = freeze({depth: 3, items: 100, text: 10000})
const functionText = uncurry(Function.prototype.toString)
const errorText = error => withStack(describe(error), error.stack)
const indented = (text, by) => by + replaceAll(text, '\n', `\n${by}`)
const quoted = text => `'${replaceAll(replaceAll(replaceAll(text, '\\', '\\\\'), '\n', '\\n'), "'", "\\'")}'`
const isName = text => matches(/^[A-Za-z_$][\w$]*$/, text)
const symbolText = uncurry(Symbol.prototype.toString)
const bigintText = uncurry(BigInt.prototype.toString)

function inspect(value) {
  return inspectAt(value, 0, [])
}

function inspectAt(value, depth, above) {
  switch (typeof value) {
    case 'string': return quoted(value)
    case 'bigint': return `${bigintText(value)}n`
    case 'symbol': return symbolText(value)
    case 'number': return value === 0 && 1 / value < 0 ? '-0' : `${value}`
    case 'function': return inspectFunction(value)
    case 'object': return value === null ? 'null' : inspectObject(value, depth, above)
    default: return `${value}`
  }
}

function inspectFunction(f) {
  const name = getOwnPropertyDescriptor(f, 'name')?.value
  const kind = startsWith(functionText(f), 'class') ? 'class' : 'function'
  return typeof name === 'string' && name !== '' ? `[${kind} ${name}]` : `[${kind}]`
}

function inspectObject(object, depth, above) {
  if (indexOf(above, object) >= 0) return '[Circular]'
  try {
    if (object instanceof Error) return depth === 0 ? errorText(object) : `[${describe(object)}]`
    push(above, object)
    const text = inspectKind(object, depth, above)
    pop(above)
    return text
  } catch {
    return '[object]'  // a proxy whose handler throws
  }
}

function inspectKind(object, depth, above) {
  const deep = depth >= inspectLimits.depth
  if (isArray(object)) return deep ? '[Array]' : inspectArray(object, depth, above)
  const prefix = namePrefix(object)
  if (object instanceof Date) return nativeString(object)
  if (object instanceof RegExp) return nativeString(object)
  if (object instanceof NativePromise) return 'Promise {}'
  if (viewKind(isView(object) ? object : undefined) !== undefined) return inspectNumbers(object, prefix)
  if (deep) return prefix === '' ? '[Object]' : `[${trim(prefix)}]`
  if (object instanceof NativeMap) return inspectMap(object, depth, above)
  if (object instanceof NativeSet) return inspectSet(object, depth, above)
  return inspectProperties(object, prefix, depth, above)
}

// "Point " for an object of class Point, "" for plain objects.
function namePrefix(object) {
  const prototype = getPrototypeOf(object)
  if (prototype === null) return '[Object: null prototype] '
  const constructor = getOwnPropertyDescriptor(prototype, 'constructor')?.value
  const name = typeof constructor === 'function' ? getOwnPropertyDescriptor(constructor, 'name')?.value : undefined
  return typeof name === 'string' && name !== 'Object' && name !== '' ? `${name} ` : ''
}

function enclosed(open, parts, total, close) {
  if (total > parts.length) push(parts, `... ${total - parts.length} more`)
  return parts.length === 0 ? open + close : `${open}${join(parts, ', ')}${close}`
}

function inspectArray(array, depth, above) {
  const parts = []
  for (let i = 0; i < min(array.length, inspectLimits.items); i++) {
    const property = getOwnPropertyDescriptor(array, i)
    push(parts, property ? inspectProperty(property, depth, above) : 'empty')
  }
  return enclosed('[', parts, array.length, ']')
}

function inspectNumbers(view, prefix) {
  const parts = []
  for (let i = 0; i < min(view.length, inspectLimits.items); i++) push(parts, inspect(view[i]))
  return enclosed(`${trim(prefix)}(${view.length}) [`, parts, view.length, ']')
}

function inspectMap(map, depth, above) {
  const parts = []
  let total = 0
  mapForEach(map, (value, key) => {
    if (++total <= inspectLimits.items)
      push(parts, `${inspectAt(key, depth + 1, above)} => ${inspectAt(value, depth + 1, above)}`)
  })
  return enclosed(`Map(${total}) {`, parts, total, '}')
}

function inspectSet(set, depth, above) {
  const parts = []
  let total = 0
  setForEach(set, value => {
    if (++total <= inspectLimits.items) push(parts, inspectAt(value, depth + 1, above))
  })
  return enclosed(`Set(${total}) {`, parts, total, '}')
}

function inspectProperty(property, depth, above) {
  if ('value' in property) return inspectAt(property.value, depth + 1, above)
  return property.get ? '[Getter]' : '[Setter]'
}

function inspectProperties(object, prefix, depth, above) {
  const keys = ownKeys(object)
  const parts = []
  let total = 0
  for (let i = 0; i < keys.length; i++) {
    const property = getOwnPropertyDescriptor(object, keys[i])
    if (!property?.enumerable || ++total > inspectLimits.items) continue
    const key = typeof keys[i] === 'symbol' ? `[${symbolText(keys[i])}]` : isName(keys[i]) ? keys[i] : quoted(keys[i])
    push(parts, `${key}: ${inspectProperty(property, depth, above)}`)
  }
  return enclosed(`${prefix}{`, parts, total, '}')
}
