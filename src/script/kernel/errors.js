// The kernel's errors, and what is told of errors that nobody caught.

const errorClasses = {
  __proto__: null, Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError,
}
const domErrorNames = {__proto__: null}
const domErrors = ['IndexSizeError', 'HierarchyRequestError', 'WrongDocumentError', 'InvalidCharacterError',
  'NoModificationAllowedError', 'NotFoundError', 'NotSupportedError', 'InUseAttributeError', 'InvalidStateError',
  'InvalidModificationError', 'NamespaceError', 'InvalidAccessError', 'TypeMismatchError', 'SecurityError',
  'NetworkError', 'AbortError', 'URLMismatchError', 'QuotaExceededError', 'TimeoutError', 'InvalidNodeTypeError',
  'DataCloneError', 'EncodingError', 'NotReadableError', 'UnknownError', 'ConstraintError', 'DataError',
  'TransactionInactiveError', 'ReadOnlyError', 'VersionError', 'OperationError', 'NotAllowedError', 'OptOutError']
for (let i = 0; i < domErrors.length; i++) domErrorNames[domErrors[i]] = true

const errorTitle = (name, message) => message === '' ? name : name === '' ? message : `${name}: ${message}`
const missingArgument = what => new TypeError(`${what} requires at least 1 argument, but only 0 were passed`)
const dataCloneError = message => new DOMException(message, 'DataCloneError')

// An own data property, without running anything.
function ownValue(object, key) {
  const property = getOwnPropertyDescriptor(object, key)
  return property && hasOwn(property, 'value') ? property.value : undefined
}

// A property that may be a getter of the page, or throw.
function peek(object, key, type) {
  try {
    const value = object[key]
    return typeof value === type ? value : undefined
  } catch {
    return undefined
  }
}

function spell(value) {
  try {
    return String(value)
  } catch {
    return 'an object that cannot be converted to a string'
  }
}

// Where a stack's line begins to name its place, "url:line:column"; -1 if it names none. V8 writes
// "    at name (place)" and "    at place", JavaScriptCore "name@place" and "place".
function placeStart(text, line) {
  if (indexOf(text, '    at ') === 0) return lastIndexOf(text, '(', line) + 1 || 7
  const name = indexOf(text, '@')
  return name < 0 && indexOf(text, ' ') >= 0 ? -1 : name + 1
}

function placeInLine(text) {
  const column = lastIndexOf(text, ':')
  const line = column > 0 ? lastIndexOf(text, ':', column - 1) : -1
  const start = line > 0 ? placeStart(text, line) : -1
  if (start < 0) return undefined
  const tail = substring(text, column + 1)
  const end = indexOf(tail, ')')
  const place = {
    __proto__: null, url: substring(text, start, line), line: Number(substring(text, line + 1, column)),
    column: Number(end < 0 ? tail : substring(tail, 0, end)),
  }
  return place.line > 0 && place.column > 0 ? place : undefined
}

function placeInStack(stack) {
  let start = 0
  while (start < stack.length) {
    let end = indexOf(stack, '\n', start)
    if (end < 0) end = stack.length
    const place = placeInLine(substring(stack, start, end))
    if (place && indexOf(place.url, 'mullion:') !== 0) return place
    start = end + 1
  }
  return {__proto__: null, url: '', line: 0, column: 0}
}

function placeOf(error, stack) {
  const url = peek(error, 'sourceURL', 'string')
  const line = peek(error, 'line', 'number')
  if (url === undefined || line === undefined) return placeInStack(stack)
  return {__proto__: null, url, line, column: peek(error, 'column', 'number') ?? 0}
}

// Hands an exception that nobody caught to native code.
function report(error) {
  try {
    if (typeof error !== 'object' || error === null) return native.report('', spell(error), '', 0, 0, '')
    const stack = peek(error, 'stack', 'string') ?? ''
    const {url, line, column} = placeOf(error, stack)
    native.report(peek(error, 'name', 'string') ?? '', peek(error, 'message', 'string') ?? spell(error), url, line,
      column, stack)
  } catch {
    native.report('', 'an exception that cannot be described', '', 0, 0, '')
  }
}

// Calls what native code calls: nothing gets out but through report().
const guarded = f => (...args) => {
  try {
    return apply(f, undefined, args)
  } catch (error) {
    report(error)
  }
}
