/* A thread that joins an interpreter while that ends crashes it, and so does a callback whose Python function is gone.
 * So the host's end, told by atexit, waits until the library's thread serves, and shuts the library down; a thread that
 * comes later does not join any more. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/thread_state.h"
#include "perry_container.h"
#include "python/host_python.h"
#include "python/interpreter.h"

#define START_SECONDS 30
#define SHUTDOWN_MILLISECONDS 2000

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
        perry_container_shutdown(SHUTDOWN_MILLISECONDS);
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
    if (!Py_IsInitialized() || !perry_python_version_fits() || !PyGILState_GetThisThreadState())
        return;
    PyGILState_STATE held = PyGILState_Ensure();
    if (!import_threading() || !be_told_of_the_end())
        PyErr_Clear();
    PyGILState_Release(held);
}
