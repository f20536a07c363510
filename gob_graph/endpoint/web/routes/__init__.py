"""The routes, one blueprint per subject: each reads the request, calls one module, and answers."""
