#include "cef/browser/inspector.hpp"

namespace mullion::cef {

void Inspector::open(CefRefPtr<CefBrowser> of) {
  of->GetHost()->ShowDevTools(CefWindowInfo(), this, CefBrowserSettings(), CefPoint());
}

void Inspector::close(CefRefPtr<CefBrowser> of) { of->GetHost()->CloseDevTools(); }

void Inspector::OnAfterCreated(CefRefPtr<CefBrowser>) {
  ++*browsers_;
  if (changed_) changed_(true);
}

void Inspector::OnBeforeClose(CefRefPtr<CefBrowser>) {
  --*browsers_;
  if (changed_) changed_(false);
}

}  // namespace mullion::cef
