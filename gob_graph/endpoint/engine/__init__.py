"""Which query is evaluated by which process, and the processes, which can be killed."""
