"""What an engine does not honour of what it is asked for: how that is seen in a spec, and the one evaluator of it.

A driver declares its exceptions as data (``rule``); the tables here (``service``, ``container``, ``network``, ``volume``,
``build``, ``deploy``) say by the same names how a spec shows that it uses a member, and what is left without it. Single
containers and whole projects ask the same ``Evaluator``.
"""
