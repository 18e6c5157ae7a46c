// Request and Response. A body is bytes or nothing: streams, blobs and forms are not part of this platform.

// What a body is made from: {bytes, type}.
function extractBody(source) {
  if (source instanceof URLSearchParams)
    return {bytes: host.encode(source.toString()), type: 'application/x-www-form-urlencoded;charset=UTF-8'}
  const bytes = isObject(source) ? bytesOf(source) : undefined
  if (bytes) return {bytes: viewSlice(bytes), type: null}
  return {bytes: host.encode(wellFormed(source)), type: 'text/plain;charset=UTF-8'}
}

const decodeUtf8 = bytes => {
  const text = host.decode('utf-8', bytes, false)
  return charCodeAt(text, 0) === 0xfeff ? substring(text, 1) : text
}
const parseJson = JSON.parse
const jsonText = JSON.stringify

class Body {
  #bytes  // undefined: there is no body
  #used = false
  constructor(bytes) { this.#bytes = bytes }
  get used() { return this.#used }
  copy(what) {
    if (this.#used) throw new TypeError(`${what}: the body was already read`)
    return this.#bytes && viewSlice(this.#bytes)
  }
  // A promise of what `make` makes of the bytes; rejected the second time.
  async read(make) {
    if (this.#used) throw new TypeError('The body was already read')
    this.#used = this.#bytes !== undefined
    return make(this.#bytes ? viewSlice(this.#bytes) : new NativeUint8Array(0))
  }
}

const bodyMethods = {
  text() { return bodyOf(this).read(decodeUtf8) },
  json() { return bodyOf(this).read(bytes => parseJson(decodeUtf8(bytes))) },
  arrayBuffer() { return bodyOf(this).read(viewBuffer) },
  bytes() { return bodyOf(this).read(bytes => bytes) },
}
function defineBody(Class) {
  const names = ownKeys(bodyMethods)
  for (let i = 0; i < names.length; i++) {
    const {[names[i]]: value} = bodyMethods
    defineProperty(Class.prototype, names[i], {value, writable: true, configurable: true, enumerable: true})
  }
  defineInterface(Class)
}
function bodyOf(object) {
  if (isObject(object)) {
    const body = requestBody(object) ?? responseBody(object)
    if (body) return body
  }
  throw new TypeError('Illegal invocation: this is no Request and no Response')
}

const methodName = text => {
  if (!isToken(text)) throw new TypeError(`Request: '${text}' is no method`)
  const upper = toUpperCase(text)
  const known = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT']
  return indexOf(known, upper) >= 0 ? upper : text
}

let requestBody
class Request {
  #url
  #method = 'GET'
  #headers
  #signal
  #body
  static { requestBody = object => (#body in object ? object.#body : undefined) }

  constructor(input, init) {
    required('Request', 1, arguments)
    const options = dictionary(init, 'Request')
    const from = isObject(input) && #body in input ? input : undefined
    this.#url = from ? from.#url : Request.#resolve(input)
    this.#method = methodName(`${options.method ?? from?.#method ?? 'GET'}`)
    this.#headers = new Headers(options.headers ?? from?.#headers)
    this.#signal = Request.#signalOf(options.signal === undefined ? from?.#signal : options.signal)
    this.#body = new Body(this.#takeBody(options, from))
  }
  static #resolve(input) {
    const parts = parseUrl(input, document.baseURI)
    if (!parts) throw new TypeError(`Request: '${input}' is no URL`)
    if (parts[part.username] !== '' || parts[part.password] !== '')
      throw new TypeError(`Request: the URL holds credentials: ${parts[part.href]}`)
    return parts[part.href]
  }
  static #signalOf(given) {
    if (given === undefined || given === null) return new AbortController().signal
    if (!isSignal(given)) throw new TypeError('Request: signal is no AbortSignal')
    return AbortSignal.any([given])
  }
  #takeBody(options, from) {
    const given = options.body
    if (given === undefined || given === null) return from && from.#body.copy('Request')
    if (this.#method === 'GET' || this.#method === 'HEAD')
      throw new TypeError(`Request: a ${this.#method} request cannot have a body`)
    const {bytes, type} = extractBody(given)
    if (type !== null && !this.#headers.has('content-type')) this.#headers.append('content-type', type)
    return bytes
  }
  get url() { return this.#url }
  get method() { return this.#method }
  get headers() { return this.#headers }
  get signal() { return this.#signal }
  get bodyUsed() { return this.#body.used }
  clone() {
    this.#body.copy('Request.clone')
    return new Request(this)
  }
}
defineBody(Request)

let responseBody
let makeResponse
class Response {
  #url = ''
  #type = 'default'
  #status
  #statusText
  #headers
  #body
  static {
    responseBody = object => (#body in object ? object.#body : undefined)
    // A response that the platform makes: {url, type, status, statusText, headers, bytes}.
    makeResponse = ({url, type, status, statusText, headers, bytes}) => {
      const response = new Response()
      response.#url = url
      response.#type = type
      response.#status = status
      response.#statusText = statusText
      response.#headers = sealHeaders(new Headers(headers))
      response.#body = new Body(bytes)
      return response
    }
  }
  constructor(body = null, init = undefined) {
    const {status = 200, statusText = '', headers} = dictionary(init, 'Response')
    this.#status = status & 0xffff
    if (this.#status < 200 || this.#status > 599)
      throw new RangeError(`Response: the status ${status} is not in 200..599`)
    this.#statusText = `${statusText}`
    if (!isHeaderValue(this.#statusText)) throw new TypeError('Response: the statusText is not valid')
    this.#headers = new Headers(headers)
    this.#body = new Body(this.#takeBody(body))
  }
  #takeBody(given) {
    if (given === null || given === undefined) return undefined
    if (indexOf([204, 205, 304], this.#status) >= 0)
      throw new TypeError(`Response: the status ${this.#status} does not allow a body`)
    const {bytes, type} = extractBody(given)
    if (type !== null && !this.#headers.has('content-type')) this.#headers.append('content-type', type)
    return bytes
  }
  static error() {
    return makeResponse({url: '', type: 'error', status: 0, statusText: '', headers: [], bytes: undefined})
  }
  static json(data, init) {
    required('Response.json', 1, arguments)
    const text = jsonText(data)
    if (text === undefined) throw new TypeError('Response.json: the data cannot be written as JSON')
    const {status, statusText, headers} = dictionary(init, 'Response.json')
    const given = new Headers(headers)
    if (!given.has('content-type')) given.append('content-type', 'application/json')
    return new Response(text, {status, statusText, headers: given})
  }
  get type() { return this.#type }
  get url() { return this.#url }
  get redirected() { return false }
  get status() { return this.#status }
  get ok() { return this.#status >= 200 && this.#status < 300 }
  get statusText() { return this.#statusText }
  get headers() { return this.#headers }
  get bodyUsed() { return this.#body.used }
  clone() {
    const bytes = this.#body.copy('Response.clone')
    const copy = makeResponse({
      url: this.#url, type: this.#type, status: this.#status, statusText: this.#statusText, headers: this.#headers,
      bytes,
    })
    if (this.#type === 'default') copy.#headers = new Headers(this.#headers)
    return copy
  }
}
defineBody(Response)
