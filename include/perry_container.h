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

/* ---- perry/container --------------------------------------------------------------------------- */

/* Starts the library early, so that the first operation finds it warm, and lets it clean up: on SIGINT or SIGTERM
 *   the stacks and graphs that this process brought up are taken down, and the process ends with 128 + the signal's
 *   number; a second signal ends it at once. A signal whose disposition is not the default one is left alone, and
 *   so are both where PERRY_NO_DEFAULT_SIGINT_CLEANUP is set. To be called before any other operation.
 * Result: none. */
PERRY_CONTAINER_API void js_container_module_init(void);

/* Creates a container and starts it. The image is pulled first by the spec's pull_policy. If the start fails the
 *   container that was created is removed again.
 * spec: json ContainerSpec; what to run; required.
 * Settles with JSON: ContainerHandle. */
PERRY_CONTAINER_API PerryPromise *js_container_run(const PerryStringHeader *spec);

/* Creates a container without starting it.
 * spec: json ContainerSpec; what to create; required.
 * Settles with JSON: ContainerHandle. */
PERRY_CONTAINER_API PerryPromise *js_container_create(const PerryStringHeader *spec);

/* Starts a container. One that runs already is left alone.
 * id: str; name or id of the container, at least a unique prefix of the id.
 * Settles with nothing. */
PERRY_CONTAINER_API PerryPromise *js_container_start(const PerryStringHeader *id);

/* Stops a container. One that is stopped already is left alone.
 * id: str; name or id of the container, at least a unique prefix of the id.
 * options: json StopOptions; {timeout}: seconds before it is killed; absent: the container's own.
 * Settles with nothing. */
PERRY_CONTAINER_API PerryPromise *js_container_stop(const PerryStringHeader *id, const PerryStringHeader *options);

/* Removes a container together with its anonymous volumes.
 * id: str; name or id of the container, at least a unique prefix of the id.
 * force: i64; 0 or not 0: remove it even if it runs.
 * Settles with nothing. */
PERRY_CONTAINER_API PerryPromise *js_container_remove(const PerryStringHeader *id, int64_t force);

/* Removes a container if there is one: true if it was there. Any failure but "not found" rejects.
 * id: str; name or id of the container, at least a unique prefix of the id.
 * force: i64; 0 or not 0: remove it even if it runs.
 * Settles with JSON: bool. */
PERRY_CONTAINER_API PerryPromise *js_container_removeIfExists(const PerryStringHeader *id, int64_t force);

/* Lists containers.
 * all: i64; 0 or not 0: also those that do not run.
 * Settles with JSON: ContainerInfo[]. */
PERRY_CONTAINER_API PerryPromise *js_container_list(int64_t all);

/* Describes a container; the member raw holds the engine's own document.
 * id: str; name or id of the container, at least a unique prefix of the id.
 * Settles with JSON: ContainerInfo. */
PERRY_CONTAINER_API PerryPromise *js_container_inspect(const PerryStringHeader *id);

/* Waits until the container does not run any more, and gives its exit code.
 * id: str; name or id of the container, at least a unique prefix of the id.
 * options: json WaitOptions; {timeout}: seconds; absent: without a bound.
 * Settles with JSON: WaitResult. */
PERRY_CONTAINER_API PerryPromise *js_container_wait(const PerryStringHeader *id, const PerryStringHeader *options);

/* The container's log so far, standard output and standard error apart.
 * id: str; name or id of the container, at least a unique prefix of the id.
 * options: json LogOptions; {tail,since,until,timestamps}.
 * Settles with JSON: ContainerLogs. */
PERRY_CONTAINER_API PerryPromise *js_container_logs(const PerryStringHeader *id, const PerryStringHeader *options);

/* Follows a container's log: a stream whose chunks are {stream,text}. It ends when the container ends. A reader
 *   that is slow slows the engine and loses nothing.
 * id: str; name or id of the container, at least a unique prefix of the id.
 * options: json LogOptions; {tail,since,until,timestamps}.
 * Settles with a handle of a stream (int64_t). */
PERRY_CONTAINER_API PerryPromise *js_container_followLogs(const PerryStringHeader *id, const PerryStringHeader *options);

