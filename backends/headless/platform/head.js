// The web platform that a bare JavaScriptCore context lacks. See intrinsics.js.
(function () {
'use strict'
const given = arguments
