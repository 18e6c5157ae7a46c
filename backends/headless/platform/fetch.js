// fetch of file:, app: and data:. What may be read is decided natively: load/resource.hpp.

const fetches = new NativeMap()
let lastFetch = 0

defineGlobal('fetch', function fetch(input, init) {
  return new NativePromise((resolve, reject) => {
    required('fetch', 1, arguments)
    const request = new Request(input, init)
    const {signal, method, url} = request
    signal.throwIfAborted()
    if (method !== 'GET' && method !== 'HEAD')
      throw new TypeError(`fetch: ${method} ${url}: there is no server here; only GET and HEAD can be answered`)
    const id = ++lastFetch
    const forget = onAbort(signal, () => {
      mapDelete(fetches, id)
      reject(signal.reason)
    })
    mapSet(fetches, id, {url, method, resolve, reject, forget})
    host.fetch(id, url)
  })
})

const withoutFragment = url => {
  const at = textIndexOf(url, '#')
  return at < 0 ? url : substring(url, 0, at)
}

entries.fetched = (id, why, mime, bytes) => {
  const fetch = mapGet(fetches, id)
  if (!fetch) return
  mapDelete(fetches, id)
  fetch.forget()
  if (why !== undefined) return fetch.reject(new TypeError(`fetch: ${why} loading '${fetch.url}'`))
  const headers = [['content-length', `${bytes.length}`]]
  if (mime !== '') push(headers, ['content-type', mime])
  fetch.resolve(makeResponse({
    url: withoutFragment(fetch.url), type: 'basic', status: 200, statusText: 'OK', headers,
    bytes: fetch.method === 'HEAD' ? undefined : bytes,
  }))
}
