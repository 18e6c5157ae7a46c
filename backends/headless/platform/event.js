let slotsOf  // an event's insides

class Event {
  #slots
  static { slotsOf = event => event.#slots }

  constructor(type, options) {
    required('Event', 1, arguments)
    const {bubbles, cancelable, composed} = dictionary(options, 'Event')
    this.#slots = {
      type: `${type}`, bubbles: !!bubbles, cancelable: !!cancelable, composed: !!composed,
      target: null, currentTarget: null, phase: 0, path: null, time: host.now(),
      dispatching: false, stopped: false, stoppedNow: false, canceled: false, passive: false, trusted: false,
    }
  }
  get type() { return this.#slots.type }
  get target() { return this.#slots.target }
  get srcElement() { return this.#slots.target }
  get currentTarget() { return this.#slots.currentTarget }
  get eventPhase() { return this.#slots.phase }
  get bubbles() { return this.#slots.bubbles }
  get cancelable() { return this.#slots.cancelable }
  get composed() { return this.#slots.composed }
  get defaultPrevented() { return this.#slots.canceled }
  get isTrusted() { return this.#slots.trusted }
  get timeStamp() { return this.#slots.time }
  get returnValue() { return !this.#slots.canceled }
  set returnValue(value) { if (!value) this.preventDefault() }
  get cancelBubble() { return this.#slots.stopped }
  set cancelBubble(value) { if (value) this.#slots.stopped = true }
  preventDefault() {
    const slots = this.#slots
    if (slots.cancelable && !slots.passive) slots.canceled = true
  }
  stopPropagation() { this.#slots.stopped = true }
  stopImmediatePropagation() { this.#slots.stopped = this.#slots.stoppedNow = true }
  composedPath() {
    const {path} = this.#slots
    const targets = []
    for (let i = 0; path && i < path.length; i++) push(targets, path[i].target)
    return targets
  }
  initEvent(type, bubbles = false, cancelable = false) {
    const slots = this.#slots
    if (slots.dispatching) return
    slots.type = `${type}`
    slots.bubbles = !!bubbles
    slots.cancelable = !!cancelable
    slots.canceled = slots.stopped = slots.stoppedNow = false
    slots.target = null
  }
}
defineInterface(Event)
defineConstants(Event, {NONE: 0, CAPTURING_PHASE: 1, AT_TARGET: 2, BUBBLING_PHASE: 3})

class CustomEvent extends Event {
  #detail
  constructor(type, options) {
    super(type, options)
    this.#detail = dictionary(options).detail ?? null
  }
  get detail() { return this.#detail }
}

class MessageEvent extends Event {
  #data
  #origin
  #lastEventId
  #source
  #ports
  constructor(type, options) {
    super(type, options)
    const {data = null, origin = '', lastEventId = '', source = null, ports = []} = dictionary(options)
    this.#data = data
    this.#origin = wellFormed(origin)
    this.#lastEventId = `${lastEventId}`
    this.#source = source
    this.#ports = freeze([...ports])
  }
  get data() { return this.#data }
  get origin() { return this.#origin }
  get lastEventId() { return this.#lastEventId }
  get source() { return this.#source }
  get ports() { return this.#ports }
}

class ErrorEvent extends Event {
  #message
  #filename
  #lineno
  #colno
  #error
  constructor(type, options) {
    super(type, options)
    const {message = '', filename = '', lineno = 0, colno = 0, error} = dictionary(options)
    this.#message = `${message}`
    this.#filename = wellFormed(filename)
    this.#lineno = lineno >>> 0
    this.#colno = colno >>> 0
    this.#error = error
  }
  get message() { return this.#message }
  get filename() { return this.#filename }
  get lineno() { return this.#lineno }
  get colno() { return this.#colno }
  get error() { return this.#error }
}

class PromiseRejectionEvent extends Event {
  #promise
  #reason
  constructor(type, options) {
    required('PromiseRejectionEvent', 2, arguments)
    super(type, options)
    if (!isObject(options.promise)) throw new TypeError('PromiseRejectionEvent: the option promise is missing')
    this.#promise = options.promise
    this.#reason = options.reason
  }
  get promise() { return this.#promise }
  get reason() { return this.#reason }
}

class CloseEvent extends Event {
  #wasClean
  #code
  #reason
  constructor(type, options) {
    super(type, options)
    const {wasClean = false, code = 0, reason = ''} = dictionary(options)
    this.#wasClean = !!wasClean
    this.#code = code & 0xffff
    this.#reason = wellFormed(reason)
  }
  get wasClean() { return this.#wasClean }
  get code() { return this.#code }
  get reason() { return this.#reason }
}

class HashChangeEvent extends Event {
  #oldURL
  #newURL
  constructor(type, options) {
    super(type, options)
    const {oldURL = '', newURL = ''} = dictionary(options)
    this.#oldURL = wellFormed(oldURL)
    this.#newURL = wellFormed(newURL)
  }
  get oldURL() { return this.#oldURL }
  get newURL() { return this.#newURL }
}

class PageTransitionEvent extends Event {
  #persisted
  constructor(type, options) {
    super(type, options)
    this.#persisted = !!dictionary(options).persisted
  }
  get persisted() { return this.#persisted }
}

class BeforeUnloadEvent extends Event {
  #returnValue = ''
  get returnValue() { return this.#returnValue }
  set returnValue(value) { this.#returnValue = `${value}` }
}

defineInterface(CustomEvent)
defineInterface(MessageEvent)
defineInterface(ErrorEvent)
defineInterface(PromiseRejectionEvent)
defineInterface(CloseEvent)
defineInterface(HashChangeEvent)
defineInterface(PageTransitionEvent)
defineInterface(BeforeUnloadEvent)
