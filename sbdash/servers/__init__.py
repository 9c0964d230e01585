"""What Daphne and uvicorn lack: bounds on heads, bodies, connections and descriptors, before anything is buffered."""
