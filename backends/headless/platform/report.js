// Where things happened, and exceptions that nobody caught.

const isOurs = url => startsWith(url, 'mullion:')

// A line of JavaScriptCore's stacks, "name@url:line:column", as {url, line, column}; undefined if it names no place.
function parseFrame(text) {
  const place = substring(text, textIndexOf(text, '@') + 1)
  const second = lastTextIndexOf(place, ':')
  const first = second > 0 ? lastTextIndexOf(place, ':', second - 1) : -1
  if (first <= 0) return undefined
  const line = nativeNumber(substring(place, first + 1, second))
  const column = nativeNumber(substring(place, second + 1))
  return line >= 0 && column >= 0 ? {url: substring(place, 0, first), line, column} : undefined
}

// The innermost place of a stack that is the page's own.
function placeInStack(stack) {
  if (typeof stack !== 'string') return undefined
  const lines = split(stack, '\n')
  for (let i = 0; i < lines.length; i++) {
    const frame = parseFrame(lines[i])
    if (frame && !isOurs(frame.url)) return frame
  }
  return undefined
}

// The text with the page's own frames of the stack below it.
function withStack(text, stack) {
  if (typeof stack !== 'string') return text
  const lines = split(stack, '\n')
  for (let i = 0; i < lines.length; i++) {
    const frame = parseFrame(lines[i])
    if (frame && !isOurs(frame.url)) text += `\n    at ${lines[i]}`
  }
  return text
}

const nowhere = {url: '', line: 0, column: 0}
const placeOfCaller = () => placeInStack(new Error().stack) ?? nowhere

function placeOf(error) {
  try {
    if (!(error instanceof Error)) return nowhere
    const {line, column = 0, sourceURL} = error
    if (typeof sourceURL === 'string' && typeof line === 'number' && !isOurs(sourceURL))
      return {url: sourceURL, line, column: nativeNumber(column)}
    return placeInStack(error.stack) ?? nowhere
  } catch {
    return nowhere
  }
}

// "TypeError: x is no function", or a short form of what was thrown instead of an Error.
function describe(error) {
  try {
    if (!(error instanceof Error)) return inspect(error)
    const {name, message} = error
    return message === '' ? `${name}` : `${name}: ${message}`
  } catch {
    return 'an object that cannot be shown'
  }
}

const level = {__proto__: null, debug: 0, info: 1, warning: 2, error: 3}
const logAt = (severity, text, place) => host.log(severity, text, place.url, place.line)

let reporting = false
// Dispatches `error` at the window; what nobody prevents is an error message of the page.
function reportException(error) {
  const place = placeOf(error)
  const message = `Uncaught ${describe(error)}`
  if (!reporting) {
    reporting = true
    const event = new ErrorEvent('error', {
      message, filename: place.url, lineno: place.line, colno: place.column, error, cancelable: true,
    })
    const unhandled = fire(windowState, event)
    reporting = false
    if (!unhandled) return
  }
  logAt(level.error, message, place)
}

// The engine calls this for each promise that was rejected and has no handler when microtasks have run.
entries.rejected = (promise, reason) => {
  const event = new PromiseRejectionEvent('unhandledrejection', {promise, reason, cancelable: true})
  if (fire(windowState, event)) logAt(level.error, `Uncaught (in promise) ${describe(reason)}`, placeOf(reason))
}

// What ends each script: see script::Context::evaluate_into.
entries.ended = (ok, value) => {
  if (!ok) reportException(value)
}

defineGlobal('reportError', function reportError(error) {
  required('reportError', 1, arguments)
  reportException(error)
})