/* Runs a command in a running container. An exit code other than 0 is a result, not an error.
 * id: str; name or id of the container, at least a unique prefix of the id.
 * command: json string[]; the command and its arguments; never given to a shell; required.
 * options: json ExecOptions; {env,workdir,user,stdin}.
 * Settles with JSON: ExecResult. */
PERRY_CONTAINER_API PerryPromise *js_container_exec(const PerryStringHeader *id, const PerryStringHeader *command, const PerryStringHeader *options);

/* One sample of what a container uses.
 * id: str; name or id of the container, at least a unique prefix of the id.
 * Settles with JSON: ContainerStats. */
PERRY_CONTAINER_API PerryPromise *js_container_stats(const PerryStringHeader *id);

/* Builds an image from a folder, honouring its .dockerignore.
 * spec: json BuildSpec; context folder, dockerfile, args, ...; required.
 * imageName: str; the reference to tag the image with; absent: not tagged.
 * Settles with JSON: BuildResult. */
PERRY_CONTAINER_API PerryPromise *js_container_build(const PerryStringHeader *spec, const PerryStringHeader *imageName);

/* Pulls an image, with the user's own credentials for its registry.
 * reference: str; image reference, as docker writes it: [registry/]repository[:tag][@digest].
 * options: json PullOptions; absent means the defaults.
 * Settles with nothing. */
PERRY_CONTAINER_API PerryPromise *js_container_pullImage(const PerryStringHeader *reference, const PerryStringHeader *options);

/* Pushes an image, with the user's own credentials for its registry.
 * reference: str; image reference, as docker writes it: [registry/]repository[:tag][@digest].
 * options: json PushOptions; absent means the defaults.
 * Settles with nothing. */
PERRY_CONTAINER_API PerryPromise *js_container_pushImage(const PerryStringHeader *reference, const PerryStringHeader *options);

/* Lists the images that the engine has.
 * Settles with JSON: ImageInfo[]. */
PERRY_CONTAINER_API PerryPromise *js_container_listImages(void);

/* Describes an image; the member raw holds the engine's own document.
 * reference: str; image reference, as docker writes it: [registry/]repository[:tag][@digest].
 * Settles with JSON: ImageDetails. */
PERRY_CONTAINER_API PerryPromise *js_container_inspectImage(const PerryStringHeader *reference);

/* Removes an image, or the tag that is named.
 * reference: str; image reference, as docker writes it: [registry/]repository[:tag][@digest].
 * force: i64; 0 or not 0: also while a stopped container uses it.
 * Settles with nothing. */
PERRY_CONTAINER_API PerryPromise *js_container_removeImage(const PerryStringHeader *reference, int64_t force);

/* Whether an image is signed as the policy and the machine's own ask; a rejection where it is not, and where nobody
 *   can tell.
 * reference: str; image reference, as docker writes it: [registry/]repository[:tag][@digest].
 * policy: json VerifyPolicy; which signatures are trusted; absent: as the machine's own policy says.
 * Settles with JSON: Verification. */
PERRY_CONTAINER_API PerryPromise *js_container_verifyImage(const PerryStringHeader *reference, const PerryStringHeader *policy);

/* Creates a network. A name that is taken is a Conflict.
 * name: str; name of the network; required.
 * options: json NetworkSpec; absent means the defaults.
 * Settles with JSON: NetworkInfo. */
PERRY_CONTAINER_API PerryPromise *js_container_createNetwork(const PerryStringHeader *name, const PerryStringHeader *options);

/* Removes a network.
 * name: str; name or id of the network; required.
 * Settles with nothing. */
PERRY_CONTAINER_API PerryPromise *js_container_removeNetwork(const PerryStringHeader *name);

/* Describes a network.
 * name: str; name or id of the network; required.
 * Settles with JSON: NetworkInfo. */
PERRY_CONTAINER_API PerryPromise *js_container_inspectNetwork(const PerryStringHeader *name);

/* Lists the networks that the engine has.
 * Settles with JSON: NetworkInfo[]. */
PERRY_CONTAINER_API PerryPromise *js_container_listNetworks(void);

/* Creates a volume. A name that is taken is a Conflict.
 * name: str; name of the volume; required.
 * options: json VolumeSpec; absent means the defaults.
 * Settles with JSON: VolumeInfo. */
