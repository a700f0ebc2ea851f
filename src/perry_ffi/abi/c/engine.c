/* The library's own thread: started by the first call, it owns Python, and stays when Python fails. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

/* Deep JSON and pydantic's validators recurse in C. Address space only: pages come with use. */
#define THREAD_STACK_BYTES (16u << 20)

static atomic_int phase = PERRY_IDLE;
static atomic_bool forked;
static atomic_int wake_fd = -1;
static _Thread_local bool is_library_thread;

static pthread_mutex_t end_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t end_changed;
static bool ended;
static bool end_asked;

/* ---- State ----------------------------------------------------------------------------------- */

perry_phase perry_engine_phase(void) { return (perry_phase)atomic_load(&phase); }

bool perry_engine_forked(void) { return atomic_load(&forked); }

bool perry_engine_on_thread(void) { return is_library_thread && !atomic_load(&forked); }

static const char shut_down[] = "{\"code\":499,\"kind\":\"Cancelled\",\"message\":\"the library was shut down\"}";
static const char no_thread[] =
    "{\"code\":500,\"kind\":\"InternalError\",\"message\":\"the library's thread could not be started\"}";
static _Atomic(const char *) epitaph = shut_down;

const char *perry_engine_epitaph(void) { return atomic_load(&epitaph); }

int perry_wake_fd(void) { return atomic_load(&wake_fd); }

void perry_engine_wake(void)
{
    uint64_t one = 1;
    int fd = atomic_load(&wake_fd);
    if (fd >= 0 && write(fd, &one, sizeof one) < 0) {
        /* The counter is full: the thread is awake already. */
    }
}

void perry_wake_clear(void)
{
    uint64_t count;
    if (read(atomic_load(&wake_fd), &count, sizeof count) < 0) {
        /* Nothing was there to clear. */
    }
}

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
    struct pollfd ready = {.fd = atomic_load(&wake_fd), .events = POLLIN};
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
    is_library_thread = true;
    pthread_setname_np(pthread_self(), "perry-container");
    block_sigpipe();
    atomic_store(&wake_fd, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    char *error = atomic_load(&wake_fd) < 0
                      ? perry_error_new(503, "BackendNotAvailable", "the library cannot start: no file descriptor is left",
                                        strerror(errno))
                      : perry_python_start();
    if (!error)
        error = perry_python_serve();
    if (error) {
        serve_rejections(error);
        perry_error_free(error);
    }
    atomic_store(&phase, PERRY_STOPPED);
    if (perry_signal_caught()) /* it came during the shutdown, which has answered it no more */
        perry_signal_exit(perry_signal_caught());
    perry_reject_all(perry_engine_epitaph());
    announce_end();
    return NULL;
}

/* ---- Start ----------------------------------------------------------------------------------- */

static void after_fork_in_child(void)
{
    if (atomic_load(&phase) == PERRY_RUNNING)
        atomic_store(&forked, true);
}

__attribute__((constructor)) static void prepare_end(void)
{
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&end_changed, &clock);
    pthread_condattr_destroy(&clock);
}

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

bool perry_engine_start(void)
{
    int idle = PERRY_IDLE;
    if (atomic_load(&phase) != PERRY_IDLE || !atomic_compare_exchange_strong(&phase, &idle, PERRY_RUNNING))
        return true;
    perry_host_seal();
    perry_python_greet();
    if (spawn_thread())
        return true;
    atomic_store(&epitaph, no_thread);
    atomic_store(&phase, PERRY_STOPPED);
    perry_reject_queued(no_thread);
    announce_end();
    return false;
}

/* ---- End ------------------------------------------------------------------------------------- */

static bool wait_for_end(int64_t timeout_ms)
{
    bool bounded = timeout_ms >= 0 && timeout_ms < INT64_C(3155760000000);
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += (time_t)(bounded ? timeout_ms / 1000 : 0);
    end.tv_nsec += (long)(bounded ? timeout_ms % 1000 : 0) * 1000000;
    if (end.tv_nsec >= 1000000000) {
        end.tv_sec++;
        end.tv_nsec -= 1000000000;
    }
    int timed_out = 0;
    while (!ended && !timed_out)
        timed_out = bounded ? pthread_cond_timedwait(&end_changed, &end_lock, &end) == ETIMEDOUT
                            : (pthread_cond_wait(&end_changed, &end_lock), 0);
    return ended;
}

int perry_container_shutdown(int64_t timeout_ms)
{
    if (perry_engine_forked())
        return PERRY_CONTAINER_E_FORKED;
    if (perry_engine_on_thread())
        return PERRY_CONTAINER_E_THREAD;
    int idle = PERRY_IDLE;
    if (atomic_compare_exchange_strong(&phase, &idle, PERRY_STOPPED)) {
        perry_host_seal();
        announce_end();
        return 0;
    }
    pthread_mutex_lock(&end_lock);
    bool ask = !end_asked && !ended;
    end_asked = true;
    pthread_mutex_unlock(&end_lock);
    if (ask && !perry_push_shutdown())
        return PERRY_CONTAINER_E_MEMORY;
    pthread_mutex_lock(&end_lock);
    bool over = wait_for_end(timeout_ms);
    pthread_mutex_unlock(&end_lock);
    return over ? 0 : PERRY_CONTAINER_STILL_ENDING;
}

/* ---- The library's versions and its host ----------------------------------------------------- */

static PerryContainerHost given_host;
static _Atomic(const PerryContainerHost *) host = &perry_plain_host;
static atomic_bool host_sealed;

const PerryContainerHost *perry_host(void) { return atomic_load(&host); }

void perry_host_seal(void) { atomic_store(&host_sealed, true); }

int perry_container_set_host(const PerryContainerHost *offered)
{
    if (!offered)
        return PERRY_CONTAINER_E_NULL;
    /* First the version: a struct of another one may be shorter than ours. */
    if (offered->version != PERRY_CONTAINER_HOST_VERSION || offered->size != sizeof given_host)
        return PERRY_CONTAINER_E_VERSION;
    if (!offered->promise_new || !offered->settle)
        return PERRY_CONTAINER_E_NULL;
    if (atomic_exchange(&host_sealed, true))
        return PERRY_CONTAINER_E_LATE;
    given_host = *offered;
    atomic_store(&host, &given_host);
    return 0;
}

const char *perry_container_version(void) { return PERRY_CONTAINER_VERSION; }

int perry_container_abi_version(void) { return PERRY_CONTAINER_ABI_VERSION; }
