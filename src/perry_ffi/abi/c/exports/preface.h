/* libperry_container: a container and Compose engine that a program can link to.
 *
 * The js_* operations take their arguments as PerryStringHeader pointers (UTF-8 text or JSON) and
 * int64_t (handles and flags), and return a promise. A call copies its arguments, queues the request
 * and returns: it never waits for an engine or for Python, on any thread.
 *
 * Rules for every function, unless its own comment says otherwise:
 * - Threads: may be called from any thread, also from a promise's callback.
 * - Null: a null PerryStringHeader pointer reads as "absent". In a json parameter "", "null" and
 *   "undefined" read the same. An absent parameter that is required rejects with 400.
 * - Ownership: arguments stay the caller's, who may move or free them as soon as the call returned.
 *   A promise is the caller's: give it back with perry_container_promise_free.
 * - Errors: nothing that is passed crashes the library; every failure is a rejected promise whose JSON is
 *   {"code","kind","message", details...}. Codes: 400 ValidationError, 403 VerificationFailed, 404 NotFound,
 *   409 Conflict, 422 DependencyCycle, 499 Cancelled, 500 BackendError, ServiceStartupFailed or InternalError,
 *   501 Unsupported, 503 NoBackendFound, BackendNotAvailable or RegistryNotAvailable, 504 Timeout.
 * - Guest: nothing is printed; no signal handler is changed and the process is never ended, unless the host asks for it
 *   with js_container_module_init; perry_container_main, a program for a person, prints, and hears signals while it runs.
 */
#ifndef PERRY_CONTAINER_H
#define PERRY_CONTAINER_H

#include <stddef.h>
#include <stdint.h>

#if defined(PERRY_CONTAINER_BUILD)
#define PERRY_CONTAINER_API __attribute__((visibility("default")))
#else
#define PERRY_CONTAINER_API
#endif

/* The version of the operations and types declared here; it changes when one of them does. */
#define PERRY_CONTAINER_ABI_VERSION 1

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Strings --------------------------------------------------------------------------------- */

/* A string as the Perry runtime lays it out: this header, and byte_len bytes of UTF-8 right behind it.
 * Of an argument only byte_len and capacity are read: a byte_len above a capacity that is not 0 is refused,
 * and so is one above PERRY_CONTAINER_STRING_MAX. */
typedef struct PerryStringHeader {
    uint32_t utf16_len; /* length in UTF-16 code units */
    uint32_t byte_len;  /* length in bytes */
    uint32_t capacity;  /* bytes that are allocated behind the header, 0 if unknown */
    uint32_t refcount;
    uint32_t flags;
} PerryStringHeader;

/* The longest argument in bytes (64 MiB); a longer one rejects with 400. */
#define PERRY_CONTAINER_STRING_MAX 67108864

/* Makes a string to pass as an argument. bytes: length bytes of UTF-8, or null for an empty string.
 * Result: the caller's, freed with perry_container_string_free; null if length is above
 * PERRY_CONTAINER_STRING_MAX or memory is short. */
PERRY_CONTAINER_API PerryStringHeader *perry_container_string_new(const char *bytes, size_t length);

/* The text of a string: byte_len bytes, not terminated. Result: lives as long as the string; null for null. */
PERRY_CONTAINER_API const char *perry_container_string_bytes(const PerryStringHeader *string);

/* Frees a string that this library made. Null and the library's static strings are left alone.
 * Never for a string of the Perry runtime, whose collector owns it. */
PERRY_CONTAINER_API void perry_container_string_free(const PerryStringHeader *string);

/* ---- Promises (plain hosts) ------------------------------------------------------------------ */

/* A result that comes later. It settles exactly once: with a value, or with an error. */
typedef struct PerryPromise PerryPromise;

#define PERRY_CONTAINER_PENDING 0
#define PERRY_CONTAINER_FULFILLED 1
#define PERRY_CONTAINER_REJECTED 2

/* What a function of the promises and of the library's life answers where it refuses. */
#define PERRY_CONTAINER_E_NULL (-1)   /* a pointer that is needed is null */
#define PERRY_CONTAINER_E_THREAD (-2) /* waiting here would never end: this is the library's own thread */
#define PERRY_CONTAINER_E_FORKED (-3) /* the process is a fork of the one that started the library */
#define PERRY_CONTAINER_E_LATE (-4)   /* too late: the library has started, or the promise has settled */
#define PERRY_CONTAINER_E_VERSION (-5) /* the struct is of a version that this library does not know */
#define PERRY_CONTAINER_E_MEMORY (-6) /* memory or file descriptors are short */

/* Called when a promise settles, once for each registration. promise: borrowed; read its value with the
 * functions below. user_data: as registered. */
typedef void (*perry_container_callback)(PerryPromise *promise, void *user_data);

