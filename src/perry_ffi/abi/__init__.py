"""The ABI table and what is generated from it: header, shims, dispatch tables, manifest."""
