"""The typed operations: models in, models out, work by the backends and the stack. Called by ``api``, ``cli`` and Python hosts."""