PERRY_CONTAINER_API PerryPromise *js_container_createVolume(const PerryStringHeader *name, const PerryStringHeader *options);

/* Removes a volume and what is in it.
 * name: str; name of the volume; required.
 * force: i64; 0 or not 0: as the engine understands it.
 * Settles with nothing. */
PERRY_CONTAINER_API PerryPromise *js_container_removeVolume(const PerryStringHeader *name, int64_t force);

/* Describes a volume.
 * name: str; name of the volume; required.
 * Settles with JSON: VolumeInfo. */
PERRY_CONTAINER_API PerryPromise *js_container_inspectVolume(const PerryStringHeader *name);

/* Lists the volumes that the engine has.
 * Settles with JSON: VolumeInfo[]. */
PERRY_CONTAINER_API PerryPromise *js_container_listVolumes(void);

/* The active backend's name, "unknown" until one was detected or set.
 * Result: a string at once, static, never freed; in a host that makes strings, the host's own. */
PERRY_CONTAINER_API const PerryStringHeader *js_container_getBackend(void);

/* Probes the backends of the order in force and activates the first that answers; where the environment names a
 *   server, that one or none. Settles with a row for each.
 * Settles with JSON: BackendInfo[]. */
PERRY_CONTAINER_API PerryPromise *js_container_detectBackend(void);

/* Probes every known backend, activates none. A row that is not available says why and what to do.
 * Settles with JSON: BackendInfo[]. */
PERRY_CONTAINER_API PerryPromise *js_container_getAvailableBackends(void);

/* The order in which backends are tried, a JSON array of names; the engine of a server that the environment names
 *   is first.
 * Result: a string at once, the caller's, freed with perry_container_string_free; in a host that makes strings, the
 *   host's own. */
PERRY_CONTAINER_API const PerryStringHeader *js_container_getBackendPriority(void);

/* Connects to a backend by name and makes it the active one. On failure the one before stays active.
 * name: str; name of the backend; required.
 * Settles with JSON: BackendInfo. */
PERRY_CONTAINER_API PerryPromise *js_container_setBackend(const PerryStringHeader *name);

/* Connects to the first of these backends that answers and makes it the active one. The member warning names one
 *   that comes before it and was too slow.
 * names: json string[]; names of backends in the order to try; required.
 * Settles with JSON: BackendInfo. */
PERRY_CONTAINER_API PerryPromise *js_container_setBackends(const PerryStringHeader *names);

/* The first backend whose declared capabilities can honour the spec, or null. Probes nothing.
 * spec: json ContainerSpec|ComposeSpec; what is to run; required.
 * mode: str; strict-native, accept-emulated or accept-partial; absent: accept-emulated.
 * Settles with JSON: string|null. */
PERRY_CONTAINER_API PerryPromise *js_container_selectBackendFor(const PerryStringHeader *spec, const PerryStringHeader *mode);

/* What keeps each backend from work: symptoms with their evidence and the commands that mend them, and which
 *   backend would be used, and why. Changes nothing and activates none, unless an image is given: of that a
 *   container is created, started and removed.
 * options: json DoctorOptions; {directory,image}: the folder of the project in mind, the image of a container that
 *   is tried.
 * Settles with JSON: DoctorReport. */
PERRY_CONTAINER_API PerryPromise *js_container_doctor(const PerryStringHeader *options);

/* What can be done on this system, for a dialogue of the host's own: what mends a backend, what can be installed,
 *   the commands of each and what they change. Runs nothing unless it is told the id of one, and nothing that needs
 *   root.
 * options: json InstallRequest; {run,timeout}: the id of the one option that is run; absent: nothing is run.
 * Settles with JSON: InstallOptions. */
PERRY_CONTAINER_API PerryPromise *js_container_install(const PerryStringHeader *options);

/* The same as up of perry/compose.
 * spec: json ComposeSpec; the Compose model.
 * options: json UpOptions; absent means the defaults.
 * Settles with a handle of a stack (int64_t). */
PERRY_CONTAINER_API PerryPromise *js_container_composeUp(const PerryStringHeader *spec, const PerryStringHeader *options);

/* Takes down a project by its name, without a handle. Conflict where another engine has its containers and this one
 *   nothing.
 * project: str; name of the project.
 * options: json CleanupOptions; absent means the defaults.
 * Settles with JSON: CleanupReport. */
