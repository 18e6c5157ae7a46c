// performance, crypto and navigator.

class Performance extends EventTarget {
  constructor(key) {
    if (key !== host) throw illegal()
    super()
  }
  get timeOrigin() { return host.timeOrigin }
  now() { return host.now() }
  toJSON() { return {timeOrigin: host.timeOrigin} }
}

const integerViews = {
  __proto__: null, Int8Array: 1, Uint8Array: 1, Uint8ClampedArray: 1, Int16Array: 1, Uint16Array: 1, Int32Array: 1,
  Uint32Array: 1, BigInt64Array: 1, BigUint64Array: 1,
}
const hexDigits = []
for (let i = 0; i < 256; i++) hexDigits[i] = (i < 16 ? '0' : '') + i.toString(16)

class Crypto {
  constructor(key) {
    if (key !== host) throw illegal()
  }
  getRandomValues(view) {
    required('getRandomValues', 1, arguments)
    if (!isView(view) || !integerViews[viewKind(view)])
      throw new DOMException('getRandomValues: the argument is no integer array.', 'TypeMismatchError')
    const bytes = bytesOf(view)
    if (bytes.length > 65536)
      throw new DOMException(`getRandomValues: ${bytes.length} bytes are more than 65536.`, 'QuotaExceededError')
    viewSet(bytes, host.random(bytes.length))
    return view
  }
  randomUUID() {
    const bytes = host.random(16)
    bytes[6] = (bytes[6] & 0x0f) | 0x40
    bytes[8] = (bytes[8] & 0x3f) | 0x80
    let text = ''
    for (let i = 0; i < 16; i++) text += (i === 4 || i === 6 || i === 8 || i === 10 ? '-' : '') + hexDigits[bytes[i]]
    return text
  }
}

class Navigator {
  #languages = freeze([host.language])
  constructor(key) {
    if (key !== host) throw illegal()
  }
  get userAgent() { return host.userAgent }
  get language() { return host.language }
  get languages() { return this.#languages }
  get onLine() { return false }
  get hardwareConcurrency() { return host.processors }
}

defineInterface(Performance)
defineInterface(Crypto)
defineInterface(Navigator)
defineGlobal('performance', new Performance(host))
defineGlobal('crypto', new Crypto(host))
defineGlobal('navigator', new Navigator(host))
