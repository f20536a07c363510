"""How fast, compared with others on the same data in the same run: `python -m benchmarks.run`."""
