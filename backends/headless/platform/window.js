// What hangs on the global object itself.

const listeners = EventTarget.prototype
defineGlobal('addEventListener', listeners.addEventListener)
defineGlobal('removeEventListener', listeners.removeEventListener)
defineGlobal('dispatchEvent', listeners.dispatchEvent)

{
  const plain = ['load', 'pageshow', 'pagehide', 'unload', 'message', 'messageerror', 'hashchange',
    'unhandledrejection']
  for (let i = 0; i < plain.length; i++) defineHandler(globalThis, plain[i])
  defineHandler(globalThis, 'error', runErrorHandler)
  defineHandler(globalThis, 'beforeunload', runUnloadHandler)
}

const defineWindowGetter = (name, get, set) =>
  defineProperty(globalThis, name, {get, set, configurable: set === undefined, enumerable: true})

defineProperty(globalThis, 'window', {value: globalThis, enumerable: true})
defineProperty(globalThis, 'document', {value: document, enumerable: true})
defineWindowGetter('location', () => location, url => locate(url))
defineWindowGetter('origin', () => current[part.origin])

// A headless page is one frame: it is its own top and has no children.
defineGlobal('self', globalThis)
defineGlobal('frames', globalThis)
defineGlobal('parent', globalThis)
defineGlobal('top', globalThis)
defineGlobal('opener', null)
defineGlobal('length', 0)
defineGlobal('closed', false)
defineGlobal('close', function close() { host.close() })

const fireAtWindow = event => fire(windowState, event)
entries.contentLoaded = () => fire(stateOf(document), new Event('DOMContentLoaded', {bubbles: true}))
entries.loaded = () => {
  fireAtWindow(new Event('load'))
  fireAtWindow(new PageTransitionEvent('pageshow'))
}
entries.unload = () => {
  fireAtWindow(new PageTransitionEvent('pagehide'))
  fireAtWindow(new Event('unload'))
}
// Whether the page may go.
entries.beforeUnload = () => fireAtWindow(new BeforeUnloadEvent('beforeunload', {cancelable: true}))

entries.entry = name => entries[name]
return (name, ...args) => entries[name](...args)
