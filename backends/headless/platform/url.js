// URL and URLSearchParams. Parsing is native (url/parser.cpp): the loader and the page must agree.

// A URL's parts come from native code as one string with a line for each, in this order.
const part = {
  __proto__: null, href: 0, protocol: 1, username: 2, password: 3, host: 4, hostname: 5, port: 6, pathname: 7,
  search: 8, hash: 9, origin: 10,
}
const unpack = packed => split(packed, '\n')

function parseUrl(url, base) {
  const packed = host.parseUrl(wellFormed(url), base === undefined ? undefined : wellFormed(base))
  return packed === undefined ? undefined : unpack(packed)
}

let queryChanged
class URL {
  #parts
  #params
  static {
    queryChanged = (url, query) => { url.#parts = unpack(host.setUrl(url.#parts[part.href], part.search, query)) }
  }
  constructor(url, base) {
    required('URL', 1, arguments)
    const parts = parseUrl(url, base)
    if (!parts) throw new TypeError(`Invalid URL: ${url}`)
    this.#parts = parts
  }
  static canParse(url, base) {
    required('URL.canParse', 1, arguments)
    return parseUrl(url, base) !== undefined
  }
  static parse(url, base) {
    required('URL.parse', 1, arguments)
    return parseUrl(url, base) === undefined ? null : new URL(url, base)
  }
  #set(which, value) {
    const packed = host.setUrl(this.#parts[part.href], which, wellFormed(value))
    if (packed === undefined) throw new TypeError(`Invalid URL: ${value}`)
    this.#parts = unpack(packed)
    if (this.#params && (which === part.href || which === part.search)) setQuery(this.#params, this.#parts[part.search])
  }
  get href() { return this.#parts[part.href] }
  set href(value) { this.#set(part.href, value) }
  get origin() { return this.#parts[part.origin] }
  get protocol() { return this.#parts[part.protocol] }
  set protocol(value) { this.#set(part.protocol, value) }
  get username() { return this.#parts[part.username] }
  set username(value) { this.#set(part.username, value) }
  get password() { return this.#parts[part.password] }
  set password(value) { this.#set(part.password, value) }
  get host() { return this.#parts[part.host] }
  set host(value) { this.#set(part.host, value) }
  get hostname() { return this.#parts[part.hostname] }
  set hostname(value) { this.#set(part.hostname, value) }
  get port() { return this.#parts[part.port] }
  set port(value) { this.#set(part.port, value) }
  get pathname() { return this.#parts[part.pathname] }
  set pathname(value) { this.#set(part.pathname, value) }
  get search() { return this.#parts[part.search] }
  set search(value) { this.#set(part.search, value) }
  get searchParams() {
    return this.#params ??= linkQuery(new URLSearchParams(this.#parts[part.search]), this)
  }
  get hash() { return this.#parts[part.hash] }
  set hash(value) { this.#set(part.hash, value) }
  toString() { return this.#parts[part.href] }
  toJSON() { return this.#parts[part.href] }
}

const formSpecial = /[!'()~]|%20/g
const replaceMatches = uncurry(RegExp.prototype[Symbol.replace])
const formEscapes = {__proto__: null, '!': '%21', "'": '%27', '(': '%28', ')': '%29', '~': '%7E', '%20': '+'}
const encodeComponent = encodeURIComponent
const decodeComponent = decodeURIComponent
const formEncode = text => replaceMatches(formSpecial, encodeComponent(text), found => formEscapes[found])

function formDecode(text) {
  const spaced = replaceAll(text, '+', ' ')
  if (textIndexOf(spaced, '%') < 0) return spaced
  try {
    return decodeComponent(spaced)
  } catch {
    return host.percentDecode(spaced)  // a stray %, or bytes that are no UTF-8
  }
}

function parseQuery(query) {
  const pairs = []
  const fields = split(query, '&')
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]
    if (field === '') continue
    const at = textIndexOf(field, '=')
    push(pairs, at < 0
      ? [formDecode(field), '']
      : [formDecode(substring(field, 0, at)), formDecode(substring(field, at + 1))])
  }
  return pairs
}

function pairsOf(init) {
  if (!isObject(init)) {
    const query = wellFormed(init)
    return parseQuery(startsWith(query, '?') ? substring(query, 1) : query)
  }
  const pairs = []
  if (init[iterator] !== undefined && init[iterator] !== null) {
    for (const pair of init) {
      const [...both] = pair
      if (both.length !== 2) throw new TypeError('URLSearchParams: each element must be a pair')
      push(pairs, [wellFormed(both[0]), wellFormed(both[1])])
    }
    return pairs
  }
  const keys = ownKeys(init)
  for (let i = 0; i < keys.length; i++) {
    if (!getOwnPropertyDescriptor(init, keys[i])?.enumerable) continue
    push(pairs, [wellFormed(keys[i]), wellFormed(init[keys[i]])])
  }
  return pairs
}

// An iterator over a list that may change meanwhile; `pick` makes what it gives of an element.
const listIteratorPrototype = {
  __proto__: getPrototypeOf(getPrototypeOf([][iterator]())),
  next() {
    const step = this[listStep]
    if (!step) throw new TypeError('Illegal invocation')
    return step()
  },
}
const listStep = Symbol('step')
function listIterator(list, pick, name) {
  let at = 0
  const step = () => {
    const pairs = list()
    return at < pairs.length ? {value: pick(pairs[at++]), done: false} : {value: undefined, done: true}
  }
  const made = create(listIteratorPrototype)
  defineProperty(made, listStep, {value: step})
  defineProperty(made, toStringTag, {value: `${name} Iterator`, configurable: true})
  return made
}
const pickKey = pair => pair[0]
const pickValue = pair => pair[1]
const pickPair = pair => [pair[0], pair[1]]

let setQuery
let linkQuery
class URLSearchParams {
  #pairs
  #url
  static {
    setQuery = (params, search) => { params.#pairs = parseQuery(substring(search, 1)) }
    linkQuery = (params, url) => {
      params.#url = url
      return params
    }
  }
  constructor(init = '') { this.#pairs = pairsOf(init) }
  #changed() {
    if (this.#url) queryChanged(this.#url, this.toString())
  }
  #keep(wanted) {
    const kept = []
    for (let i = 0; i < this.#pairs.length; i++) if (wanted(this.#pairs[i])) push(kept, this.#pairs[i])
    this.#pairs = kept
  }
  get size() { return this.#pairs.length }
  append(name, value) {
    required('URLSearchParams.append', 2, arguments)
    push(this.#pairs, [wellFormed(name), wellFormed(value)])
    this.#changed()
  }
  delete(name, value) {
    required('URLSearchParams.delete', 1, arguments)
    const key = wellFormed(name)
    const text = value === undefined ? undefined : wellFormed(value)
    this.#keep(pair => pair[0] !== key || (text !== undefined && pair[1] !== text))
    this.#changed()
  }
  get(name) {
    required('URLSearchParams.get', 1, arguments)
    const key = wellFormed(name)
    for (let i = 0; i < this.#pairs.length; i++) if (this.#pairs[i][0] === key) return this.#pairs[i][1]
    return null
  }
  getAll(name) {
    required('URLSearchParams.getAll', 1, arguments)
    const key = wellFormed(name)
    const found = []
    for (let i = 0; i < this.#pairs.length; i++) if (this.#pairs[i][0] === key) push(found, this.#pairs[i][1])
    return found
  }
  has(name, value) {
    required('URLSearchParams.has', 1, arguments)
    const key = wellFormed(name)
    const text = value === undefined ? undefined : wellFormed(value)
    for (let i = 0; i < this.#pairs.length; i++)
      if (this.#pairs[i][0] === key && (text === undefined || this.#pairs[i][1] === text)) return true
    return false
  }
  set(name, value) {
    required('URLSearchParams.set', 2, arguments)
    const key = wellFormed(name)
    const text = wellFormed(value)
    let done = false
    this.#keep(pair => {
      if (pair[0] !== key) return true
      if (done) return false
      pair[1] = text
      return done = true
    })
    if (!done) push(this.#pairs, [key, text])
    this.#changed()
  }
  sort() {
    sort(this.#pairs, (a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0))
    this.#changed()
  }
  forEach(callback, self) {
    required('URLSearchParams.forEach', 1, arguments)
    for (let i = 0; i < this.#pairs.length; i++) apply(callback, self, [this.#pairs[i][1], this.#pairs[i][0], this])
  }
  keys() { return listIterator(() => this.#pairs, pickKey, 'URLSearchParams') }
  values() { return listIterator(() => this.#pairs, pickValue, 'URLSearchParams') }
  entries() { return listIterator(() => this.#pairs, pickPair, 'URLSearchParams') }
  toString() {
    let text = ''
    for (let i = 0; i < this.#pairs.length; i++)
      text += `${i > 0 ? '&' : ''}${formEncode(this.#pairs[i][0])}=${formEncode(this.#pairs[i][1])}`
    return text
  }
}
defineProperty(URLSearchParams.prototype, iterator, {
  value: URLSearchParams.prototype.entries, writable: true, configurable: true,
})

defineInterface(URL)
defineInterface(URLSearchParams)
