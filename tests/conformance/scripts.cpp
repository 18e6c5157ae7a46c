#include "scripts.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace mullion::conformance {

namespace {

constexpr std::string_view preload = R"js(// The preload of the pages' tests, as a script.
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
  giveChannel: () => {
    const {port1, port2} = new MessageChannel()
    port1.onmessage = ({data}) => port1.postMessage('and back: ' + data)
    port1.postMessage('early')
    window.postMessage('port', '*', [port2])
  },
})

ipcRenderer.on('port', event => window.postMessage('port', '*', event.ports))
)js";

constexpr std::string_view broken = R"js(throw new RangeError('preload broke')
)js";

}  // namespace

Scripts::Scripts() : folder_(std::filesystem::temp_directory_path() / "mullion-conformance-XXXXXX") {
  if (!mkdtemp(folder_.data())) folder_.clear();
  std::ofstream(path("preload.js")) << preload;
  std::ofstream(path("broken.js")) << broken;
}

Scripts::~Scripts() {
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

}  // namespace mullion::conformance
