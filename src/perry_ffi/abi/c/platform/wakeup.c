#include "platform/wakeup.h"

#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int perry_wakeup_new(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void perry_wakeup_ring(int fd)
{
    uint64_t one = 1;
    if (fd >= 0 && write(fd, &one, sizeof one) < 0) {
        /* The counter is full: it is readable already. */
    }
}

void perry_wakeup_clear(int fd)
{
    uint64_t count;
    if (read(fd, &count, sizeof count) < 0) {
        /* Nothing was there to clear, or another thread took it. */
    }
}
