// What the native half needs of every world: how to make its errors, and how to read what script threw. It is evaluated
// when the context is made, so it holds the world's own intrinsics.
(function () {
  'use strict'
  const {Error, String, Number, Object} = globalThis
  const {defineProperty, getPrototypeOf} = Object
  const classes = {
    __proto__: null, Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError,
  }

  const define = (error, key, value) =>
    defineProperty(error, key, {__proto__: null, value, writable: true, enumerable: true, configurable: true})

  function makeError(kind, code, message) {
    const error = new (classes[code] ?? Error)(message)
    define(error, 'kind', kind)
    if (code !== '') define(error, 'code', code)
    return error
  }

  // Everything here may be a getter of the page, or throw.
  function text(thrown, key) {
    try {
      const value = thrown[key]
      return typeof value === 'string' ? value : ''
    } catch {
      return ''
    }
  }

  function count(thrown, key) {
    try {
      const value = thrown[key]
      return typeof value === 'number' ? value : 0
    } catch {
      return 0
    }
  }

  function spell(thrown) {
    try {
      return String(thrown)
    } catch {
      return 'an object that cannot be converted to a string'
    }
  }

  function describe(thrown) {
    const object = typeof thrown === 'object' && thrown !== null
    const message = object ? text(thrown, 'message') : ''
    const known = object && (message !== '' || text(thrown, 'name') !== '')
    if (!known) return ['', spell(thrown), '', 0, 0, '', '', '']
    return [text(thrown, 'name'), message, text(thrown, 'sourceURL'), count(thrown, 'line'), count(thrown, 'column'),
      text(thrown, 'stack'), text(thrown, 'code'), text(thrown, 'kind')]
  }

  return [makeError, describe, getPrototypeOf(spell)]
})()
