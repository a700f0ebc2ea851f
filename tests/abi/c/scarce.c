/* No memory for the library's thread. Not under AddressSanitizer, whose shadow needs the address space. */
#include "host.h"

#include <sys/resource.h>

CASE(no_thread_can_be_made)
{
    long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    CHECK(statm && fscanf(statm, "%ld", &pages) == 1);
    fclose(statm);
    struct rlimit limit;
    CHECK_EQUAL(getrlimit(RLIMIT_AS, &limit), 0);
    limit.rlim_cur = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + (4 << 20);
    CHECK_EQUAL(setrlimit(RLIMIT_AS, &limit), 0);
    expect_code(probe("echo:x"), 500);
    expect_code(probe("echo:y"), 500);
    CHECK_EQUAL(perry_container_shutdown(-1), 0);
    expect_nothing_left();
}
