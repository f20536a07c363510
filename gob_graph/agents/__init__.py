"""The graph for agents: a server of the Model Context Protocol whose tools ask a `Graph`."""
