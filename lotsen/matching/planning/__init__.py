"""Plans the whole queue at once: who takes which request, proven where time allows."""
