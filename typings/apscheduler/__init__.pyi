"""The part of APScheduler 3 that lotsen uses; the library ships no types."""
