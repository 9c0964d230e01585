"""What changed is pushed to whoever watches: a frame is made once for each topic, and shared by all."""
