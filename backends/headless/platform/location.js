let current  // the document's URL: its parts

let locate
class Location {
  constructor(key) {
    if (key !== host) throw illegal()
  }
  static #go(url, how) {
    const parts = parseUrl(url, document.baseURI)
    if (!parts) throw new DOMException(`Location: '${url}' is no URL.`, 'SyntaxError')
    host.navigate(parts[part.href], how)
  }
  static #change(which, value) {
    const packed = host.setUrl(current[part.href], which, wellFormed(value))
    if (packed !== undefined) host.navigate(unpack(packed)[part.href], 'assign')
  }
  static { locate = url => Location.#go(url, 'assign') }
  get href() { return current[part.href] }
  set href(value) { Location.#go(value, 'assign') }
  get origin() { return current[part.origin] }
  get protocol() { return current[part.protocol] }
  set protocol(value) { Location.#change(part.protocol, value) }
  get host() { return current[part.host] }
  set host(value) { Location.#change(part.host, value) }
  get hostname() { return current[part.hostname] }
  set hostname(value) { Location.#change(part.hostname, value) }
  get port() { return current[part.port] }
  set port(value) { Location.#change(part.port, value) }
  get pathname() { return current[part.pathname] }
  set pathname(value) { Location.#change(part.pathname, value) }
  get search() { return current[part.search] }
  set search(value) { Location.#change(part.search, value) }
  get hash() { return current[part.hash] }
  set hash(value) { Location.#change(part.hash, value) }
  assign(url) {
    required('location.assign', 1, arguments)
    Location.#go(url, 'assign')
  }
  replace(url) {
    required('location.replace', 1, arguments)
    Location.#go(url, 'replace')
  }
  reload() { host.navigate(current[part.href], 'reload') }
  toString() { return current[part.href] }
}
defineInterface(Location)
const location = new Location(host)
