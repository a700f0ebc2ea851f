/* A host that is Python has an interpreter of its own, of any version, beside the library's, which is hidden. It is not joined;
 * but a callback into it crashes it once it has ended. So it is asked, through its own functions, to tell of its end, and the
 * library shuts down before; where that takes too long, callbacks that are left are not called. */
#define _GNU_SOURCE
#include "python/host_python.h"

#include <dlfcn.h>
#include <stddef.h>

#include "base/thread_state.h"
#include "perry_container.h"
#include "runtime/callbacks.h"

#define SHUTDOWN_MILLISECONDS 2000
/* For a callback that runs when that is over: one that is still in Python then stays there, as Python has it for its threads. */
#define CALLBACK_MILLISECONDS 1000
#define NO_ARGUMENTS 0x0004 /* METH_NOARGS */

/* PyMethodDef */
typedef struct definition {
    const char *name;
    void *(*function)(void *self, void *arguments);
    int flags;
    const char *documentation;
} definition;

/* Of the host's Python what is needed here, all of it in its stable interface. */
static struct {
    int (*is_initialized)(void);
    void *(*state_of_thread)(void);
    int (*ensure)(void);
    void (*release)(int);
    void *(*import_module)(const char *);
    void *(*new_function)(definition *, void *, void *);
    void *(*call_method)(void *, const char *, const char *, ...);
    void (*clear_error)(void);
    void (*increment)(void *);
    void (*decrement)(void *);
    void *(*save_thread)(void);
    void (*restore_thread)(void *);
    void *none;
} host;

#define FOUND(member, name) ((*(void **)&host.member = dlsym(RTLD_DEFAULT, name)) != NULL)

static bool find_host(void)
{
    return FOUND(is_initialized, "Py_IsInitialized") && FOUND(state_of_thread, "PyGILState_GetThisThreadState") &&
           FOUND(ensure, "PyGILState_Ensure") && FOUND(release, "PyGILState_Release") &&
           FOUND(import_module, "PyImport_ImportModule") && FOUND(new_function, "PyCFunction_NewEx") &&
           FOUND(call_method, "PyObject_CallMethod") && FOUND(clear_error, "PyErr_Clear") && FOUND(increment, "Py_IncRef") &&
           FOUND(decrement, "Py_DecRef") && FOUND(save_thread, "PyEval_SaveThread") &&
           FOUND(restore_thread, "PyEval_RestoreThread") && FOUND(none, "_Py_NoneStruct");
}

static void *on_host_end(void *self, void *arguments)
{
    (void)self;
    (void)arguments;
    if (!perry_thread_forked()) {
        void *state = host.save_thread();
        if (perry_container_shutdown(SHUTDOWN_MILLISECONDS) != 0)
            perry_callbacks_end(CALLBACK_MILLISECONDS);
        host.restore_thread(state);
    }
    host.increment(host.none);
    return host.none;
}

static void be_told_of_the_end(void)
{
    static definition method = {"perry_container_host_ends", on_host_end, NO_ARGUMENTS, NULL};
    void *module = host.import_module("atexit");
    void *function = module ? host.new_function(&method, NULL, NULL) : NULL;
    void *done = function ? host.call_method(module, "register", "O", function) : NULL;
    if (!done)
        host.clear_error();
    host.decrement(done);
    host.decrement(function);
    host.decrement(module);
}

void perry_host_python_prepare(void)
{
    if (!find_host() || !host.is_initialized() || !host.state_of_thread())
        return;
    int held = host.ensure();
    be_told_of_the_end();
    host.release(held);
}

char *perry_host_python_check(void) { return NULL; }
bool perry_host_python_is_there(void) { return false; }
bool perry_host_python_join_begin(void) { return true; }
void perry_host_python_join_over(void) {}
