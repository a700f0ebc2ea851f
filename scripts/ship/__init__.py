"""What is given to others, made of the static form: the wheel, the npm packages, the Debian packages (``make packages``).

``answers`` and ``launcher`` make ``perry-compose``, a small program beside the library; ``wheel``, ``npm`` and ``debian`` pack;
``sizes`` says in the README how large each is, and of what.
"""
