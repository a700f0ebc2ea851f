"""The static form: Python and all that the library needs of it, linked into one shared object (``make static``).

``lock.json`` pins what it is made of; ``places`` keeps what was made, each part by what went into it; ``debian`` and ``pypi`` fetch;
``toolchain`` is the compiler for glibc 2.17; ``cpython``, ``openssl``, ``clibraries``, ``extensions`` and ``rust`` make the
archives; ``gather`` finds the modules, ``carry`` (run by the very Python that is linked) makes the carried modules of them;
``link`` makes the shared object and ``checks`` looks at it.
"""
