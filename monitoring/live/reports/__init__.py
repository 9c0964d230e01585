"""Reports over many sessions, made once for whoever asks the same at the same moment."""
