"""The routes, one blueprint per subject: each reads the request, asks one module that knows, and answers."""
