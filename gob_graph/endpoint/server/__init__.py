"""HTTP at the edge: the ASGI application, the response cache, the access log, the supervisor."""
