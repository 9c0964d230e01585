"""Follows the chat application's MongoDB: reads its history and its changes, and converts documents to events."""
