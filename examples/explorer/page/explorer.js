'use strict'
// The explorer's page: opens the texts, searches them through its port, measures both paths, and outlives the index.

const ROUNDS = 300
const LIMIT = 100000                  // lines a search asks of each text
const LARGE = 1.5 * 1024 * 1024       // bytes that the large result aims at

let port
const waiting = {}                    // by message type: who takes the next

addEventListener('message', ({data, ports}) => {
  if (data !== 'index') return
  port = ports[0]
  port.onmessage = ({data: message}) => waiting[message.type]?.(message)
  port.onclose = ({reason}) => {
    view.port(`closed, ${reason}`)
    waiting.close?.(reason)
  }
  view.port('open to the utility process')
  waiting.port?.()
})

const next = type => new Promise(resolve => { waiting[type] = resolve })

function percentiles (path, samples) {
  samples.sort((a, b) => a - b)
  const at = share => samples[Math.min(samples.length - 1, Math.floor(samples.length * share))] * 1000
  return {path, count: samples.length, p50_us: at(0.5), p99_us: at(0.99), max_us: at(1)}
}

async function measure (path, round) {
  const samples = []
  for (let n = 1; n <= ROUNDS; n++) {
    const begin = performance.now()
    const answer = await round(n)
    samples.push(performance.now() - begin)
    if (answer.n !== n) throw new Error(`${path}: sent ${n}, got ${answer.n}`)
  }
  const row = percentiles(path, samples)
  view.times(row)
  explorer.times(row)
}

function toIndex (n) {
  const answer = next('ping')
  port.postMessage({type: 'ping', n})
  return answer
}

function indexed () {
  return new Promise((resolve, reject) => {
    waiting.indexing = ({done, total}) => {
      view.indexing(done, total)
      explorer.indexing({done, total})
    }
    waiting.indexed = resolve
    waiting.failed = ({why}) => reject(new Error(why))
    waiting.close = reason => reject(new Error(`the indexer's port closed: ${reason}`))
  })
}

// FNV-1a over what arrives, so that main can compare it with grep's output without keeping either.
function search (find, {limit = LIMIT, whole = false} = {}) {
  const seen = {queries: find, limit, lines: 0, bytes: 0, hash: 0x811c9dc5, messages: 0}
  view.searching(find)
  return new Promise((resolve, reject) => {
    waiting.close = reason => reject(new Error(`the indexer's port closed: ${reason}`))
    waiting.hits = ({lines}) => {
      view.hits(lines)
      let {hash} = seen
      for (const byte of lines) {
        hash = Math.imul(hash ^ byte, 0x01000193)
        if (byte === 10) seen.lines++
      }
      seen.hash = hash
      seen.bytes += lines.length
      seen.messages++
    }
    waiting.searched = () => {
      view.searched(seen)
      resolve({...seen, hash: seen.hash >>> 0})
    }
    port.postMessage({type: 'search', id: 1, find, limit, whole})
  })
}

// Searches whose results together are large enough, asked for in one message.
function largeSearch (bytes) {
  const letters = [...'etaoinshrdlucmfwypvbgk']
  const share = Math.max(1, Math.ceil(LARGE / Math.max(1, bytes)))
  return search(letters.slice(0, Math.max(1, share + Math.ceil(share / 4))), {limit: 20000, whole: true})
}

async function showProcesses () {
  view.processes((await explorer.processes({})).rows)
}

async function open () {
  const arrived = next('port')
  const {texts, bytes} = await explorer.openTexts({path: explorer.file})
  view.opened(texts, bytes)
  await arrived
  await indexed()
  view.indexing(1, 1)
  await measure('page to main', n => explorer.ping({n}))
  await measure('page to utility', toIndex)
  await showProcesses()
  return {texts, bytes}
}

// For somebody who sits before the window.
async function interact () {
  let searching = Promise.resolve()
  view.onSearch(query => { searching = searching.then(() => search([query])) })
  setInterval(showProcesses, 1000)
  await search(['the'])
  console.log('ready')
}

async function explore () {
  const {texts, bytes} = await open()
  if (explorer.interactive) return interact()
  for (const query of ['warranty', 'the', 'no line holds these words 31415'])
    explorer.found(await search([query]))
  explorer.found(await largeSearch(Number(bytes)))
  const closed = next('close')
  explorer.searched({})
  explorer.portClosed({reason: await closed})
  await explorer.ping({n: 1})         // the window lives on
  console.log(`explored ${texts.length} text${texts.length === 1 ? '' : 's'}`)
  explorer.finished({})
}
