"""The chat application's MongoDB: its documents as events, its history, and its changes as they happen."""
