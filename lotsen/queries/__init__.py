"""The read side: what pages and jobs need to know, in few queries."""
