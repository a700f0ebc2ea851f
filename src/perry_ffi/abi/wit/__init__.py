"""The WIT contract ``perry:container``: written from the ABI table, the models and the error family."""
