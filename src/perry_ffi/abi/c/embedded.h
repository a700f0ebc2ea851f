/* What Python calls through cffi, and the number of each thing it is told. */
#include "base/backend_state.h"
#include "base/thread_state.h"
#include "python/interpreter.h"
#include "signals/interrupts.h"
#include "signals/signals.h"
#include "thread/serving.h"
