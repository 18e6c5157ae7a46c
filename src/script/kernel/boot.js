// The kernel's value: see kernel.js.

const entries = {
  __proto__: null,
  runTask: guarded(runTask),
  portMessage: guarded(portMessage),
  portClosed: guarded(portClosed),
  ipcMessage: guarded(ipcMessage),
  invokeReply: guarded(invokeReply),
  windowMessage: guarded(windowMessage),
  bridgeSettle: guarded(bridgeSettle),
  bridgeRelease: guarded(bridgeRelease),
  bridgePart: guarded(bridgePart),
  bridgeMeet: guarded(bridgeMeet),
  execute: guarded(execute),
  release: guarded(release),
  // these answer; what they throw is an answer too
  bridgeExpose, bridgeCall, bridgeExecute, runPreload,
}

return (name, value) => {
  if (name !== 'boot') {
    native[name] = value
    return
  }
  ownWorld = value
  const names = ownKeys(entries)
  for (let i = 0; i < names.length; i++) native.keep(names[i], entries[names[i]])
}
