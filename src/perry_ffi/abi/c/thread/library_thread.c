#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "base/host_table.h"
#include "base/json_text.h"
#include "base/thread_state.h"
#include "platform/timed_wait.h"
#include "python/host_python.h"
#include "python/interpreter.h"
#include "runtime/requests.h"
#include "signals/signals.h"
#include "thread/library_thread.h"

/* Deep JSON and pydantic's validators recurse in C. Address space only: pages come with use. */
#define THREAD_STACK_BYTES (16u << 20)

static pthread_mutex_t end_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t end_changed;
static bool ended;
static bool end_asked;

static const char no_thread[] =
    "{\"code\":500,\"kind\":\"InternalError\",\"message\":\"the library's thread could not be started\"}";

/* ---- The thread ------------------------------------------------------------------------------ */

/* An engine that goes away while it is written to must not end the host: the error comes as EPIPE. */
static void block_sigpipe(void)
{
    sigset_t pipe_only;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_only, NULL);
}

/* Serves without Python: every request is rejected with the error, until the shutdown. */
static void serve_rejections(const char *error)
{
    struct pollfd ready = {.fd = perry_wake_fd(), .events = POLLIN};
    for (;;) {
        perry_reject_all(error);
        if (perry_shutdown_seen())
            return;
        if (perry_signal_caught())
            perry_signal_exit(perry_signal_caught());
        if (poll(&ready, 1, ready.fd < 0 ? 50 : -1) < 0 && errno != EINTR)
            return;
        perry_wake_clear();
    }
}

/* The phase is PERRY_STOPPED: lets those go who wait for the end. */
static void announce_end(void)
{
    pthread_mutex_lock(&end_lock);
    ended = true;
    pthread_cond_broadcast(&end_changed);
    pthread_mutex_unlock(&end_lock);
}

static void *thread_main(void *unused)
{
    (void)unused;
    bool entered = perry_thread_enter();
    int reason = errno;
    pthread_setname_np(pthread_self(), "perry-container");
    block_sigpipe();
    char *error = entered ? perry_python_start()
                          : perry_error_new(503, "BackendNotAvailable",
                                            "the library cannot start: no file descriptor is left", strerror(reason));
    if (!error)
        error = perry_python_serve();
    if (error) {
        serve_rejections(error);
        perry_error_free(error);
    }
    perry_thread_advance(PERRY_RUNNING, PERRY_STOPPED);
    if (perry_signal_caught()) /* it came during the shutdown, which has answered it no more */
        perry_signal_exit(perry_signal_caught());
    perry_reject_all(perry_thread_rejection_reason());
    announce_end();
    return NULL;
}

/* ---- Start ----------------------------------------------------------------------------------- */

static void after_fork_in_child(void)
{
    if (perry_thread_phase() == PERRY_RUNNING)
        perry_thread_mark_forked();
}

__attribute__((constructor)) static void prepare_end(void) { perry_timed_condition_init(&end_changed); }

static bool spawn_thread(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_atfork(NULL, NULL, after_fork_in_child);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    int failed = pthread_create(&thread, &attributes, thread_main, NULL);
    pthread_attr_destroy(&attributes);
    return !failed;
}

bool perry_thread_start(void)
{
    if (perry_thread_phase() != PERRY_IDLE || !perry_thread_advance(PERRY_IDLE, PERRY_RUNNING))
        return true;
    perry_host_seal();
    perry_host_python_prepare();
    if (spawn_thread())
        return true;
    perry_thread_set_rejection_reason(no_thread);
    perry_thread_advance(PERRY_RUNNING, PERRY_STOPPED);
    perry_reject_queued(no_thread);
    announce_end();
    return false;
}

/* ---- End ------------------------------------------------------------------------------------- */

/* With end_lock held. */
static bool wait_for_end(int64_t timeout_ms)
{
    perry_deadline deadline = perry_deadline_in(timeout_ms);
    bool time_left = true;
    while (!ended && time_left)
        time_left = perry_timed_wait(&end_changed, &end_lock, &deadline);
    return ended;
}

int perry_container_shutdown(int64_t timeout_ms)
{
    if (perry_thread_forked())
        return PERRY_CONTAINER_E_FORKED;
    if (perry_thread_is_current())
        return PERRY_CONTAINER_E_THREAD;
    if (perry_thread_advance(PERRY_IDLE, PERRY_STOPPED)) {
        perry_host_seal();
        announce_end();
        return 0;
    }
    pthread_mutex_lock(&end_lock);
    bool ask = !end_asked && !ended;
    end_asked = true;
    pthread_mutex_unlock(&end_lock);
    if (ask && !perry_request_shutdown())
        return PERRY_CONTAINER_E_MEMORY;
    pthread_mutex_lock(&end_lock);
    bool over = wait_for_end(timeout_ms);
    pthread_mutex_unlock(&end_lock);
    return over ? 0 : PERRY_CONTAINER_STILL_ENDING;
}
