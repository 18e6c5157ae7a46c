let onAbort
let isSignal
let abortSignal

class AbortSignal extends EventTarget {
  #aborted = false
  #reason
  #algorithms = new NativeSet()
  static {
    isSignal = value => isObject(value) && #aborted in value
    // Runs f when the signal aborts, before its listeners. Answers how to take that back.
    onAbort = (signal, f) => {
      setAdd(signal.#algorithms, f)
      return () => setDelete(signal.#algorithms, f)
    }
    abortSignal = (signal, reason = new DOMException('The operation was aborted.', 'AbortError')) => {
      if (signal.#aborted) return
      signal.#aborted = true
      signal.#reason = reason
      const algorithms = signal.#algorithms
      signal.#algorithms = new NativeSet()
      setForEach(algorithms, f => f())
      fire(stateOf(signal), new Event('abort'))
    }
  }
  constructor(key) {
    if (key !== host) throw illegal()
    super()
  }
  get aborted() { return this.#aborted }
  get reason() { return this.#reason }
  throwIfAborted() {
    if (this.#aborted) throw this.#reason
  }
  static abort(reason) {
    const signal = new AbortSignal(host)
    abortSignal(signal, reason)
    return signal
  }
  static timeout(milliseconds) {
    required('AbortSignal.timeout', 1, arguments)
    const delay = nativeNumber(milliseconds)
    if (!(delay >= 0)) throw new TypeError('AbortSignal.timeout: the delay is no positive number')
    const signal = new AbortSignal(host)
    const expire = () => abortSignal(signal, new DOMException('The operation timed out.', 'TimeoutError'))
    startTimer(expire, delay, [], false)
    return signal
  }
  static any(signals) {
    required('AbortSignal.any', 1, arguments)
    const sources = [...signals]
    for (let i = 0; i < sources.length; i++)
      if (!isSignal(sources[i])) throw new TypeError(`AbortSignal.any: element ${i} is no AbortSignal`)
    const signal = new AbortSignal(host)
    for (let i = 0; i < sources.length; i++) {
      if (!sources[i].aborted) continue
      abortSignal(signal, sources[i].reason)
      return signal
    }
    const endings = []
    for (let i = 0; i < sources.length; i++) {
      push(endings, onAbort(sources[i], () => {
        for (let k = 0; k < endings.length; k++) endings[k]()
        abortSignal(signal, sources[i].reason)
      }))
    }
    return signal
  }
}
defineHandler(AbortSignal.prototype, 'abort')

class AbortController {
  #signal = new AbortSignal(host)
  get signal() { return this.#signal }
  abort(reason) { abortSignal(this.#signal, reason) }
}

defineInterface(AbortSignal)
defineInterface(AbortController)
