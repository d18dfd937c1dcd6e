"""Tests of lotsen; the folders mirror the package."""
