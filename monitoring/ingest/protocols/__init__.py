"""The shelf of protocols: each reads one kind of request, and answers in the words its senders know."""
