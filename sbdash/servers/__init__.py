"""Extends Daphne and uvicorn by limits of request heads, bodies, connections and file descriptors."""
