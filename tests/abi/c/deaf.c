#include "host.h"

/* An operation that does not end when it is cancelled is given up after a bound. */
CASE(shutdown_against_a_deaf_operation)
{
    PerryPromise *promise = probe("deaf");
    expect_json(probe("sleep:0.02"), "null");
    CHECK_EQUAL(perry_container_shutdown(LONG_MS), 0);
    expect_code(promise, 499);
    expect_nothing_left();
}
