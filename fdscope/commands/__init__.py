"""One file a command: from the words that were asked to an exit status."""
