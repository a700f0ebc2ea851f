/* A thread that joins an interpreter while that ends crashes it, and so does a callback whose Python function is gone.
 * So the host's end, told by atexit, waits until the library's thread serves, and shuts the library down; a thread that
 * comes later does not join any more. */
#define PY_SSIZE_T_CLEAN
#define _GNU_SOURCE
#include <Python.h>
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/thread_state.h"
#include "perry_container.h"
#include "python/disk/places.h"
#include "python/host_python.h"
#include "python/interpreter.h"
#include "runtime/callbacks.h"

#define START_SECONDS 30
#define SHUTDOWN_MILLISECONDS 2000
/* For a callback that runs when that is over. */
#define CALLBACK_MILLISECONDS 1000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool joining;
static bool host_ends;
static bool serving; /* the library's thread only */

bool perry_host_python_join_begin(void)
{
    pthread_mutex_lock(&lock);
    joining = !host_ends;
    bool may = joining;
    pthread_mutex_unlock(&lock);
    return may;
}

void perry_host_python_join_over(void)
{
    if (serving)
        return;
    serving = true;
    pthread_mutex_lock(&lock);
    joining = false;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void wait_until_joined(void)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += START_SECONDS;
    pthread_mutex_lock(&lock);
    host_ends = true;
    while (joining && pthread_cond_timedwait(&changed, &lock, &end) == 0) {
    }
    pthread_mutex_unlock(&lock);
}

static PyObject *on_host_end(PyObject *self, PyObject *arguments)
{
    (void)self;
    (void)arguments;
    if (!perry_thread_forked()) {
        Py_BEGIN_ALLOW_THREADS
        wait_until_joined();
        if (perry_container_shutdown(SHUTDOWN_MILLISECONDS) != 0)
            perry_callbacks_end(CALLBACK_MILLISECONDS);
        Py_END_ALLOW_THREADS
    }
    Py_RETURN_NONE;
}

static bool be_told_of_the_end(void)
{
    static PyMethodDef method = {"perry_container_host_ends", on_host_end, METH_NOARGS, NULL};
    PyObject *module = PyImport_ImportModule("atexit");
    PyObject *function = module ? PyCFunction_New(&method, NULL) : NULL;
    PyObject *done = function ? PyObject_CallMethod(module, "register", "O", function) : NULL;
    Py_XDECREF(done);
    Py_XDECREF(function);
    Py_XDECREF(module);
    return done != NULL;
}

/* Extension modules look libpython's symbols up globally; a host that loaded us with RTLD_LOCAL hides them. */
static void promote_libpython(void)
{
    Dl_info info;
    if (dladdr((const void *)(uintptr_t)&Py_Initialize, &info) && info.dli_fname)
        dlopen(info.dli_fname, RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD);
}

static bool version_fits(void)
{
    const char *running = Py_GetVersion();
    size_t length = strlen(PERRY_PYTHON_MINOR);
    return strncmp(running, PERRY_PYTHON_MINOR, length) == 0 && (running[length] < '0' || running[length] > '9');
}

char *perry_host_python_check(void)
{
    promote_libpython();
    if (version_fits())
        return NULL;
    const char *running = Py_GetVersion();
    char reason[128];
    snprintf(reason, sizeof reason, "built for Python %s, but this process runs Python %.*s", PERRY_PYTHON_MINOR,
             (int)strcspn(running, " "), running);
    return perry_python_failure("another Python is in this process", reason);
}

bool perry_host_python_is_there(void) { return Py_IsInitialized(); }

/* Python (3.12 and older) takes the first thread that imports threading for the main one, and waits for it at the end:
 * that must be a thread of the host. */
static bool import_threading(void)
{
    PyObject *module = PyImport_ImportModule("threading");
    Py_XDECREF(module);
    return module != NULL;
}

void perry_host_python_prepare(void)
{
    if (!Py_IsInitialized() || !version_fits() || !PyGILState_GetThisThreadState())
        return;
    PyGILState_STATE held = PyGILState_Ensure();
    if (!import_threading() || !be_told_of_the_end())
        PyErr_Clear();
    PyGILState_Release(held);
}
