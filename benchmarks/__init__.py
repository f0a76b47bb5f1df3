"""What sse_core costs: `python -m benchmarks`."""
