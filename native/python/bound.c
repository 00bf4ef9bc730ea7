/* bound.c - commands bound to an engine, as an object of Python: what native/batch.py stands on.
 *
 * cffi makes everything else of the face, but lets go of the interpreter lock and keeps errno at each call: 55 ns,
 * and 110 with three arguments. These calls take 15 to 25. They keep the lock, so no other thread can close the
 * engine, or run it, in the middle of one. */
#define Py_LIMITED_API 0x030b0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "engine.h"

/* A run of more commands is left to the handle, which lets other threads go on meanwhile. */
#define COMMANDS_MAX 4096

struct bound {
    PyObject_HEAD
    PyObject *handle;            /* owns the engine, the next two fields, and the way for what is rare */
    PyObject *views;             /* list: at n a view of the first n events, or None; empty once closed */
    struct engine *const *place; /* NULL is there once the engine is closed */
    Py_buffer memory;            /* holds the commands, and keeps them where they are */
    const struct command *commands;
    Py_ssize_t count;
};

static PyObject *closed(void)
{
    PyErr_SetString(PyExc_ValueError, "the engine is closed");
    return NULL;
}

PyDoc_STRVAR(step_words, "step($self, index, /)\n--\n\n"
             "Runs the command at an index. Returns the number of its events.");

static PyObject *bound_step(PyObject *object, PyObject *index)
{
    struct bound *bound = (struct bound *)object;
    Py_ssize_t at = PyNumber_AsSsize_t(index, NULL);

    if (at == -1 && PyErr_Occurred())
        return NULL;
    if (at < 0 || at >= bound->count)
        return PyErr_Format(PyExc_IndexError, "%S is not in a batch of %zd commands", index, bound->count);
    if (*bound->place == NULL)
        return closed();
    return PyLong_FromUnsignedLong(engine_step(*bound->place, &bound->commands[at], 0));
}

/* Returns the first events as an array. Arrays are kept: making one takes as long as several commands. */
static PyObject *view(const struct bound *bound, uint32_t events)
{
    if ((Py_ssize_t)events < PyList_Size(bound->views)) {
        PyObject *kept = PyList_GetItem(bound->views, (Py_ssize_t)events);

        if (kept != Py_None)
            return Py_XNewRef(kept);
    }
    return PyObject_CallMethod(bound->handle, "view", "I", events);
}

static PyObject *run(struct bound *bound, Py_ssize_t start, Py_ssize_t count)
{
    uint32_t events = 0, taken = 0;

    if (count <= COMMANDS_MAX) {
        events = engine_process(*bound->place, bound->commands + start, (uint32_t)count, &taken);
        if ((Py_ssize_t)taken == count)
            return view(bound, events);
    }
    return PyObject_CallMethod(bound->handle, "finish", "OnnII", bound->memory.obj, start, start + count, taken, events);
}

/* Stores an index, or leaves the default where none is given. Returns 0 with an exception set. */
static int read_index(PyObject *const *arguments, Py_ssize_t given, Py_ssize_t which, Py_ssize_t *index)
{
    if (which >= given || arguments[which] == Py_None)
        return 1;
    *index = PyNumber_AsSsize_t(arguments[which], NULL);
    return *index != -1 || !PyErr_Occurred();
}

PyDoc_STRVAR(run_words, "run($self, start=0, stop=None, /)\n--\n\n"
             "Runs the commands from start up to, not including, stop. Returns a view of their events.");

static PyObject *bound_run(PyObject *object, PyObject *const *arguments, Py_ssize_t given)
{
    struct bound *bound = (struct bound *)object;
    Py_ssize_t start = 0, stop = bound->count;

    if (given > 2)
        return PyErr_Format(PyExc_TypeError, "run takes a start and a stop, not %zd arguments", given);
    if (!read_index(arguments, given, 0, &start) || !read_index(arguments, given, 1, &stop))
        return NULL;
    if (start < 0 || stop < start || stop > bound->count)
        return PyErr_Format(PyExc_IndexError, "%zd..%zd is not in a batch of %zd commands", start, stop, bound->count);
    if (*bound->place == NULL)
        return closed();
    return run(bound, start, stop - start);
}

static Py_ssize_t bound_length(PyObject *object)
{
    return ((struct bound *)object)->count;
}

/* Bound(handle, address of the place of the engine, views, commands): for native/batch.py, which checks them. */
static PyObject *bound_new(PyTypeObject *type, PyObject *arguments, PyObject *names)
{
    PyObject *handle, *address, *views, *commands;
    struct bound *bound;

    (void)names;
    if (!PyArg_ParseTuple(arguments, "OO!O!O", &handle, &PyLong_Type, &address, &PyList_Type, &views, &commands))
        return NULL;
    bound = (struct bound *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
    if (bound == NULL)
        return NULL;
    bound->handle = Py_NewRef(handle);
    bound->views = Py_NewRef(views);
    bound->place = PyLong_AsVoidPtr(address);
    if (bound->place == NULL && !PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "no engine at address 0");
    if (bound->place == NULL || PyObject_GetBuffer(commands, &bound->memory, PyBUF_SIMPLE) != 0) {
        Py_DECREF(bound);
        return NULL;
    }
    bound->commands = bound->memory.buf;
    bound->count = bound->memory.len / (Py_ssize_t)sizeof *bound->commands;
    return (PyObject *)bound;
}

static void bound_free(PyObject *object)
{
    struct bound *bound = (struct bound *)object;
    PyTypeObject *type = Py_TYPE(object);

    PyBuffer_Release(&bound->memory);
    Py_XDECREF(bound->views);
    Py_XDECREF(bound->handle);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(object);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"step", bound_step, METH_O, step_words},
    {"run", (PyCFunction)(void (*)(void))bound_run, METH_FASTCALL, run_words},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_new, bound_new},
    {Py_tp_dealloc, bound_free},
    {Py_tp_methods, methods},
    {Py_sq_length, bound_length},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "tickmesh.native._engine.Bound",
    .basicsize = sizeof(struct bound),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = slots,
};

/* What cffi made: build_engine.py gives it this name. */
PyObject *engine_module(void);

PyMODINIT_FUNC PyInit__engine(void)
{
    PyObject *module = engine_module();
    PyObject *type = module == NULL ? NULL : PyType_FromSpec(&spec);

    if (type == NULL || PyModule_AddObjectRef(module, "Bound", type) != 0)
        Py_CLEAR(module);
    Py_XDECREF(type);
    return module;
}
