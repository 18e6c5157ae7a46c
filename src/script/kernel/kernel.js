// Mullion's kernel: what every world of every page has, whatever engine runs it. kernel.hpp says what it is for and
// documents each call; this is the same interface as script sees it.
//
// The value of this script is a function. Native code calls it with (name, f) for each native, then with
// ('boot', world id); the kernel then hands over its entries by native.keep(name, f), and nothing of it can be reached
// in any other way. Worlds other than 0 have ipcRenderer, contextBridge and require.
//
// Only numbers, strings, booleans and Uint8Arrays cross, and with bridgeMeet the other kernel's entries. `message` is a whole message of the clone format, `args` one
// whose value is an array, `outcome` a message and one byte more: 0 for a result, 1 for an error. `...ids` are ports.
// The bytes that an entry is given are lent: they are gone when it returns.
//
// natives: keep(name, f), utf8(string): bytes, text(bytes): string, later(), report(name, message, url, line, column,
//   stack), createChannel(): id, portPost(id, message, ...ids), portStart(id), portStop(id), portClose(id),
//   ipcSend(channel, args), ipcPostMessage(channel, args, ...ids), ipcSendSync(channel, args): message,
//   ipcInvoke(request, channel, args), windowPost(message, origin, ...ids), bridgeCall(id, args): outcome,
//   bridgeRelease(id, count), bridgeExecute(world, source, args): outcome, executed(request, ok, message)
// entries: runTask(), portMessage(id, message, ...ids), portClosed(id, reason), ipcMessage(channel, args, ...ids),
//   invokeReply(request, ok, message), windowMessage(message, origin, ...ids),
//   bridgeExpose(world, key, message): outcome, bridgeCall(world, id, args): outcome,
//   bridgeSettle(world, id, ok, message), bridgeRelease(world, id, count), bridgePart(world),
//   bridgeMeet(world, its bridgeExpose, bridgeCall, bridgeSettle, bridgeRelease, bridgePart), release(),
//   and three for Context::evaluate_into: bridgeExecute(ok, value, world, args): outcome, execute(ok, value, request),
//   runPreload(ok, value)

const native = {__proto__: null}
