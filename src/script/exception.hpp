// What every engine's context answers when script throws.
#pragma once

#include "mullion/script/engine.hpp"

namespace mullion::script {

// Error{kind, code, message} of what was thrown, as Context says.
Error to_error(const Exception& exception);
// What a function answers whose context is gone.
Error released();
// What a context answers for a function of another one.
Error foreign();

}  // namespace mullion::script
