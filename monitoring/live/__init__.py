"""Pushes changes to open pages over WebSockets: a frame is built once for each topic and shared by its subscribers."""
