"""Projects on engines that keep services by themselves, on one machine or on many."""
