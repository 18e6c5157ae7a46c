// The document: readyState, title, currentScript, URLs and events. There are no elements, since there is no layout.

let readyState = 'loading'
let currentScript = null
let baseUrl

const noElements = freeze([
  'activeElement', 'adoptNode', 'append', 'body', 'children', 'createComment', 'createDocumentFragment',
  'createElement', 'createElementNS', 'createRange', 'createTextNode', 'createTreeWalker', 'documentElement',
  'elementFromPoint', 'firstElementChild', 'forms', 'getElementById', 'getElementsByClassName', 'getElementsByName',
  'getElementsByTagName', 'head', 'images', 'importNode', 'lastElementChild', 'links', 'open', 'querySelector',
  'querySelectorAll', 'scripts', 'styleSheets', 'write', 'writeln',
])
const warned = new NativeSet()

const getProperty = Reflect.get
// Stands behind Document.prototype: what is not there is undefined, and asking for it is explained once.
const absent = new Proxy(create(EventTarget.prototype), {
  get(target, name, receiver) {
    if (typeof name === 'string' && indexOf(noElements, name) >= 0 && !setHas(warned, name)) {
      setAdd(warned, name)
      const text = `document.${name}: the headless backend has no elements, since it has no layout`
      logAt(level.warning, text, placeOfCaller())
    }
    return getProperty(target, name, receiver)
  },
})

class Document extends EventTarget {
  constructor(key) {
    if (key !== host) throw illegal()
    super()
  }
  get readyState() { return readyState }
  get title() { return host.title() }
  set title(value) { host.setTitle(wellFormed(value)) }
  get currentScript() { return currentScript }
  get URL() { return current[part.href] }
  get documentURI() { return current[part.href] }
  get baseURI() { return baseUrl }
  get characterSet() { return host.characterSet }
  get contentType() { return host.contentType }
  get defaultView() { return globalThis }
  get location() { return location }
  set location(url) { locate(url) }
}
defineHandler(Document.prototype, 'readystatechange')
defineInterface(Document)
setPrototypeOf(Document.prototype, absent)

const document = new Document(host)
stateOf(document).parent = windowState

// What document.currentScript answers: what is known of the script's tag, and no element.
class CurrentScript {
  #attributes
  #src
  #text
  constructor(key, src, text, attributes) {
    if (key !== host) throw illegal()
    this.#src = src
    this.#text = text
    this.#attributes = attributes
  }
  get src() { return this.#src }
  get text() { return this.#text }
  get type() { return this.#attributes.type ?? '' }
  get id() { return this.#attributes.id ?? '' }
  get async() { return 'async' in this.#attributes }
  get defer() { return 'defer' in this.#attributes }
  getAttribute(name) { return this.#attributes[toLowerCase(`${name}`)] ?? null }
  hasAttribute(name) { return toLowerCase(`${name}`) in this.#attributes }
}
shapeInterface(CurrentScript)

entries.currentScript = (src, text, ...attributes) => {
  if (src === undefined) {
    currentScript = null
    return
  }
  const values = {__proto__: null}
  for (let i = 0; i < attributes.length; i += 2) values[attributes[i]] = attributes[i + 1]
  currentScript = new CurrentScript(host, src, text, values)
}

entries.located = (packed, base) => {
  current = unpack(packed)
  baseUrl = base
}

entries.hashChanged = (packed, base) => {
  const oldURL = current[part.href]
  entries.located(packed, base)
  fire(windowState, new HashChangeEvent('hashchange', {oldURL, newURL: current[part.href]}))
}

entries.readyState = state => {
  readyState = state
  fire(stateOf(document), new Event('readystatechange'))
}
