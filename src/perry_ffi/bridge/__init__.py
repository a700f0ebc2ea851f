"""The library's own thread: requests in, promises out."""
