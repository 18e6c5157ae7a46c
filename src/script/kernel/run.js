// Scripts that native code asks for, and the end of the world.

// The sink of a script whose result main wants; promises are followed.
function execute(ok, value, request) {
  const done = settledOk => guarded(result => sendExecuted(request, settledOk, result))
  try {
    if (!ok || !isObject(value) || !inherits(value, PromisePrototype)) return sendExecuted(request, ok, value)
    promiseThen(value, done(true), done(false))
  } catch (error) {
    sendExecuted(request, false, error)
  }
}

function sendExecuted(request, ok, value) {
  let bytes
  try {
    bytes = encodeCall(value, 'result')
  } catch (error) {
    ok = false
    bytes = encodeCall(plainError(error), 'error')
  }
  native.executed(request, ok, bytes)
}

// The sink of a preload: a function of what a preload script sees, or what its source threw.
function runPreload(ok, preload) {
  if (!ok) throw preload
  const module = {exports: {}}
  apply(preload, undefined, [require, module, module.exports])
}

function release() {
  nativeEnds.forEach(end => {
    leavePort(end)
    end.closed = true
    native.portClose(end.id)
  })
  nativeEnds.clear()
  listeners.clear()
  invocations.clear()
  exported.clear()
  imported.clear()
  awaited.clear()
  peers.forEach(peer => peer.part(ownWorld))
  peers.clear()
  firstTask = lastTask = undefined
  const gone = () => { throw releasedError() }
  const names = ownKeys(native)
  for (let i = 0; i < names.length; i++) native[names[i]] = gone
  native.report = native.later = native.portClose = native.portStart = native.portStop = native.bridgeRelease = () => {}
}