/* Registers callbacks for a promise, either of which may be null. They run on the library's thread, or, if the
 * host pumps, inside perry_container_pump. On the library's thread a callback must be brief: operations wait
 * for it. A promise that has settled already calls back as well, also then not from inside this function;
 * only after perry_container_shutdown and in a forked child, where no library thread is left, the callback
 * runs before this function returns. The promise may be freed right after this call: the registration
 * keeps it alive. Result: 0, or PERRY_CONTAINER_E_NULL, _E_FORKED (pending in a forked child), _E_MEMORY. */
PERRY_CONTAINER_API int perry_container_promise_then(PerryPromise *promise, perry_container_callback on_fulfilled,
                                                     perry_container_callback on_rejected, void *user_data);

/* Waits until the promise has settled. timeout_ms: milliseconds; 0 only looks; below 0 waits without a bound.
 * Result: its state, PERRY_CONTAINER_PENDING after the time; or PERRY_CONTAINER_E_NULL, _E_THREAD, _E_FORKED. */
PERRY_CONTAINER_API int perry_container_promise_wait(PerryPromise *promise, int64_t timeout_ms);

/* The state: one of the three above, or PERRY_CONTAINER_E_NULL. Never waits. */
PERRY_CONTAINER_API int perry_container_promise_state(const PerryPromise *promise);

/* The JSON of what it settled with, terminated by NUL: the value ("null" for void, the number for a handle), or
 * the error object. length: receives the bytes without the NUL; may be null.
 * Result: lives as long as the promise; null while it is pending and for null. */
PERRY_CONTAINER_API const char *perry_container_promise_json(const PerryPromise *promise, size_t *length);

/* The handle it was fulfilled with; 0 if it is pending, was rejected, or settles with something else. */
PERRY_CONTAINER_API int64_t perry_container_promise_handle(const PerryPromise *promise);

/* Asks for a pending request to be cancelled. The promise still settles: with 499 Cancelled, or with its result
 * if that came first. What the request had begun is put back where the operation says so.
 * Result: 0, or PERRY_CONTAINER_E_NULL, _E_LATE (settled already), _E_FORKED, _E_MEMORY. */
PERRY_CONTAINER_API int perry_container_promise_cancel(PerryPromise *promise);

/* Gives the promise back. A pending request goes on; callbacks that were registered still run. Null is allowed. */
PERRY_CONTAINER_API void perry_container_promise_free(PerryPromise *promise);

/* ---- Callbacks on the host's own thread ------------------------------------------------------ */

/* Switches callbacks from the library's thread to perry_container_pump, for good, and gives a file descriptor that
 * is readable while callbacks wait (for poll, select or epoll; not to be read or closed by the host).
 * Result: the descriptor, or PERRY_CONTAINER_E_MEMORY, _E_FORKED. */
PERRY_CONTAINER_API int perry_container_pump_fd(void);

/* Runs the callbacks that wait, on the calling thread. timeout_ms: how long to wait for the first one, 0: not at all,
 * below 0: without a bound. Switches callbacks to pumping as perry_container_pump_fd does.
 * Result: how many ran, or PERRY_CONTAINER_E_THREAD, _E_MEMORY, _E_FORKED. */
PERRY_CONTAINER_API int perry_container_pump(int timeout_ms);

/* ---- The library's life ---------------------------------------------------------------------- */

#define PERRY_CONTAINER_STILL_ENDING 1

/* The version of the library, "major.minor.patch". Static. */
PERRY_CONTAINER_API const char *perry_container_version(void);

/* PERRY_CONTAINER_ABI_VERSION of the library that was loaded. */
PERRY_CONTAINER_API int perry_container_abi_version(void);

/* What the library is made of. name:
 *   "form"      "static" where Python and all packages lie in this file, "disk" where they are files beside it
 *   "python"    the version of Python that it was built with, "major.minor.patch"
 *   "parts"     of the static form, all that is linked: JSON, [{name, version, licence}], licences as SPDX writes them
 *   "licences"  of the static form, which licence is for what, and their texts
 *   "sbom"      of the static form, its bill of materials: CycloneDX as JSON, with the hashes of all that was fetched
 * Starts nothing. Result: text, static; null for other names, and for the last three in the form on disk, where
 * site/licenses has the licences. */
PERRY_CONTAINER_API const char *perry_container_config(const char *name);

/* Ends the library in good order: requests in flight are cancelled and reject with 499, streams and connections are
 * closed, the thread ends. Containers go on. There is no way back in this process: later calls reject with 499.
 * It is not required before exit; where the host is a Python program, its end does it and waits up to 2 s.
 * timeout_ms: how long to wait, below 0: without a bound.
 * Result: 0; PERRY_CONTAINER_STILL_ENDING after the time (it goes on by itself); PERRY_CONTAINER_E_THREAD, _E_FORKED. */
