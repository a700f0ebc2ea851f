"""An interpreter of the library's own, made quick to start: the shared object's, and that of ``perry-compose``.

In a host's interpreter nothing of this is done. The modules here import next to nothing at their head.
"""
