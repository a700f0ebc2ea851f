/* How much is alive: for tests, and for hosts that look for what they forgot. */
#include "base/backend_state.h"
#include "runtime/promise.h"
#include "runtime/requests.h"

int64_t perry_container_live(int what)
{
    switch (what) {
    case PERRY_CONTAINER_LIVE_REQUESTS:
        return perry_requests_alive();
    case PERRY_CONTAINER_LIVE_PROMISES:
        return perry_promises_alive();
    case PERRY_CONTAINER_LIVE_HANDLES:
        return perry_handles_alive();
    default:
        return PERRY_CONTAINER_E_NULL;
    }
}
