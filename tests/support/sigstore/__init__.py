"""A private Sigstore in one process: an authority for certificates, their log, two kinds of transparency log, and time stamps.

``Sigstore`` does the work, without a network; ``server`` is its face to cosign; ``signing`` makes signatures with it without cosign.
"""

from __future__ import annotations

from tests.support.sigstore.instance import Knobs as Knobs
from tests.support.sigstore.instance import Sigstore as Sigstore
