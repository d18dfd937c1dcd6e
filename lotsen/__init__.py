"""Requests and matching for volunteer integration guides."""
