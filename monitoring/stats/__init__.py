"""What happened in every session, and when: the statistics fold."""