PERRY_CONTAINER_API PerryPromise *js_container_downByProject(const PerryStringHeader *project, const PerryStringHeader *options);

/* Takes down every project that this library brought up.
 * options: json CleanupOptions; absent means the defaults.
 * Settles with JSON: CleanupReport. */
PERRY_CONTAINER_API PerryPromise *js_container_downAll(const PerryStringHeader *options);

/* Runs one command in a hardened container that is gone afterwards: a verified image, no network, a read-only root,
 *   bounds of everything. An exit code other than 0, a time that is up and output that is cut are results.
 * spec: json CapabilitySpec; image, command and what it may do; required.
 * Settles with JSON: CapabilityResult. */
PERRY_CONTAINER_API PerryPromise *alloy_container_run_capability(const PerryStringHeader *spec);

/* The next records of a stream, at least one, or null at its end.
 * stream: i64; handle of a stream.
 * Settles with JSON: Chunk[]|null. */
PERRY_CONTAINER_API PerryPromise *js_container_streamNext(int64_t stream);

/* Closes a stream. The handle is gone; a streamNext that is pending settles with null.
 * stream: i64; handle of a stream.
 * Settles with nothing. */
PERRY_CONTAINER_API PerryPromise *js_container_streamClose(int64_t stream);

/* ---- perry/compose ----------------------------------------------------------------------------- */

/* Reads Compose files and settles with the resolved project, ready for up.
 * request: json LoadRequest; {files,projectDirectory,projectName,profiles,envFiles,env}; absent means the defaults.
 * Settles with JSON: ComposeProject. */
PERRY_CONTAINER_API PerryPromise *js_compose_load(const PerryStringHeader *request);

/* Brings a project up, as a transaction, and settles with the handle of its stack.
 * spec: json ComposeSpec; the Compose model.
 * options: json UpOptions; absent means the defaults.
 * Settles with a handle of a stack (int64_t). */
PERRY_CONTAINER_API PerryPromise *js_compose_up(const PerryStringHeader *spec, const PerryStringHeader *options);

/* What up would do, and why. Changes nothing.
 * spec: json ComposeSpec; the Compose model.
 * options: json UpOptions; absent means the defaults.
 * Settles with JSON: Plan. */
PERRY_CONTAINER_API PerryPromise *js_compose_plan(const PerryStringHeader *spec, const PerryStringHeader *options);

/* Takes a stack down.
 * stack: i64; handle of a stack.
 * options: json DownOptions; absent means the defaults.
 * Settles with JSON: CleanupReport. */
PERRY_CONTAINER_API PerryPromise *js_compose_down(int64_t stack, const PerryStringHeader *options);

/* The containers of a stack.
 * stack: i64; handle of a stack.
 * Settles with JSON: ServiceStatus[]. */
PERRY_CONTAINER_API PerryPromise *js_compose_ps(int64_t stack);

/* The state of a stack, service by service.
 * stack: i64; handle of a stack.
 * Settles with JSON: StackStatus. */
PERRY_CONTAINER_API PerryPromise *js_compose_status(int64_t stack);

/* The logs of a stack so far: {service,container,replica,stream,time,text}, in order of time.
 * stack: i64; handle of a stack.
 * options: json StackLogOptions; {services,tail,since,timestamps}.
 * Settles with JSON: LogRecord[]. */
PERRY_CONTAINER_API PerryPromise *js_compose_logs(int64_t stack, const PerryStringHeader *options);

/* Follows the logs of a stack: a stream.
 * stack: i64; handle of a stack.
 * options: json StackLogOptions; {services,tail,since,timestamps}.
 * Settles with a handle of a stream (int64_t). */
PERRY_CONTAINER_API PerryPromise *js_compose_followLogs(int64_t stack, const PerryStringHeader *options);

/* What happens to a stack, from now on: a stream of records {version,seq,time,kind,...}; a reader that is too slow
 *   finds a record of kind gap that says how many it missed.
 * stack: i64; handle of a stack.
 * Settles with a handle of a stream (int64_t). */
PERRY_CONTAINER_API PerryPromise *js_compose_events(int64_t stack);

