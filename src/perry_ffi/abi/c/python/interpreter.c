/* Everything here runs on the library's thread. What can fail is tried from here, before cffi's
 * own start-up, because that one prints its failures and never gives up. */
#define PY_SSIZE_T_CLEAN
#define _GNU_SOURCE
#include <Python.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/json_text.h"
#include "python/host_python.h"
#include "python/interpreter.h"
#include "python/modules.h"
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

char *perry_python_failure(const char *message, const char *reason)
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

static PyStatus configure(PyConfig *config)
{
    config->site_import = 0;
    config->write_bytecode = 0;
    config->install_signal_handlers = 0;
    config->pathconfig_warnings = 0;
    config->module_search_paths_set = 1;
    PyStatus status = PyConfig_SetBytesString(config, &config->program_name, "perry-container");
    if (!PyStatus_Exception(status))
        status = PyWideStringList_Append(&config->warnoptions, L"ignore");
    return PyStatus_Exception(status) ? status : perry_modules_configure(config);
}

static char *start_interpreter(void)
{
    if (!descriptors_left())
        return perry_python_failure("too few file descriptors are left", strerror(errno));
    char *error = perry_modules_prepare();
    if (error)
        return error;
    PyPreConfig first;
    PyPreConfig_InitIsolatedConfig(&first);
    first.utf8_mode = 1;
    PyStatus status = Py_PreInitialize(&first);
    if (!PyStatus_Exception(status)) {
        PyConfig config;
        PyConfig_InitIsolatedConfig(&config);
        status = configure(&config);
        if (!PyStatus_Exception(status))
            status = Py_InitializeFromConfig(&config);
        PyConfig_Clear(&config);
    }
    return PyStatus_Exception(status) ? perry_python_failure("Python does not initialise", status.err_msg) : NULL;
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
    char *error = perry_python_failure(message, words ? words : "no reason was given");
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

static char *join_interpreter(void)
{
    PyGILState_STATE held = PyGILState_Ensure();
    char *error = perry_modules_lend() ? import_packages() : python_error("sys.path cannot be extended");
    PyGILState_Release(held);
    return error;
}

static char *start_or_join(void)
{
    if (!perry_claim_process())
        return perry_python_failure("another copy of libperry_container is in use in this process", "one copy a process");
    char *error = perry_host_python_check();
    if (!error)
        error = perry_modules_find();
    if (error)
        return error;
    if (perry_host_python_is_there())
        return join_interpreter();
    error = start_interpreter();
    if (error)
        return error;
    owns_python = true;
    if (!perry_modules_ready() || !give_back_sigint())
        error = python_error("Python's modules do not import");
    if (!error)
        error = import_packages();
    PyEval_SaveThread();
    return error;
}

char *perry_python_start(void)
{
    if (!perry_host_python_join_begin())
        return perry_python_failure("the Python of this process is ending", NULL);
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
