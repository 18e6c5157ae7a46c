// The preload of the pages' tests, as a script.
const {contextBridge, ipcRenderer} = require('mullion')

Array.prototype.mine = 'the preload\'s'
globalThis.hidden = 'only here'

let kept
contextBridge.exposeInMainWorld('api', {
  version: 7,
  list: [1, {two: 2}],
  add: (a, b) => a + b,
  later: value => new Promise(resolve => setTimeout(() => resolve(value), 1)),
  fails: () => { throw new TypeError('on purpose') },
  rejects: async () => { throw new Error('later on purpose') },
  keep: callback => { kept = callback },
  callKept: (...args) => kept(...args),
  isKept: callback => callback === kept,
  sees: name => typeof globalThis[name],
  invoke: (channel, ...args) => ipcRenderer.invoke(channel, ...args),
  send: (channel, ...args) => ipcRenderer.send(channel, ...args),
  sendSync: (channel, ...args) => ipcRenderer.sendSync(channel, ...args),
  onMessage: callback => { ipcRenderer.on('to-page', (event, ...args) => callback(...args)) },
  openChannel: () => {
    const {port1, port2} = new MessageChannel()
    port1.onmessage = ({data}) => ipcRenderer.send('heard', data)
    ipcRenderer.postMessage('channel', 'here', [port2])
  },
})

ipcRenderer.on('port', event => window.postMessage('port', '*', event.ports))