/* What happens in every stack, also before it has a handle: a stream as that of events.
 * Settles with a handle of a stream (int64_t). */
PERRY_CONTAINER_API PerryPromise *js_compose_progress(void);

/* Runs a command in a service's container.
 * stack: i64; handle of a stack.
 * service: str; name of the service.
 * command: json string[]; the command.
 * options: json ExecOptions; absent means the defaults.
 * Settles with JSON: ExecResult. */
PERRY_CONTAINER_API PerryPromise *js_compose_exec(int64_t stack, const PerryStringHeader *service, const PerryStringHeader *command, const PerryStringHeader *options);

/* Runs a one-off container of a service.
 * stack: i64; handle of a stack.
 * service: str; name of the service.
 * options: json RunOptions; absent means the defaults.
 * Settles with JSON: RunResult. */
PERRY_CONTAINER_API PerryPromise *js_compose_run(int64_t stack, const PerryStringHeader *service, const PerryStringHeader *options);

/* The resolved project as YAML.
 * stack: i64; handle of a stack.
 * Settles with JSON: string. */
PERRY_CONTAINER_API PerryPromise *js_compose_config(int64_t stack);

/* The dependency graph of a stack.
 * stack: i64; handle of a stack.
 * Settles with JSON: DependencyGraph. */
PERRY_CONTAINER_API PerryPromise *js_compose_graph(int64_t stack);

/* Starts services and what they depend on, dependencies first, each when the conditions on them hold.
 * stack: i64; handle of a stack.
 * services: json string[]; names of services; absent means all, [] means none.
 * options: json LifecycleOptions; absent means the defaults.
 * Settles with nothing. */
PERRY_CONTAINER_API PerryPromise *js_compose_start(int64_t stack, const PerryStringHeader *services, const PerryStringHeader *options);

/* Stops services, dependents first.
 * stack: i64; handle of a stack.
 * services: json string[]; names of services; absent means all, [] means none.
 * options: json LifecycleOptions; absent means the defaults.
 * Settles with nothing. */
PERRY_CONTAINER_API PerryPromise *js_compose_stop(int64_t stack, const PerryStringHeader *services, const PerryStringHeader *options);

/* Restarts services, those that ask to restart with them (restart: true), and those in their namespaces.
 * stack: i64; handle of a stack.
 * services: json string[]; names of services; absent means all, [] means none.
 * options: json LifecycleOptions; absent means the defaults.
 * Settles with nothing. */
PERRY_CONTAINER_API PerryPromise *js_compose_restart(int64_t stack, const PerryStringHeader *services, const PerryStringHeader *options);

/* Pauses services.
 * stack: i64; handle of a stack.
 * services: json string[]; names of services; absent means all, [] means none.
 * options: json LifecycleOptions; absent means the defaults.
 * Settles with nothing. */
PERRY_CONTAINER_API PerryPromise *js_compose_pause(int64_t stack, const PerryStringHeader *services, const PerryStringHeader *options);

/* Resumes paused services.
 * stack: i64; handle of a stack.
 * services: json string[]; names of services; absent means all, [] means none.
 * options: json LifecycleOptions; absent means the defaults.
 * Settles with nothing. */
PERRY_CONTAINER_API PerryPromise *js_compose_unpause(int64_t stack, const PerryStringHeader *services, const PerryStringHeader *options);

/* Sends a signal to services.
 * stack: i64; handle of a stack.
 * services: json string[]; names of services; absent means all, [] means none.
 * options: json LifecycleOptions; absent means the defaults.
 * Settles with nothing. */
PERRY_CONTAINER_API PerryPromise *js_compose_kill(int64_t stack, const PerryStringHeader *services, const PerryStringHeader *options);

/* Changes the number of containers of services.
 * stack: i64; handle of a stack.
 * replicas: json {service: n}; how many containers each service is to have.
 * Settles with nothing. */
PERRY_CONTAINER_API PerryPromise *js_compose_scale(int64_t stack, const PerryStringHeader *replicas);

/* Pulls the images of a stack.
 * stack: i64; handle of a stack.
 * options: json ImagesOptions; absent means the defaults.
 * Settles with JSON: ImagesReport. */
PERRY_CONTAINER_API PerryPromise *js_compose_pull(int64_t stack, const PerryStringHeader *options);

