// The main process: App, BrowserWindow, WebContents, IpcMain, UtilityProcess.
#pragma once

#include "mullion/common.hpp"
#include "mullion/process/app.hpp"
