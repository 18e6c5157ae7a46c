const isToken = text => matches(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, text)
const isHeaderValue = text => !matches(/[\0\r\n]|[^\0-\xff]/, text)
const stripSpace = text => replaceMatches(/^[\t\n\r ]+|[\t\n\r ]+$/g, text, '')

let sealHeaders
class Headers {
  #list = []  // pairs of a lower case name and a value
  #sealed = false
  static {
    sealHeaders = headers => {
      headers.#sealed = true
      return headers
    }
  }
  constructor(init) {
    if (init === undefined) return
    if (!isObject(init)) throw new TypeError('Headers: the argument is no object')
    const pairs = pairsOf(init)
    for (let i = 0; i < pairs.length; i++) this.append(pairs[i][0], pairs[i][1])
  }
  #name(name) {
    const text = `${name}`
    if (!isToken(text)) throw new TypeError(`Headers: '${text}' is no header name`)
    return toLowerCase(text)
  }
  #value(value) {
    const text = stripSpace(`${value}`)
    if (!isHeaderValue(text)) throw new TypeError(`Headers: '${text}' is no header value`)
    return text
  }
  #change() {
    if (this.#sealed) throw new TypeError('Headers: these headers cannot be changed')
  }
  #without(key) {
    const kept = []
    for (let i = 0; i < this.#list.length; i++) if (this.#list[i][0] !== key) push(kept, this.#list[i])
    return kept
  }
  // Sorted by name, values of one name joined; cookies stay apart.
  #combined() {
    const list = []
    for (let i = 0; i < this.#list.length; i++) {
      const pair = this.#list[i]
      let at = pair[0] === 'set-cookie' ? list.length : 0
      while (at < list.length && list[at][0] !== pair[0]) at++
      if (at < list.length) list[at][1] += `, ${pair[1]}`
      else push(list, [pair[0], pair[1]])
    }
    return sort(list, (a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0))
  }
  append(name, value) {
    required('Headers.append', 2, arguments)
    const pair = [this.#name(name), this.#value(value)]
    this.#change()
    push(this.#list, pair)
  }
  delete(name) {
    required('Headers.delete', 1, arguments)
    const key = this.#name(name)
    this.#change()
    this.#list = this.#without(key)
  }
  get(name) {
    required('Headers.get', 1, arguments)
    const key = this.#name(name)
    const values = []
    for (let i = 0; i < this.#list.length; i++) if (this.#list[i][0] === key) push(values, this.#list[i][1])
    return values.length > 0 ? join(values, ', ') : null
  }
  getSetCookie() {
    const values = []
    for (let i = 0; i < this.#list.length; i++) if (this.#list[i][0] === 'set-cookie') push(values, this.#list[i][1])
    return values
  }
  has(name) {
    required('Headers.has', 1, arguments)
    return this.get(name) !== null
  }
  set(name, value) {
    required('Headers.set', 2, arguments)
    const pair = [this.#name(name), this.#value(value)]
    this.#change()
    this.#list = this.#without(pair[0])
    push(this.#list, pair)
  }
  forEach(callback, self) {
    required('Headers.forEach', 1, arguments)
    const list = this.#combined()
    for (let i = 0; i < list.length; i++) apply(callback, self, [list[i][1], list[i][0], this])
  }
  keys() { return listIterator(() => this.#combined(), pickKey, 'Headers') }
  values() { return listIterator(() => this.#combined(), pickValue, 'Headers') }
  entries() { return listIterator(() => this.#combined(), pickPair, 'Headers') }
}
defineProperty(Headers.prototype, iterator, {value: Headers.prototype.entries, writable: true, configurable: true})
defineInterface(Headers)
