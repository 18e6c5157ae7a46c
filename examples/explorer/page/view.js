'use strict'
// What the page shows. The same page runs without a display, where a document has no elements: nothing is shown then.

const SHOWN = 200                     // lines of a search that stand on the page

const view = 'HTMLElement' in globalThis ? elements() : silence()

function silence () {
  return new Proxy({}, {get: () => () => {}})
}

function elements () {
  const $ = id => document.getElementById(id)
  const decoder = new TextDecoder()
  const number = n => Number(n).toLocaleString('en')
  const micro = us => us < 1000 ? `${us.toFixed(0)} µs` : `${(us / 1000).toFixed(1)} ms`
  let find = ''

  const row = cells => {
    const tr = document.createElement('tr')
    tr.append(...cells.map(text => Object.assign(document.createElement('td'), {textContent: text})))
    return tr
  }
  function hit (line) {
    const li = document.createElement('li')
    const [, place, text] = /^((?:[^:]*:)?\d+):(.*)$/.exec(line) ?? [null, '', line]
    li.append(Object.assign(document.createElement('span'), {textContent: place.split('/').pop()}))
    for (const [i, part] of text.split(find).entries()) {
      if (i > 0) li.append(Object.assign(document.createElement('mark'), {textContent: find}))
      li.append(part)
    }
    return li
  }

  return {
    opened: (texts, bytes) => {
      const name = texts.length === 1 ? texts[0] : `${texts.length} texts`
      $('texts').textContent = `${name} · ${number(bytes)} bytes`
    },
    indexing: (done, total) => { $('indexed').value = total ? done / total : 1 },
    port: text => { $('port').textContent = `port: ${text}` },
    times: ({path, p50_us, p99_us, max_us}) => $('times').tBodies[0].append(row([path, micro(p50_us), micro(p99_us), micro(max_us)])),
    searching: queries => {
      find = queries[0]
      $('query').value = find
      $('hits').replaceChildren()
      $('summary').textContent = `searching for “${find}”…`
    },
    hits: bytes => {
      const room = SHOWN - $('hits').childElementCount
      if (room <= 0) return
      const lines = decoder.decode(bytes.subarray(0, 65536)).split('\n', room + 1).slice(0, room)
      $('hits').append(...lines.filter(Boolean).map(hit))
    },
    searched: ({lines, bytes, messages}) => {
      $('summary').textContent = `${number(lines)} lines, ${number(bytes)} bytes in ${number(messages)} messages`
    },
    processes: rows => $('processes').tBodies[0].replaceChildren(...rows.map(({role, pid, memory, transport, sent, received}) =>
      row([role, pid, `${(Number(memory) / 1e6).toFixed(1)} MB`, transport, number(sent), number(received)]))),
    failed: why => {
      $('texts').textContent = why
      $('texts').className = 'failed'
    },
    onSearch: search => $('form').addEventListener('submit', event => {
      event.preventDefault()
      if ($('query').value) search($('query').value)
    }),
  }
}
