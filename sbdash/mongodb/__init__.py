"""sbdash on MongoDB: the backend, the apps of Django whose keys are ours there, and their migrations."""