PERRY_CONTAINER_API int perry_container_shutdown(int64_t timeout_ms);

/* Runs perry-compose, the program for a shell, with a program's arguments, and returns when it has ended. argv[0] is its name and
 * not read. It reads standard input, and writes standard output and error, by their descriptors: buffers of the host's own are
 * to be written out before. Variables are those that the process had when the library started. One runs at a time, a second
 * call waits for the first. On any thread but the library's own; other operations go on meanwhile.
 * It never ends the process. SIGINT, SIGTERM and SIGHUP it handles only while an engine works for it, and puts back then what was there:
 * the first stops in good order, a second in haste, and after a third it returns while the rest ends behind it. One that is
 * ignored stays so.
 * Result: the exit status of perry-compose, 0 or more (1 where the library cannot start, told on standard error); or
 * PERRY_CONTAINER_E_NULL, _E_THREAD, _E_FORKED, _E_LATE (after the shutdown), _E_MEMORY. */
PERRY_CONTAINER_API int perry_container_main(int argc, char *const *argv);

/* What perry_container_live counts. */
#define PERRY_CONTAINER_LIVE_REQUESTS 0 /* requests that have not settled */
#define PERRY_CONTAINER_LIVE_PROMISES 1 /* promises that have not been freed, by the host or by the library */
#define PERRY_CONTAINER_LIVE_HANDLES 2  /* handles that are open: stacks, graphs, streams */

/* How many of what are alive, for tests of leaks; below 0 for an unknown what. */
PERRY_CONTAINER_API int64_t perry_container_live(int what);

/* ---- Other hosts ----------------------------------------------------------------------------- */

#define PERRY_CONTAINER_HOST_VERSION 1

#define PERRY_CONTAINER_VOID 0   /* settles with nothing */
#define PERRY_CONTAINER_HANDLE 1 /* settles with a handle */
#define PERRY_CONTAINER_JSON 2   /* settles with JSON text */

/* The functions of a host that has promises and strings of its own. */
typedef struct PerryContainerHost {
    uint32_t version; /* PERRY_CONTAINER_HOST_VERSION */
    uint32_t size;    /* sizeof(PerryContainerHost) */
    void *context;    /* handed to every function */

    /* Makes a pending promise for a request, on the thread of the call, after the arguments were copied.
     * request: its number, positive, never used twice. Result: what the js_* function returns; must not be null
     * (a null is returned to the caller and the request is not made). Required. */
    void *(*promise_new)(void *context, int64_t request);

    /* Settles it, exactly once, on the library's thread (on the calling thread where the library cannot take the
     * request). state: PERRY_CONTAINER_FULFILLED or _REJECTED; type: PERRY_CONTAINER_VOID, _HANDLE or _JSON; handle:
     * for _HANDLE; json: length bytes of text, terminated by NUL, valid during the call; for a rejection the error
     * object. Must not wait for the library. Required. */
    void (*settle)(void *context, int64_t request, void *promise, int state, int type, int64_t handle, const char *json,
                   size_t length);

    /* Makes a string that the host owns, for results at once. May be null: the library makes them itself. */
    const PerryStringHeader *(*string_new)(void *context, const char *bytes, size_t length);
} PerryContainerHost;

/* Hands over the functions of the host: copied, before the first operation of the process.
 * Result: 0, or PERRY_CONTAINER_E_NULL, _E_VERSION, _E_LATE. */
PERRY_CONTAINER_API int perry_container_set_host(const PerryContainerHost *host);

/* Cancels a request of such a host by its number, as perry_container_promise_cancel does.
 * Result: 0 (also if it has settled), or PERRY_CONTAINER_E_FORKED, _E_LATE (not running), _E_MEMORY. */
PERRY_CONTAINER_API int perry_container_cancel(int64_t request);

/* ---- The dispatch tables --------------------------------------------------------------------- */

#define PERRY_CONTAINER_ARG_STR 0 /* const PerryStringHeader * */
#define PERRY_CONTAINER_ARG_I64 1 /* int64_t */

#define PERRY_CONTAINER_RETURNS_PROMISE 0
#define PERRY_CONTAINER_RETURNS_STRING 1
#define PERRY_CONTAINER_RETURNS_VOID 2

/* One row: the method as TypeScript calls it, the symbol that does it, its arguments and its result. */
typedef struct PerryContainerRow {
    const char *method;
    const char *runtime;
    uint8_t argc;
    uint8_t args[4]; /* PERRY_CONTAINER_ARG_* */
    uint8_t returns; /* PERRY_CONTAINER_RETURNS_* */
    uint8_t settles; /* PERRY_CONTAINER_VOID, _HANDLE or _JSON */
} PerryContainerRow;
