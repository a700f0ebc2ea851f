"""Virtual machines that hold an engine: which products make them, where their sockets are, and how they are asked."""
