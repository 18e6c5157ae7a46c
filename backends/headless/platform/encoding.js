// TextEncoder, TextDecoder, atob, btoa. The work on bytes is native.

class TextEncoder {
  get encoding() { return 'utf-8' }
  encode(input = '') { return host.encode(wellFormed(input)) }
  encodeInto(source, destination) {
    required('TextEncoder.encodeInto', 2, arguments)
    if (viewKind(isView(destination) ? destination : undefined) !== 'Uint8Array')
      throw new TypeError('TextEncoder.encodeInto: the destination is no Uint8Array')
    const text = wellFormed(source)
    const room = viewBytes(destination)
    let read = 0
    let written = 0
    while (read < text.length) {
      const unit = charCodeAt(text, read)
      const pair = unit >= 0xd800 && unit < 0xdc00
      const size = unit < 0x80 ? 1 : unit < 0x800 ? 2 : pair ? 4 : 3
      if (written + size > room) break
      written += size
      read += pair ? 2 : 1
    }
    viewSet(destination, host.encode(substring(text, 0, read)))
    return {read, written}
  }
}

// How many bytes at the end begin a character that is not complete yet.
function incompleteUtf8(bytes) {
  const length = bytes.length
  for (let back = 1; back <= min(3, length); back++) {
    const lead = bytes[length - back]
    if (lead < 0x80) return 0
    if (lead < 0xc0) continue
    const size = lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0
    return size > back && (back === 1 || canFollow(lead, bytes[length - back + 1])) ? back : 0
  }
  return 0
}
const canFollow = (lead, second) =>
  second >= (lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80) &&
  second <= (lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf)

function incompleteUtf16(bytes, big) {
  const odd = bytes.length % 2
  const at = bytes.length - odd - 2
  if (at < 0) return odd
  const high = bytes[big ? at : at + 1]
  return high >= 0xd8 && high < 0xdc ? odd + 2 : odd
}

class TextDecoder {
  #encoding
  #fatal
  #ignoreBOM
  #pending = new NativeUint8Array(0)
  #atStart = true
  constructor(label = 'utf-8', options) {
    const {fatal, ignoreBOM} = dictionary(options, 'TextDecoder')
    this.#encoding = host.charset(`${label}`)
    if (this.#encoding === undefined) throw new RangeError(`TextDecoder: the encoding '${label}' is not supported`)
    this.#fatal = !!fatal
    this.#ignoreBOM = !!ignoreBOM
  }
  get encoding() { return this.#encoding }
  get fatal() { return this.#fatal }
  get ignoreBOM() { return this.#ignoreBOM }

  decode(input, options) {
    const stream = !!dictionary(options, 'TextDecoder.decode').stream
    const given = input === undefined ? new NativeUint8Array(0) : bytesOf(input)
    if (!given) throw new TypeError('TextDecoder.decode: the input is no ArrayBuffer and no view of one')
    const bytes = this.#joined(given)
    const kept = stream ? this.#incomplete(bytes) : 0
    this.#pending = viewSlice(bytes, bytes.length - kept)
    // A copy: JavaScriptCore lets nobody transfer a buffer that native code has seen.
    const text = host.decode(this.#encoding, viewSlice(bytes, 0, bytes.length - kept), this.#fatal)
    return this.#withoutMark(this.#checked(text), stream)
  }
  #checked(text) {
    if (text !== undefined) return text
    this.#pending = new NativeUint8Array(0)
    this.#atStart = true
    throw new TypeError(`TextDecoder.decode: the input is no ${this.#encoding}`)
  }
  #joined(given) {
    if (this.#pending.length === 0) return given
    const both = new NativeUint8Array(this.#pending.length + given.length)
    viewSet(both, this.#pending)
    viewSet(both, given, this.#pending.length)
    return both
  }
  #incomplete(bytes) {
    if (this.#encoding === 'utf-8') return incompleteUtf8(bytes)
    if (this.#encoding === 'windows-1252') return 0
    return incompleteUtf16(bytes, this.#encoding === 'utf-16be')
  }
  #withoutMark(text, stream) {
    const first = this.#atStart && text.length > 0
    if (text.length > 0) this.#atStart = false
    if (!stream) this.#atStart = true
    const marked = first && !this.#ignoreBOM && this.#encoding !== 'windows-1252' && charCodeAt(text, 0) === 0xfeff
    return marked ? substring(text, 1) : text
  }
}

defineInterface(TextEncoder)
defineInterface(TextDecoder)

defineGlobal('atob', function atob(data) {
  required('atob', 1, arguments)
  const text = host.atob(wellFormed(data))
  if (text === undefined) throw new DOMException('atob: the string is not correctly encoded.', 'InvalidCharacterError')
  return text
})
defineGlobal('btoa', function btoa(data) {
  required('btoa', 1, arguments)
  const text = host.btoa(`${data}`)
  if (text === undefined)
    throw new DOMException('btoa: the string contains characters outside of Latin1.', 'InvalidCharacterError')
  return text
})
