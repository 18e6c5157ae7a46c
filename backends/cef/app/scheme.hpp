// The scheme app:, which every one of Chromium's processes is to know alike.
#pragma once

#include "include/cef_scheme.h"

namespace mullion::cef {

inline constexpr const char* app_scheme = "app";

inline void register_app_scheme(CefRawPtr<CefSchemeRegistrar> registrar) {
  registrar->AddCustomScheme(app_scheme, CEF_SCHEME_OPTION_STANDARD | CEF_SCHEME_OPTION_SECURE |
                                             CEF_SCHEME_OPTION_CORS_ENABLED | CEF_SCHEME_OPTION_FETCH_ENABLED);
}

}  // namespace mullion::cef
