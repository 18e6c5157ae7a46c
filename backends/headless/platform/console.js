const counts = new NativeMap()
const started = new NativeMap()
let groupDepth = 0

// The first argument may hold %s %d %i %f %o %O %c; what is left over is appended.
function format(args) {
  let text = ''
  let next = 0
  if (typeof args[0] === 'string') {
    next = 1
    const pattern = args[0]
    for (let i = 0; i < pattern.length; i++) {
      const directive = pattern[i] === '%' ? pattern[i + 1] : undefined
      if (directive === '%') {
        text += '%'
        i++
      } else if (directive !== undefined && textIndexOf('sdifoOc', directive) >= 0 && next < args.length) {
        text += formatOne(directive, args[next++])
        i++
      } else {
        text += pattern[i]
      }
    }
  }
  for (; next < args.length; next++) {
    if (next > 0) text += ' '
    text += typeof args[next] === 'string' ? args[next] : inspect(args[next])
  }
  return text
}

function formatOne(directive, value) {
  if (directive === 'c') return ''  // a style
  if (directive === 's') return typeof value === 'string' ? value : inspect(value)
  if (directive === 'o' || directive === 'O') return inspect(value)
  if (typeof value === 'bigint') return inspect(value)
  if (typeof value === 'symbol') return 'NaN'
  try {
    const number = nativeNumber(value)
    return `${directive === 'f' ? number : trunc(number)}`
  } catch {
    return 'NaN'
  }
}

const bounded = text =>
  text.length > inspectLimits.text * 100 ? `${substring(text, 0, inspectLimits.text * 100)}...` : text
const print = (severity, text) => {
  const by = repeat('  ', groupDepth)
  logAt(severity, bounded(groupDepth > 0 ? indented(text, by) : text), placeOfCaller())
}
const printer = severity => (...args) => print(severity, format(args))
const labelOf = label => (label === undefined ? 'default' : `${label}`)
const elapsed = label => `${label}: ${floor((host.now() - mapGet(started, label)) * 1000) / 1000} ms`

const consoleMethods = {
  log: printer(level.info),
  info: printer(level.info),
  warn: printer(level.warning),
  error: printer(level.error),
  debug: printer(level.debug),
  dir: value => print(level.info, inspect(value)),
  trace: (...args) => {
    const text = args.length > 0 ? `Trace: ${format(args)}` : 'Trace'
    print(level.info, withStack(text, new Error().stack))
  },
  assert: (condition, ...args) => {
    if (!condition) print(level.error, args.length > 0 ? `Assertion failed: ${format(args)}` : 'Assertion failed')
  },
  count: label => {
    const name = labelOf(label)
    const count = (mapGet(counts, name) ?? 0) + 1
    mapSet(counts, name, count)
    print(level.info, `${name}: ${count}`)
  },
  countReset: label => {
    if (!mapDelete(counts, labelOf(label))) print(level.warning, `Count for '${labelOf(label)}' does not exist`)
  },
  time: label => {
    const name = labelOf(label)
    if (mapHas(started, name)) print(level.warning, `Timer '${name}' already exists`)
    else mapSet(started, name, host.now())
  },
  timeLog: (label, ...args) => {
    const name = labelOf(label)
    if (!mapHas(started, name)) return print(level.warning, `Timer '${name}' does not exist`)
    print(level.info, args.length > 0 ? `${elapsed(name)} ${format(args)}` : elapsed(name))
  },
  timeEnd: label => {
    const name = labelOf(label)
    if (!mapHas(started, name)) return print(level.warning, `Timer '${name}' does not exist`)
    print(level.info, elapsed(name))
    mapDelete(started, name)
  },
  table: (data, columns) => print(level.info, isObject(data) ? tableText(data, columns) : format([data])),
  group: (...args) => {
    if (args.length > 0) print(level.info, format(args))
    groupDepth++
  },
  groupCollapsed: (...args) => consoleMethods.group(...args),
  groupEnd: () => { groupDepth = max(0, groupDepth - 1) },
  clear: () => { groupDepth = 0 },
}

// Rows of cells, the first being the heads, as lines with aligned columns.
function tableText(data, columns) {
  const heads = ['(index)']
  const rows = []
  const keys = ownKeys(data)
  for (let i = 0; i < keys.length && rows.length < inspectLimits.items; i++) {
    const property = getOwnPropertyDescriptor(data, keys[i])
    if (!property.enumerable || typeof keys[i] !== 'string') continue
    push(rows, tableRow(keys[i], property.value, columns, heads))
  }
  const widths = map(heads, (head, column) => {
    let width = head.length
    for (let i = 0; i < rows.length; i++) width = max(width, (rows[i][column] ?? '').length)
    return width
  })
  const line = cells => trimEnd(join(map(widths, (width, column) => padEnd(cells[column] ?? '', width)), ' | '))
  return join(map([heads, ...rows], line), '\n')
}

function tableRow(index, value, columns, heads) {
  const cells = [index]
  const put = (head, text) => {
    let at = indexOf(heads, head, 1)
    if (at < 0) at = push(heads, head) - 1
    cells[at] = text
  }
  if (!isObject(value)) {
    put('Values', inspect(value))
    return cells
  }
  const keys = columns === undefined ? ownKeys(value) : columns
  for (let i = 0; i < keys.length; i++) {
    const property = getOwnPropertyDescriptor(value, keys[i])
    if (typeof keys[i] === 'string' && property?.enumerable) put(keys[i], inspectProperty(property, 1, []))
  }
  return cells
}

{
  const console = {}
  const names = ownKeys(consoleMethods)
  for (let i = 0; i < names.length; i++) {
    const {[names[i]]: value} = consoleMethods
    defineProperty(value, 'name', {value: names[i], configurable: true})
    console[names[i]] = value
  }
  defineProperty(console, toStringTag, {value: 'console', configurable: true})
  defineGlobal('console', console)
}
