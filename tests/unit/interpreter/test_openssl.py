"""OpenSSL comes when it is asked for, once, for all who have named it."""

from __future__ import annotations

import pytest

from tests.unit.interpreter.support import run

OWN = """
import sys
loads = []
from perry_ffi.interpreter.settling import settle_in
settle_in(lambda: loads.append("_ssl" in sys.modules))
def mapped():
    return any("libssl" in line or "libcrypto" in line for line in open("/proc/self/maps"))
"""


def test_who_names_it_does_not_load_it() -> None:
    printed = run(
        OWN + "import ssl, hashlib, hmac, secrets, anyio, anyio.streams.tls, anyio.to_thread, h11\n"
        "import perry_ffi.net.tls_stream, perry_ffi.net.tls_context, perry_ffi.registry.connections\n"
        "import perry_ffi.backends.engine_api.transport.engine_side\n"
        "print(loads, '_ssl' in sys.modules, mapped(), repr(ssl).startswith('<module'))\n"
    )
    assert printed == "[] False False True\n"


def test_the_first_look_into_it_loads_it_in_place() -> None:
    printed = run(
        OWN + "import ssl, anyio.streams.tls as tls\nborrowed = tls.SSLContext\n"
        "context = ssl.create_default_context()\n"
        "import ssl as again\n"
        "print(loads, again is ssl is sys.modules['ssl'], type(ssl) is type(sys), tls.ssl is ssl)\n"
        "print(tls.SSLContext is ssl.SSLContext is not borrowed, isinstance(context, tls.SSLContext))\n"
        "print(ssl.OPENSSL_VERSION_NUMBER > 0, ssl.TLSVersion.TLSv1_3.name, ssl.SSLWantReadError.__mro__[1].__name__)\n"
    )
    assert printed == "[False] True True True\nTrue True\nTrue TLSv1_3 SSLError\n"


@pytest.mark.parametrize(
    "way", ["from ssl import SSLContext", "from ssl import *", "import ssl; vars(ssl)['SSLContext']", "import ssl; dir(ssl)"]
)
def test_every_way_to_look_into_it_counts(way: str) -> None:
    assert run(f"{OWN}{way}\nprint(loads, '_ssl' in sys.modules)\n") == "[False] True\n"


def test_threads_that_look_at_once_have_the_whole_of_it() -> None:
    printed = run(
        OWN + "import ssl, threading\n"
        "gate, found = threading.Barrier(16), []\n"
        "def look(name):\n"
        "    gate.wait()\n"
        "    found.append(getattr(ssl, name) is not None and ssl.SSLContext.sslsocket_class is ssl.SSLSocket)\n"
        "names = ['SSLContext', 'create_default_context', 'SSLError', '__dict__'] * 4\n"
        "threads = [threading.Thread(target=look, args=(name,)) for name in names]\n"
        "for thread in threads: thread.start()\n"
        "for thread in threads: thread.join()\n"
        "print(len(loads), found == [True] * 16)\n"
    )
    assert printed == "1 True\n"


def test_a_load_that_fails_is_tried_again() -> None:
    printed = run(
        "import sys\nfrom perry_ffi.interpreter.openssl import put_off_openssl\n"
        "tries = []\n"
        "def before():\n"
        "    tries.append(1)\n"
        "    if len(tries) < 2: raise MemoryError('now')\n"
        "put_off_openssl(before)\n"
        "import ssl\n"
        "try: ssl.SSLContext\n"
        "except MemoryError as error: print(error)\n"
        "print(ssl.SSLContext.__name__, len(tries))\n"
    )
    assert printed == "now\nSSLContext 2\n"


def test_digests_are_pythons_own_until_then() -> None:
    digests = "print([hashlib.new(name, b'abc').hexdigest() for name in sorted(hashlib.algorithms_guaranteed) if 'shake' not in name])\n"
    plain = run("import hashlib\n" + digests)
    own = "import hashlib, hmac\nprint('_hashlib' in sys.modules and sys.modules['_hashlib'], mapped())\n"
    assert run(OWN + own + digests) == "None False\n" + plain
    assert run(OWN + "import ssl\nssl.SSLContext\nimport _hashlib, hashlib\n" + digests) == plain


def test_the_usual_digest_loads_no_other() -> None:
    looks = (
        "import hashlib\nfirst = hashlib.sha256(b'abc', usedforsecurity=False).hexdigest()\n"
        "print(type(hashlib) is type(sys), [name for name in ('_md5', '_sha3', '_blake2') if name in sys.modules])\n"
        "print(hashlib.md5(b'abc').hexdigest()[:4], hashlib.sha256(b'abc').hexdigest() == first, type(hashlib) is type(sys))\n"
    )
    assert run(OWN + looks) == "False []\n9001 True True\n"


def test_without_digests_of_its_own_python_has_openssls() -> None:
    """And what is to be done before OpenSSL loads is done in time."""
    printed = run(
        "from perry_ffi.interpreter import openssl\nopenssl._DIGESTS = ('_md5', '_no_such_digest')\n"
        "openssl.put_off_openssl(lambda: print('_hashlib' in sys.modules))\nimport hashlib\n"
        "print(sys.modules['_hashlib'] is not None, hashlib.sha256(b'').hexdigest()[:8])\n"
    )
    assert printed == "False\nTrue e3b0c442\n"


def test_who_has_imported_it_keeps_it() -> None:
    printed = run(
        "import ssl, hashlib\nfrom perry_ffi.interpreter.openssl import put_off_openssl\nput_off_openssl(bool)\n"
        "print(sys.modules['ssl'] is ssl, type(ssl) is type(sys), sys.modules['_hashlib'] is not None)\n"
    )
    assert printed == "True True True\n"
