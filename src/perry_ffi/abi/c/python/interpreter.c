/* Everything here runs on the library's thread. What can fail is tried from here, before cffi's
 * own start-up, because that one prints its failures and never gives up. */
#define PY_SSIZE_T_CLEAN
#define _GNU_SOURCE
#include <Python.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json_text.h"
#include "python/host_python.h"
#include "python/interpreter.h"
#include "python/places.h"
#include "python/single_copy.h"

/* The embedded function that serves (defined by cffi's generated source, written in perry_ffi.bridge). */
extern int perry_serve(void);

static char failure_told[2048];
static bool owns_python;

int perry_python_is_own(void) { return owns_python; }

void perry_python_set_failure(const char *error)
{
    snprintf(failure_told, sizeof failure_told, "%s", error);
}

static char *failure(const char *message, const char *reason)
{
    perry_buffer text = {0};
    perry_buffer_text(&text, "the library cannot start: ");
    perry_buffer_text(&text, message);
    if (reason) {
        perry_buffer_text(&text, ": ");
        perry_buffer_text(&text, reason);
    }
    char *error = perry_error_new(503, "BackendNotAvailable", text.failed ? message : text.bytes, reason);
    perry_buffer_free(&text);
    return error;
}

/* Python that finds no descriptor for a module of its start prints where it looked: it must not come to that. */
static bool descriptors_left(void)
{
    int taken[16];
    int count = 0;
    while (count < 16 && (taken[count] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
        count++;
    for (int i = 0; i < count; i++)
        close(taken[i]);
    return count == 16;
}

/* ---- Starting or joining --------------------------------------------------------------------- */

/* Extension modules look libpython's symbols up globally; a host that loaded us with RTLD_LOCAL hides them. */
static void promote_libpython(void)
{
    Dl_info info;
    if (dladdr((const void *)(uintptr_t)&Py_Initialize, &info) && info.dli_fname)
        dlopen(info.dli_fname, RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD);
}

bool perry_python_version_fits(void)
{
    const char *running = Py_GetVersion();
    size_t length = strlen(PERRY_PYTHON_MINOR);
    return strncmp(running, PERRY_PYTHON_MINOR, length) == 0 && (running[length] < '0' || running[length] > '9');
}

static char *check_version(void)
{
    if (perry_python_version_fits())
        return NULL;
    const char *running = Py_GetVersion();
    char reason[128];
    snprintf(reason, sizeof reason, "built for Python %s, but this process runs Python %.*s", PERRY_PYTHON_MINOR,
             (int)strcspn(running, " "), running);
    return failure("another Python is in this process", reason);
}

static PyStatus configure(PyConfig *config, const char *stdlib, const char *packages)
{
    char dynload[PATH_MAX + 16];
    char prefix[PATH_MAX + 16];
    const char *paths[] = {stdlib, dynload, packages};
    snprintf(dynload, sizeof dynload, "%s/lib-dynload", stdlib);
    config->site_import = 0;
    config->write_bytecode = 0;
    config->install_signal_handlers = 0;
    config->pathconfig_warnings = 0;
    config->module_search_paths_set = 1;
    /* The prefix is two folders above: prefix/lib/pythonX.Y. */
    snprintf(prefix, sizeof prefix, "%s/../..", stdlib);
    PyStatus status = PyConfig_SetBytesString(config, &config->home, prefix);
    if (!PyStatus_Exception(status))
        status = PyConfig_SetBytesString(config, &config->program_name, "perry-container");
    if (!PyStatus_Exception(status))
        status = PyWideStringList_Append(&config->warnoptions, L"ignore");
    for (size_t i = 0; i < 3 && !PyStatus_Exception(status); i++) {
        wchar_t *wide = Py_DecodeLocale(paths[i], NULL);
        status = wide ? PyWideStringList_Append(&config->module_search_paths, wide) : PyStatus_NoMemory();
        PyMem_RawFree(wide);
    }
    return status;
}

static char *start_interpreter(const char *packages)
{
    char stdlib[PATH_MAX];
    if (!descriptors_left())
        return failure("too few file descriptors are left", strerror(errno));
    if (!perry_find_stdlib(stdlib))
        return failure("Python's standard library is not there; install Python " PERRY_PYTHON_MINOR, stdlib);
    PyPreConfig first;
    PyPreConfig_InitIsolatedConfig(&first);
    first.utf8_mode = 1;
    PyStatus status = Py_PreInitialize(&first);
    if (!PyStatus_Exception(status)) {
        PyConfig config;
        PyConfig_InitIsolatedConfig(&config);
        status = configure(&config, stdlib, packages);
        if (!PyStatus_Exception(status))
            status = Py_InitializeFromConfig(&config);
        PyConfig_Clear(&config);
    }
    return PyStatus_Exception(status) ? failure("Python does not initialise", status.err_msg) : NULL;
}

/* Importing _signal puts Python's own SIGINT handler in place; the host's disposition comes back. */
static const char default_sigint[] = "import _signal\n"
                                     "if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:\n"
                                     "    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)\n";

static char *python_error(const char *message)
{
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    PyObject *text = value ? PyObject_Str(value) : NULL;
    const char *words = text ? PyUnicode_AsUTF8(text) : NULL;
    char *error = failure(message, words ? words : "no reason was given");
    Py_XDECREF(text);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    PyErr_Clear();
    return error;
}

static bool run_quietly(const char *code)
{
    PyObject *globals = PyDict_New();
    PyObject *result = globals && PyDict_SetItemString(globals, "__builtins__", PyEval_GetBuiltins()) == 0
                           ? PyRun_String(code, Py_file_input, globals, globals)
                           : NULL;
    Py_XDECREF(globals);
    Py_XDECREF(result);
    return result != NULL;
}

/* Python's own way back leaves flags of its own behind. */
static bool give_back_sigint(void)
{
    struct sigaction before, after;
    bool known = sigaction(SIGINT, NULL, &before) == 0;
    bool done = run_quietly(default_sigint);
    if (known && before.sa_handler == SIG_DFL && sigaction(SIGINT, NULL, &after) == 0 && after.sa_handler == SIG_DFL)
        sigaction(SIGINT, &before, NULL);
    return done;
}

/* In a Python host the packages may not be on its path: they go to the end, so that the host's own modules win. */
static bool add_packages(const char *packages)
{
    PyObject *path = PySys_GetObject("path");
    PyObject *added = PyUnicode_DecodeFSDefault(packages);
    bool done = path && added && (PySequence_Contains(path, added) == 1 || PyList_Append(path, added) == 0);
    Py_XDECREF(added);
    return done;
}

static bool import_name(const char *name)
{
    PyObject *module = PyImport_ImportModule(name);
    Py_XDECREF(module);
    return module != NULL;
}

static char *import_packages(void)
{
    if (!import_name("_cffi_backend") || !import_name("perry_ffi.bridge.entry"))
        return python_error("its Python packages do not import");
    return NULL;
}

static char *join_interpreter(const char *packages)
{
    PyGILState_STATE held = PyGILState_Ensure();
    char *error = add_packages(packages) ? import_packages() : python_error("sys.path cannot be extended");
    PyGILState_Release(held);
    return error;
}

static char *start_or_join(void)
{
    char packages[PATH_MAX];
    if (!perry_claim_process())
        return failure("another copy of libperry_container is in use in this process", "one copy a process");
    promote_libpython();
    char *error = check_version();
    if (error)
        return error;
    if (!perry_find_packages(packages))
        return failure("its Python packages are not beside the shared object", packages);
    if (Py_IsInitialized())
        return join_interpreter(packages);
    error = start_interpreter(packages);
    if (error)
        return error;
    owns_python = true;
    if (!give_back_sigint())
        error = python_error("Python's modules do not import");
    if (!error)
        error = import_packages();
    PyEval_SaveThread();
    return error;
}

char *perry_python_start(void)
{
    if (!perry_host_python_join_begin())
        return failure("the Python of this process is ending", NULL);
    char *error = start_or_join();
    if (error)
        perry_host_python_join_over();
    return error;
}

char *perry_python_serve(void)
{
    int ended = perry_serve();
    perry_host_python_join_over();
    if (ended == 0)
        return NULL;
    char message[sizeof failure_told + 64];
    const char *reason = *failure_told ? failure_told : "no reason was given";
    snprintf(message, sizeof message, "the library's event loop has ended: %s", reason);
    return perry_error_new(500, "InternalError", message, reason);
}

void perry_quiet_openssl(void)
{
    /* From openssl/crypto.h: OPENSSL_INIT_NO_ATEXIT. It counts only before libcrypto's first use. */
    const uint64_t no_atexit = UINT64_C(0x00080000);
    static const char *const names[] = {"libcrypto.so.3", "libcrypto.so.1.1"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        void *libcrypto = dlopen(names[i], RTLD_LAZY | RTLD_LOCAL);
        int (*init)(uint64_t, const void *) =
            libcrypto ? (int (*)(uint64_t, const void *))(uintptr_t)dlsym(libcrypto, "OPENSSL_init_crypto") : NULL;
        if (init) {
            init(no_atexit, NULL);
            return;
        }
    }
}