/* Builds the images of a stack.
 * stack: i64; handle of a stack.
 * options: json ImagesOptions; absent means the defaults.
 * Settles with JSON: ImagesReport. */
PERRY_CONTAINER_API PerryPromise *js_compose_build(int64_t stack, const PerryStringHeader *options);

/* Pushes the images of a stack.
 * stack: i64; handle of a stack.
 * options: json ImagesOptions; absent means the defaults.
 * Settles with JSON: ImagesReport. */
PERRY_CONTAINER_API PerryPromise *js_compose_push(int64_t stack, const PerryStringHeader *options);

/* Takes over a project that another process brought up, and settles with the handle of its stack. Conflict where
 *   another engine has its containers and this one nothing.
 * project: str; name of the project.
 * Settles with a handle of a stack (int64_t). */
PERRY_CONTAINER_API PerryPromise *js_compose_attach(const PerryStringHeader *project);

/* ---- perry/workloads --------------------------------------------------------------------------- */

/* Composes the JSON of a graph. It is checked when it is run or inspected.
 * name: str; name of the graph.
 * spec: json WorkloadGraph; the graph's other members.
 * Result: a string at once, the caller's, freed with perry_container_string_free; in a host that makes strings, the
 *   host's own. */
PERRY_CONTAINER_API const PerryStringHeader *js_workload_graph(const PerryStringHeader *name, const PerryStringHeader *spec);

/* Composes the JSON of a node. It is checked when it is run or inspected.
 * name: str; name of the node.
 * spec: json WorkloadNode; the node's other members.
 * Result: a string at once, the caller's, freed with perry_container_string_free; in a host that makes strings, the
 *   host's own. */
PERRY_CONTAINER_API const PerryStringHeader *js_workload_node(const PerryStringHeader *name, const PerryStringHeader *spec);

/* Checks a workload graph and runs it: settles with a handle when every service is ready and every job has ended,
 *   or with until: started as soon as it has begun. Before anything is made: ValidationError with the path of the
 *   member, DependencyCycle, Unsupported, Conflict where a project of the name is no graph, BackendNotAvailable
 *   where no engine isolates as a node asks. ServiceStartupFailed (node, attempt, exitCode, logs) or Timeout where
 *   a node failed for good: rollbackAll has then put back what was there before; with haltGraph the error's member
 *   graph is a handle of what is left. VerificationFailed for an image without the signatures that it must have.
 * graph: json WorkloadGraph; the graph; required.
 * options: json RunGraphOptions; {strategy,onFailure,parallel,timeout,until,resume,only,stopRunning,strict,pull};
 *   times in seconds, or text such as 90s.
 * Settles with a handle of a graph (int64_t). */
PERRY_CONTAINER_API PerryPromise *js_workload_runGraph(const PerryStringHeader *graph, const PerryStringHeader *options);

/* Checks a workload graph and says what a run of it without options would do, and why. Starts nothing; without an
 *   engine it is what follows from the graph alone, and errors says so. Rejects where runGraph refuses before
 *   anything is made.
 * graph: json WorkloadGraph; the graph; required.
 * Settles with JSON: GraphPlan. */
PERRY_CONTAINER_API PerryPromise *js_workload_inspectGraph(const PerryStringHeader *graph);

/* The same as inspectGraph, of a run with these options.
 * graph: json WorkloadGraph; the graph; required.
 * options: json RunGraphOptions; {strategy,onFailure,parallel,timeout,until,resume,only,stopRunning,strict,pull};
 *   times in seconds, or text such as 90s.
 * Settles with JSON: GraphPlan. */
PERRY_CONTAINER_API PerryPromise *js_workload_planGraph(const PerryStringHeader *graph, const PerryStringHeader *options);

/* A handle of a graph that is there already, whoever ran it. NotFound where the engine has no container of it;
 *   Conflict where it is a project that is no graph, or another engine has its containers and this one nothing.
 * name: str; name of the graph.
 * Settles with a handle of a graph (int64_t). */
PERRY_CONTAINER_API PerryPromise *js_workload_attach(const PerryStringHeader *name);

/* Ends the run of a graph if it goes on in this process, takes the graph down, dependents first, and gives up the
 *   handle unless something could not be removed; what that is stands in the report's errors.
 * graph: i64; handle of a workload graph.
 * options: json DownOptions; absent means the defaults.
 * Settles with JSON: CleanupReport. */
