const timers = new NativeMap()
let lastTimer = 0

function startTimer(callback, delay, args, repeats) {
  if (typeof callback !== 'function') {
    const code = `${callback}`
    callback = () => indirectEval(code)
  }
  const milliseconds = max(nativeNumber(delay) | 0, repeats ? 4 : 0)
  const id = ++lastTimer
  mapSet(timers, id, {callback, args, repeats})
  host.startTimer(id, milliseconds, repeats)
  return id
}

function stopTimer(id) {
  if (mapDelete(timers, nativeNumber(id))) host.stopTimer(nativeNumber(id))
}

entries.timer = id => {
  const timer = mapGet(timers, id)
  if (!timer) return
  if (!timer.repeats) mapDelete(timers, id)
  try {
    apply(timer.callback, globalThis, timer.args)
  } catch (error) {
    reportException(error)
  }
}

defineGlobal('setTimeout', function setTimeout(callback, delay = 0, ...args) {
  required('setTimeout', 1, arguments)
  return startTimer(callback, delay, args, false)
})
defineGlobal('setInterval', function setInterval(callback, delay = 0, ...args) {
  required('setInterval', 1, arguments)
  return startTimer(callback, delay, args, true)
})
defineGlobal('clearTimeout', function clearTimeout(id) { stopTimer(id) })
defineGlobal('clearInterval', function clearInterval(id) { stopTimer(id) })
defineGlobal('queueMicrotask', function queueMicrotask(callback) {
  required('queueMicrotask', 1, arguments)
  if (typeof callback !== 'function') throw new TypeError('queueMicrotask: the argument is no function')
  then(resolved, () => {
    try {
      callback()
    } catch (error) {
      reportException(error)
    }
  })
})
