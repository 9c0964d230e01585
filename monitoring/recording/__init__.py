"""The only way into the journal, for machines and for people: sealed, appended, in one transaction for many."""
