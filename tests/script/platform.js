// Stands in for a page's platform: just what the kernel asks for, as simple as it can be. What listeners throw is
// gathered in `uncaught`.
(() => {
  const uncaught = []
  const own = {push: Array.prototype.push, apply: Reflect.apply, setPrototypeOf: Object.setPrototypeOf}
  class Event {
    type
    target = null
    constructor(type) {
      this.type = type
    }
  }
  class MessageEvent extends Event {
    data
    origin
    source
    ports = []
    constructor(type, {data = null, origin = '', source = null} = {}) {
      super(type)
      this.data = data
      this.origin = origin
      this.source = source
    }
  }
  const types = new WeakMap()
  const {get: weakGet, set: weakSet} = WeakMap.prototype
  const typesOf = target => {
    let all = own.apply(weakGet, types, [target])
    if (!all) own.apply(weakSet, types, [target, all = {__proto__: null}])
    return all
  }
  class EventTarget {
    addEventListener(type, f) {
      const all = typesOf(this ?? globalThis)
      if (!all[type]) all[type] = own.setPrototypeOf([], null)
      all[type][all[type].length] = f
    }
    dispatchEvent(event) {
      const list = typesOf(this ?? globalThis)[event.type] ?? {length: 0}
      event.target = this
      for (let i = 0; i < list.length; i++) {
        try {
          own.apply(list[i], this, [event])
        } catch (error) {
          own.apply(own.push, uncaught, [error])
        }
      }
    }
  }
  class DOMException extends Error {
    #name
    constructor(message, name) {
      super(message)
      this.#name = name
    }
    get name() { return this.#name }
  }
  const {addEventListener, dispatchEvent} = EventTarget.prototype
  Object.assign(globalThis, {Event, MessageEvent, EventTarget, DOMException, uncaught, addEventListener, dispatchEvent,
    window: globalThis})
})()