PERRY_CONTAINER_API PerryPromise *js_workload_handle_down(int64_t graph, const PerryStringHeader *options);

/* The state of a graph, node by node: as the run of this process has it, else as it follows from the containers.
 *   NotFound where no container is left of a graph that was attached to.
 * graph: i64; handle of a workload graph.
 * Settles with JSON: GraphStatus. */
PERRY_CONTAINER_API PerryPromise *js_workload_handle_status(int64_t graph);

/* Who depends on whom in a graph; its members dot and mermaid draw it.
 * graph: i64; handle of a workload graph.
 * Settles with JSON: GraphDocument. */
PERRY_CONTAINER_API PerryPromise *js_workload_handle_graph(int64_t graph);

/* The log so far of the last try of a node, or of all of them, each line after its node's name. NotFound for a node
 *   that has no container.
 * graph: i64; handle of a workload graph.
 * node: str; name of the node; absent: all of them.
 * options: json LogOptions; absent means the defaults.
 * Settles with JSON: ContainerLogs. */
PERRY_CONTAINER_API PerryPromise *js_workload_handle_logs(int64_t graph, const PerryStringHeader *node, const PerryStringHeader *options);

/* Runs a command in the container of a node's last try. NotFound for a node that has none, Conflict if it does not
 *   run.
 * graph: i64; handle of a workload graph.
 * node: str; name of the node.
 * command: json string[]; the command.
 * options: json ExecOptions; absent means the defaults.
 * Settles with JSON: ExecResult. */
PERRY_CONTAINER_API PerryPromise *js_workload_handle_exec(int64_t graph, const PerryStringHeader *node, const PerryStringHeader *command, const PerryStringHeader *options);

/* The containers of a graph, those of earlier tries too.
 * graph: i64; handle of a workload graph.
 * Settles with JSON: NodeInfo[]. */
PERRY_CONTAINER_API PerryPromise *js_workload_handle_ps(int64_t graph);

/* What happens to a graph, from now on: a stream of records {version,seq,time,kind,...}, kind node, output, step,
 *   progress, warning, rollback or that of the engine's event; a reader that is too slow finds a record of kind
 *   gap.
 * graph: i64; handle of a workload graph.
 * Settles with a handle of a stream (int64_t). */
PERRY_CONTAINER_API PerryPromise *js_workload_handle_events(int64_t graph);

/* Waits until every service is ready and every job has ended, or the graph has failed, whoever runs it. Timeout
 *   after the time that was given.
 * graph: i64; handle of a workload graph.
 * options: json WaitGraphOptions; {timeout}: seconds, or text such as 90s; absent: without a bound.
 * Settles with JSON: GraphStatus. */
PERRY_CONTAINER_API PerryPromise *js_workload_handle_wait(int64_t graph, const PerryStringHeader *options);

/* Follows the logs of nodes, those of tries to come too: a stream whose records are
 *   {node,attempt,container,stream,time,text}. NotFound for a node that nobody knows.
 * graph: i64; handle of a workload graph.
 * options: json GraphLogOptions; {nodes,attempts,tail,since,until,timestamps}; absent means all nodes.
 * Settles with a handle of a stream (int64_t). */
PERRY_CONTAINER_API PerryPromise *js_workload_handle_followLogs(int64_t graph, const PerryStringHeader *options);

/* The rows of the tables above, in order, for compilers that dispatch calls to them. */

extern PERRY_CONTAINER_API const PerryContainerRow PERRY_CONTAINER_TABLE[];
extern PERRY_CONTAINER_API const size_t PERRY_CONTAINER_TABLE_LENGTH;
extern PERRY_CONTAINER_API const PerryContainerRow PERRY_COMPOSE_TABLE[];
extern PERRY_CONTAINER_API const size_t PERRY_COMPOSE_TABLE_LENGTH;
extern PERRY_CONTAINER_API const PerryContainerRow PERRY_WORKLOADS_TABLE[];
extern PERRY_CONTAINER_API const size_t PERRY_WORKLOADS_TABLE_LENGTH;

#ifdef __cplusplus
}
#endif

#endif
